import type { QualifiedName } from '../../core/names';
import { statementMs, union, type Progress } from './progress';
import { sweep } from './sweep';

/** Starts what we paused, in the order it was stopped. Needs neither IAM nor a working credential. */
export async function start(p: Progress, pipelines: readonly QualifiedName[]): Promise<void> {
  const { clock } = p.run;
  p.mustHaveTime(`${pipelines.join(', ')} did not start`);
  if (p.usable().length === 0) return p.reconnect();
  const order = new Map([...p.stoppedAt.keys()].map((pipeline, at) => [pipeline, at]));
  const inOrder = [...pipelines].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const { outcomes, unanswered, error } = await sweep(
    p.usable(),
    inOrder,
    async (lane, pipeline) => {
      const outcome = await lane.start(pipeline, statementMs);
      if (outcome.is === 'done') endPause(p, pipeline);
      return outcome;
    },
    { before: () => p.work.held.guard(), tick: () => p.work.held.keep(), until: clock.now() + statementMs, clock },
  );
  const started = new Set([...outcomes].filter(([, outcome]) => outcome.is === 'done').map(([pipeline]) => pipeline));
  p.set({
    states: null,
    driven: new Set([...p.situation.driven].filter((pipeline) => !started.has(pipeline))),
    unanswered: union(p.situation.unanswered, unanswered),
    killed: unanswered.length === 0,
  });
  if (error !== null) throw error;
  if (started.size < pipelines.length) await clock.sleep(250);
}

function endPause(p: Progress, pipeline: QualifiedName): void {
  const stoppedAt = p.stoppedAt.get(pipeline);
  if (stoppedAt === undefined || p.pauses.some((pause) => pause.pipeline === pipeline)) return;
  p.pauses.push({ pipeline, milliseconds: p.run.clock.now() - stoppedAt });
}

/** Ends connections whose statement may still act. The first time nothing waits for them, so that START can follow at once. */
export async function kill(p: Progress, connections: readonly number[]): Promise<void> {
  const { cluster, held } = p.work;
  const patience = p.situation.killed ? 10 : 1;
  if (p.situation.killed) p.mustHaveTime(`connections ${connections.join(', ')} do not end`);
  let left = await cluster.present(connections);
  for (const connection of left) {
    await held.guard();
    await cluster.kill(connection);
  }
  for (let look = 1; left.length > 0 && look <= patience; look += 1) {
    await p.run.clock.sleep(25 * look);
    left = await cluster.present(left);
  }
  p.set({ unanswered: left, killed: true, states: null });
}
