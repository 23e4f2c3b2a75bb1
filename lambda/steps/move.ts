import { asRotationError, RotationError } from '../core/errors';
import { linkKey, settledOn, type LinkRecord } from '../core/journal';
import type { QualifiedName } from '../core/names';
import { isInError } from '../core/pipeline';
import type { Cluster, Invocation, Lane } from '../ports';
import { linkNow } from './access';
import { performBracket } from './bracket';
import { credentialErrors } from './bracket/look';
import { changeFor, holdsSameValue, rewritesMore, versionOf, type Move } from './change';
import { mustDrain } from './drain';
import { forgetBracket, resume } from './former';
import { withLease, type Held } from './lease';
import { startLingering } from './linger';
import { mustBeWhole, readSet, removeSet } from './set';
import { mustFit, type Survey, type SurveyedLink } from './survey';

/** A link that could not be moved; the others were not held up. */
export interface FailedLink {
  readonly link: QualifiedName;
  readonly error: RotationError;
}

/** Links of one cluster that are changed at a time. Each has lanes of its own, so that one's drain does not delay another's resume. */
const parallelLinks = 4;

/** Moves the links of one cluster, each in a bracket of its own. A link that is there already is not touched. */
export async function moveLinks(
  run: Invocation,
  survey: Survey,
  links: readonly SurveyedLink[],
  move: Move,
): Promise<readonly FailedLink[]> {
  const { cluster } = survey;
  const queue = links.filter(({ record }) => !isThere(record, move.value.version));
  const width = Math.max(1, Math.min(parallelLinks, queue.length, cluster.lanes.length));
  const share = Math.max(1, Math.floor(cluster.lanes.length / width));
  const failed: FailedLink[] = [];
  const serve = async (at: number): Promise<void> => {
    const lanes = (): readonly Lane[] =>
      cluster.lanes.slice(at * share, at === width - 1 ? undefined : (at + 1) * share);
    for (let link = queue.shift(); link !== undefined; link = queue.shift()) {
      try {
        await moveLink(run, survey, link, lanes, move);
      } catch (thrown) {
        failed.push({ link: link.row.link, error: asRotationError(thrown) });
      }
    }
  };
  await Promise.all(Array.from({ length: width }, (_, at) => serve(at)));
  return failed;
}

async function moveLink(
  run: Invocation,
  survey: Survey,
  link: SurveyedLink,
  lanes: () => readonly Lane[],
  move: Move,
): Promise<void> {
  const { cluster, connectionSecretId, known } = survey;
  if (link.blocker !== null) throw link.blocker;
  mustFit(run, move.definition);
  const initial = newLinkRecord(cluster.id, link.row.link, move.arn, connectionSecretId);
  await withLease(run, 'link', linkKey(cluster.id, link.row.link), initial, async (held) => {
    // on the way back the pause that is open already goes on: the new credentials may be what keeps pipelines from starting
    const paused =
      held.item.bracket?.phase === 'open' && move.direction === 'back' ? await readSet(run, held.item) : [];
    if (held.item.bracket?.phase === 'open' && move.direction === 'forward') await resume(run, cluster, held);
    else if (held.item.bracket?.phase === 'open') await mustBeWhole(run, held.item);
    await startLingering(run, cluster, held);
    if (settledOn(held.item, move.value.version)) return finish(run, held, move);
    // who had the lease before may have changed the rest of the link since the survey
    const row = rewritesMore(link, held.item, move) ? await linkNow(cluster, link.row.link) : link.row;
    if (holdsSameValue({ row, record: held.item }, move)) return adopt(run, held, move);
    if (move.direction === 'forward')
      mustDrain(link.draining, move.definition, `link ${link.row.link} on ${cluster.id}`);
    const driven = await foundInError(cluster, link, move);
    const former = held.item.bracket;
    const suspects = former === null ? null : { ...former, members: (await readSet(run, held.item)).flat() };
    // what the credentials did that are taken away counts as ours from when they were put there
    const errorsAfter = move.direction === 'back' ? suspects?.errorsAfter : undefined;
    const change = {
      ...changeFor({ ...link, row }, held.item, move),
      errorsAfter: errorsAfter ?? (await cluster.newestError()),
    };
    mustFit(run, move.definition);
    const owed = [...(former?.lingering ?? []), ...paused.flat()];
    const users = new Set(link.users.map(({ pipeline }) => pipeline));
    try {
      await performBracket({ held, cluster, lanes, change, users, known, driven, suspects, owed }, run);
    } finally {
      if (former !== null && held.item.bracket?.id !== former.id) await removeSet(run, held.item, former);
    }
    await finish(run, held, move);
  });
}

/** The same value under another version. What a STOP of ours may stop yet is owed all the same. */
async function adopt(run: Invocation, held: Held<'link'>, { definition, arn, value }: Move): Promise<void> {
  const to = versionOf(definition, value);
  await held.save((item) => ({
    ...item,
    secretId: arn,
    holds: [to],
    bracket: item.bracket === null ? null : { ...item.bracket, direction: 'forward', to: to.version },
  }));
  await forgetBracket(run, held);
}

/** A link that is back has no more use for its set. */
const finish = async (run: Invocation, held: Held<'link'>, { direction }: Move): Promise<void> => {
  if (direction === 'back') await forgetBracket(run, held);
};

/** A rollback is over only when its set is forgotten. */
const isThere = (record: LinkRecord | null, version: string): boolean =>
  settledOn(record, version) && record?.bracket?.direction !== 'back';

/** With `restartAfterCredentialError`: pipelines that credentials failed before this rotation came to replace them. */
async function foundInError(
  cluster: Cluster,
  { users }: SurveyedLink,
  { restartErrorsAfter }: Move,
): Promise<ReadonlySet<QualifiedName>> {
  const inError = users.filter(({ state }) => isInError(state)).map(({ pipeline }) => pipeline);
  if (restartErrorsAfter === null || inError.length === 0) return new Set();
  return credentialErrors(cluster, restartErrorsAfter / 1_000, inError);
}

const newLinkRecord = (
  cluster: string,
  link: QualifiedName,
  secretId: string,
  connectionSecretId: string,
): LinkRecord => ({
  cluster,
  link,
  secretId,
  connectionSecretId,
  fence: 0,
  lease: null,
  connections: [],
  holds: [],
  bracket: null,
});

/** One error for several links: the first cause, with the others named. */
export function mustAllHaveMoved(failed: readonly FailedLink[], failures: readonly RotationError[] = []): void {
  const errors = [...failures, ...failed.map(({ error }) => error)];
  const [first, ...others] = errors;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new RotationError(
    first.code,
    `${first.message.slice(first.code.length + 2)} Besides: ${others.map(({ message }) => message).join(' | ')}`,
  );
}
