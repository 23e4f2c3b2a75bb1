import { lingerMs, mayAct, through, type Lingering } from '../core/journal';
import { isAnother, isStopped } from '../core/pipeline';
import type { Cluster, Invocation } from '../ports';
import { recordConnections, statementMs } from './bracket/progress';
import type { Held } from './lease';

/**
 * Starts pipelines that a STOP of ours has stopped after all: one whose answer was lost, and which the server carried out
 * when its batch ended, or that whoever slept has sent only now. Those that have gone on loading since need no watching any more
 * once nobody is left who could send one.
 *
 * @returns whether one was started.
 */
export async function startLingering(run: Invocation, cluster: Cluster, held: Held<'link'>): Promise<boolean> {
  const { bracket } = held.item;
  if (bracket?.lingering === undefined || bracket.lingering.length === 0) return false;
  const found = new Map((await cluster.pipelines()).map((row) => [row.pipeline, row]));
  const batches = await cluster.batches();
  const expired = run.clock.now() - (bracket.resumedAt ?? 0) > lingerMs;
  const { connections, leftAt } = held.item;
  // one that sleeps behind a connection of its own has not sent its STOP yet: batches that end say nothing of it
  const othersMayAct = mayAct(held.item, run.clock.now()).length > 0;
  await recordConnections(held, cluster);
  const left: Lingering[] = [];
  let started = false;
  for (const watched of bracket.lingering) {
    const { pipeline } = watched;
    const row = found.get(pipeline);
    const ended = batches.get(pipeline)?.ended ?? 0;
    const remade = isAnother(watched.identity, row?.identity);
    if (remade)
      run.log.warn('pipelines-remade', {
        link: held.item.link,
        cluster: cluster.id,
        pipelines: [pipeline],
        ours: true,
      });
    // the STOP meets whatever bears the name when it comes, and batches count from the start again
    const one = remade ? { pipeline, ...(row?.identity ? { identity: row.identity } : {}), ended, grown: 0 } : watched;
    if (isStopped(row?.state)) {
      await held.guard();
      const outcome = await cluster.lanes[0]?.start(one.pipeline, statementMs);
      started ||= outcome?.is === 'done';
      run.log.warn('late-stop-undone', {
        pipeline: one.pipeline,
        cluster: cluster.id,
        outcome: outcome?.is ?? 'unsent',
      });
      // unanswered or refused: it is stopped, by us, and stays remembered until a START is answered
      if (outcome?.is !== 'done') left.push(one);
      continue;
    }
    const grown = one.grown + (ended > one.ended ? 1 : 0);
    if (row !== undefined && (grown < 2 || othersMayAct) && !expired) left.push({ ...one, ended, grown });
  }
  await held.save((item) => ({ ...through(item, connections, leftAt), bracket: { ...bracket, lingering: left } }));
  return started;
}
