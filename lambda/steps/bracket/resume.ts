import { asRotationError } from '../../core/errors';
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
  for (const [pipeline, { is }] of outcomes) if (is === 'done') p.lingering.delete(pipeline);
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
  const patience = p.situation.killed ? 10 : 1;
  if (p.situation.killed) p.mustHaveTime(`connections ${connections.join(', ')} do not end`);
  try {
    let left = await p.work.cluster.present(connections);
    for (const connection of left) {
      await p.work.held.guard();
      await p.work.cluster.kill(connection);
    }
    for (let round = 1; left.length > 0 && round <= patience; round += 1) {
      await p.run.clock.sleep(25 * round);
      left = await p.work.cluster.present(left);
    }
    p.set({ unanswered: left, killed: true, states: null });
  } catch (thrown) {
    const { code } = asRotationError(thrown);
    if (code !== 'STATEMENT_REFUSED' && code !== 'PRIVILEGE_MISSING') throw thrown;
    // a server that shows us no processes or lets us end none must not keep pipelines paused
    p.run.log.warn('connections-not-ended', { cluster: p.record.cluster, connections: connections.map(String), code });
    p.set({ unanswered: [], killed: true, states: null });
  }
}
