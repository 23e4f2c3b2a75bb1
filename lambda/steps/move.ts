import { asRotationError, RotationError } from '../core/errors';
import type { RotationDefinition } from '../core/definition';
import { linkKey, settledOn, type ConfigValue, type LinkRecord } from '../core/journal';
import { isInError } from '../core/pipeline';
import type { QualifiedName } from '../core/names';
import { configBefore, linkConfig, linkCredentials } from '../core/secret';
import type { Cluster, Invocation, Lane } from '../ports';
import { performBracket } from './bracket';
import { credentialErrors, drivenIntoError } from './bracket/look';
import type { Change } from './bracket/progress';
import { withLease, type Held } from './lease';
import type { Value } from './rotation';
import { readSet, removeSet } from './set';
import { mustFit, pipelineBusy, type Survey, type SurveyedLink } from './survey';
import { sourceFor } from './sources';

/** Where links are to go. */
export interface Move {
  /** The value that links are thought to hold; `null` when nobody knows. A link that holds it already, under another version, is not paused. */
  readonly current: Value | null;
  readonly definition: RotationDefinition;
  /** Full ARN of the rotated secret. */
  readonly arn: string;
  readonly value: Value;
  readonly direction: Change['direction'];
  /** Also start pipelines found in Error whose last error is a credential error after this time, epoch milliseconds; `null`: none. */
  readonly restartErrorsAfter: number | null;
}

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
  if (link.busy.length > 0) throw pipelineBusy(link, cluster.id);
  mustFit(run, move.definition);
  const initial = newLinkRecord(cluster.id, link.row.link, move.arn, connectionSecretId);
  await withLease(run, 'link', linkKey(cluster.id, link.row.link), initial, async (held) => {
    if (held.item.bracket?.phase === 'open') await resume(run, cluster, held);
    if (settledOn(held.item, move.value.version)) return finish(run, held, move);
    if (holdsSameValue(held.item, move)) return adopt(held, move);
    const driven = new Set([
      ...(await drivenByLast(run, cluster, held.item)),
      ...(await foundInError(cluster, link, move)),
    ]);
    const change = { ...changeFor(link, held.item, move), errorsAfter: await cluster.newestError() };
    mustFit(run, move.definition);
    const former = held.item.bracket;
    const users = new Set(link.users.map(({ pipeline }) => pipeline));
    try {
      await performBracket({ held, cluster, lanes, change, users, known, driven }, run);
    } finally {
      if (former !== null && held.item.bracket?.id !== former.id) await removeSet(run, held.item, former);
    }
    await finish(run, held, move);
  });
}

/** Whether the link has what the move would give it: nothing to pause for. */
function holdsSameValue(record: LinkRecord, { current, value, definition, direction }: Move): boolean {
  if (direction === 'back' || current === null) return false;
  const known = record.holds.length === 0 || settledOn(record, current.version);
  const [before, after] = [current, value].map(({ fields, version }) => ({
    credentials: linkCredentials(fields, definition.fields, `version ${version}`),
    config: JSON.stringify(linkConfig(fields, definition.fields, `version ${version}`)),
  }));
  return (
    known &&
    before !== undefined &&
    after !== undefined &&
    before.credentials.equals(after.credentials) &&
    before.config === after.config
  );
}

async function adopt(held: Held<'link'>, { definition, arn, value }: Move): Promise<void> {
  const keyId = sourceFor(definition.source).keyId(value.fields);
  const to = { version: value.version, ...(keyId === undefined ? {} : { keyId }) };
  await held.save((item) => ({ ...item, secretId: arn, holds: [to], bracket: null }));
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

/** Ends the pause that a dead run left, with no regard to what the link is to hold. */
export async function resume(run: Invocation, cluster: Cluster, held: Held<'link'>): Promise<void> {
  const nothing = new Set<QualifiedName>();
  run.log.warn('resuming-after-a-dead-run', {
    link: held.item.link,
    cluster: cluster.id,
    version: held.item.bracket?.to ?? null,
  });
  await performBracket(
    { held, cluster, lanes: () => cluster.lanes, change: null, users: nothing, known: nothing, driven: nothing },
    run,
  );
}

/** The set has served: the version is promoted, or the link is back. */
export async function forgetBracket(run: Invocation, held: Held<'link'>): Promise<void> {
  const { bracket } = held.item;
  if (bracket === null) return;
  await held.save((item) => ({ ...item, bracket: null }));
  await removeSet(run, held.item, bracket);
}

async function drivenByLast(
  run: Invocation,
  cluster: Cluster,
  record: LinkRecord,
): Promise<ReadonlySet<QualifiedName>> {
  if (record.bracket === null) return new Set();
  const states = new Map((await cluster.pipelines()).map(({ pipeline, state }) => [pipeline, state]));
  return drivenIntoError(cluster, record.bracket, (await readSet(run, record)).flat(), states);
}

function changeFor(
  { row, grammar }: SurveyedLink,
  record: LinkRecord,
  { definition, arn, value, direction }: Move,
): Omit<Change, 'errorsAfter'> {
  const where = `version ${value.version} of ${arn}`;
  const keyId = sourceFor(definition.source).keyId(value.fields);
  const wanted = Object.entries(linkConfig(value.fields, definition.fields, where));
  // an earlier try of this rotation may have changed CONFIG: what it found is what to go back to
  const before =
    record.bracket?.config ??
    configBefore(
      row.config,
      wanted.map(([key]) => key),
    );
  const forward: Readonly<Record<string, ConfigValue>> = Object.fromEntries(
    wanted.map(([key, held]) => [key, { value: held }]),
  );
  return {
    to: { version: value.version, ...(keyId === undefined ? {} : { keyId }) },
    direction,
    credentials: linkCredentials(value.fields, definition.fields, where),
    config: direction === 'back' && record.bracket !== null ? before : forward,
    configBefore: before,
    grammar,
    row,
    secretId: arn,
    drainMs: definition.limits.drainSeconds * 1_000,
  };
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
