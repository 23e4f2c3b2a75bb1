import type { Member } from '../../core/journal';
import type { QualifiedName } from '../../core/names';
import { isAnother, isStopped, type PipelineRow } from '../../core/pipeline';
import { writeChunks } from '../set';
import type { Progress } from './progress';

/**
 * Recorded names that another pipeline bears by now: somebody has dropped the one that was recorded. One that is stopped and has
 * run since it was made may be what our STOP met on its way; then it is ours, and the journal says so before anything else.
 */
export async function remadeAmong(p: Progress, rows: readonly PipelineRow[]): Promise<ReadonlySet<QualifiedName>> {
  const recorded = new Map([...p.work.owed, ...p.chunks.flat()].map(({ pipeline, identity }) => [pipeline, identity]));
  const idsHold = rows.some(({ pipeline, identity }) => identity && recorded.get(pipeline)?.id === identity.id);
  const remade = rows.filter(({ pipeline, identity }) => isAnother(recorded.get(pipeline), identity, idsHold));
  const names = new Set(remade.map(({ pipeline }) => pipeline));
  const met = remade.filter(({ pipeline, state }) => p.sent.has(pipeline) && isStopped(state));
  if (met.length > 0 && p.bracket !== null) {
    const batches = await p.work.cluster.batches();
    const stopped = met.map(({ pipeline }) => pipeline).filter((name) => (batches.get(name)?.ended ?? 0) > 0);
    await meanAnew(p, p.bracket.id, stopped);
    for (const name of stopped) names.delete(name);
  }
  p.sent.clear();
  return names;
}

/** From here on the journal means the pipelines that bear these members' names now. */
export async function meanAnew(p: Progress, bracketId: string, names: readonly QualifiedName[]): Promise<void> {
  for (const [at, chunk] of p.chunks.entries()) {
    if (!chunk.some(({ pipeline }) => names.includes(pipeline))) continue;
    const members = chunk.map((member) => (names.includes(member.pipeline) ? memberOf(p, member.pipeline) : member));
    await writeChunks(p.run, p.record, bracketId, at, members);
    p.chunks[at] = members;
  }
}

/** As it is to be written down now. */
export function memberOf(p: Progress, pipeline: QualifiedName): Member {
  const identity = p.identities.get(pipeline);
  return {
    pipeline,
    batchesAfter: null,
    ...(identity === undefined ? {} : { identity }),
    ...(p.situation.driven.has(pipeline) ? { driven: true } : {}),
  };
}

/** What somebody has made anew and not started. */
export const leftToTheirMaker = ({ situation: { remade, states } }: Progress): readonly QualifiedName[] =>
  [...remade].filter((name) => isStopped(states?.get(name)));
