import type { Bracket, Member } from '../../core/journal';
import { partsOf, type QualifiedName } from '../../core/names';
import { activityOf, isAnother, isInError, sourceOf, type PipelineRow } from '../../core/pipeline';
import { isCredentialError } from '../../core/proof';
import type { Cluster } from '../../ports';
import { readSet } from '../set';
import type { Progress } from './progress';
import { remadeAmong } from './remade';

/** Reads the state of every pipeline that matters: in the pause this is the one statement that is not STOP, ALTER or START. */
export async function look(p: Progress): Promise<void> {
  if (p.situation.aim === 'resume' && p.chunks.length === 0) {
    p.chunks.push(...(await readSet(p.run, p.record)));
    p.set({ members: new Set(p.chunks.flat().map(({ pipeline }) => pipeline)) });
    for (const member of p.situation.members) p.sent.set(member, 'unanswered');
  }
  const rows = await p.work.cluster.pipelines();
  const states = new Map(rows.map(({ pipeline, state }) => [pipeline, state]));
  const former = p.identities;
  p.identities = new Map(rows.flatMap(({ pipeline, identity }) => (identity ? [[pipeline, identity]] : [])));
  if (p.situation.aim === 'resume' && !p.hasLooked) {
    // a dead run may have left a STOP under way for what still runs
    for (const member of p.situation.members)
      if (activityOf(states.get(member) ?? '') === 'running') p.lingering.add(member);
  }
  p.hasLooked = true;
  const users = await usersAmong(p, states);
  const driven = await drivenAmong(p, rows, states);
  const remade = remadeAmong(p, rows, former);
  p.set({ states, users, driven, remade });
}

/** A pipeline made or made anew since the survey may use the link; nothing but its definition tells. */
async function usersAmong(
  p: Progress,
  states: ReadonlyMap<QualifiedName, string>,
): Promise<ReadonlySet<QualifiedName>> {
  const onWayIn = p.work.change !== null && p.situation.change === 'pending' && p.situation.failure === null;
  const strangers = onWayIn ? [...states.keys()].filter((name) => !p.known.has(name)) : [];
  if (strangers.length === 0) return p.situation.users;
  const users = new Set(p.situation.users);
  for (const [pipeline, definition] of await p.work.cluster.definitions(strangers)) {
    p.known.add(pipeline);
    const source = sourceOf(definition, partsOf(pipeline).database);
    if (source.through === 'link' && source.link === p.record.link) users.add(pipeline);
    else users.delete(pipeline);
    if (source.through === 'hidden' && activityOf(states.get(pipeline) ?? '') !== 'resting')
      p.fail({ code: 'SOURCE_HIDDEN', what: `${pipeline}, made meanwhile, runs and shows no source` });
  }
  return users;
}

/** Each is looked for once, so that each is started once; one may come to its error while it is being stopped. */
async function drivenAmong(
  p: Progress,
  rows: readonly PipelineRow[],
  states: ReadonlyMap<QualifiedName, string>,
): Promise<ReadonlySet<QualifiedName>> {
  const isNew = ({ pipeline }: Member): boolean => isInError(states.get(pipeline)) && !p.judged.has(pipeline);
  const driven = new Set(p.situation.driven);
  for (const set of [p.work.suspects, p.bracket === null ? null : { ...p.bracket, members: p.chunks.flat() }]) {
    const members = set?.members.filter(isNew) ?? [];
    if (set === null || members.length === 0) continue;
    for (const pipeline of await drivenIntoError(p.work.cluster, set, members, rows)) driven.add(pipeline);
    for (const { pipeline } of members) p.judged.add(pipeline);
  }
  return driven;
}

/** Members in Error that credentials of ours drove there: paused by us as much as a stopped one. */
export async function drivenIntoError(
  cluster: Cluster,
  { errorsAfter }: Pick<Bracket, 'errorsAfter'>,
  members: readonly Member[],
  rows: readonly PipelineRow[],
): Promise<ReadonlySet<QualifiedName>> {
  const found = new Map(rows.map((row) => [row.pipeline, row]));
  const inError = members.filter(({ pipeline }) => isInError(found.get(pipeline)?.state));
  // what was known of one says nothing of another that bears its name now
  const isKnown = ({ pipeline, driven, identity }: Member): boolean =>
    driven === true && !isAnother(identity, found.get(pipeline)?.identity);
  const known = inError.filter(isKnown).map(({ pipeline }) => pipeline);
  const others = inError.filter((member) => !isKnown(member)).map(({ pipeline }) => pipeline);
  return new Set([...known, ...(others.length === 0 ? [] : await credentialErrors(cluster, errorsAfter, others))]);
}

/** Of these pipelines, those whose last error since the mark says that the source refused the credentials. */
export async function credentialErrors(
  cluster: Cluster,
  mark: number,
  among: readonly QualifiedName[],
): Promise<ReadonlySet<QualifiedName>> {
  const last = new Map((await cluster.errorsAfter(mark)).map((error) => [error.pipeline, error]));
  return new Set(
    among.filter((pipeline) => {
      const error = last.get(pipeline);
      return error !== undefined && isCredentialError({ code: error.code, message: error.message.reveal() });
    }),
  );
}
