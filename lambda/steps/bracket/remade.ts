import type { Member } from '../../core/journal';
import type { QualifiedName } from '../../core/names';
import { isAnother, isStopped, type Identity, type PipelineRow } from '../../core/pipeline';
import type { Progress } from './progress';

/**
 * Names of members and owed that another pipeline bears by now, which is not ours to start: somebody has dropped the recorded one, and
 * no STOP of ours can have met the new one.
 *
 * A STOP names a pipeline by its name, so it stops whatever bears that name when it comes: `DROP`, `CREATE`, `START` between our look
 * and our STOP, and the new one is stopped by us. Neither its batches nor its time of creation tell that from one that its maker left
 * Stopped. So what is made anew is its maker's only if it was made behind a look that itself came behind the answer of our last STOP of that
 * name. Of a dead run nobody knows what it sent, so its members never are. And where several seem made anew in one look, as a rule
 * the server has numbered its pipelines anew. Whatever is in doubt is started, and named in the log: to start what somebody meant to
 * leave Stopped is the smaller harm.
 *
 * @param former what bore each name at the look before.
 */
export function remadeAmong(
  p: Progress,
  rows: readonly PipelineRow[],
  former: ReadonlyMap<QualifiedName, Identity>,
): ReadonlySet<QualifiedName> {
  const ours = new Map([...p.work.owed, ...p.chunks.flat()].map(({ pipeline, identity }) => [pipeline, identity]));
  const recorded = new Map([...former, ...ours]);
  const others = rows.filter(({ pipeline, identity }) => isAnother(recorded.get(pipeline), identity));
  const remade = others.map(({ pipeline }) => pipeline).filter((name) => ours.has(name));
  const inDoubt = new Set(remade.filter((name) => others.length > 1 || p.sent.has(name)));
  for (const [name, is] of p.sent) if (is === 'answered') p.sent.delete(name);
  if (inDoubt.size > 0) {
    meanAnew(p, inDoubt);
    const { link, cluster } = p.record;
    p.run.log.warn('pipelines-remade', { link, cluster, pipelines: [...inDoubt], ours: true });
  }
  return new Set(remade.filter((name) => !inDoubt.has(name)));
}

/** From here on the set means the pipelines that bear these members' names now. A successor goes by the names, so the journal can wait. */
export function meanAnew(p: Progress, names: ReadonlySet<QualifiedName>): void {
  for (const [at, chunk] of p.chunks.entries())
    p.chunks[at] = chunk.map((member) => (names.has(member.pipeline) ? memberOf(p, member.pipeline) : member));
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
