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

/** Of a pause that a dead run began, the journal knows when its bracket was opened, not when the STOP was sent. What is in Error was not stopped. */
function endPause(p: Progress, pipeline: QualifiedName): void {
  const { record, situation } = p;
  const begun =
    record.bracket?.phase === 'open' && !situation.driven.has(pipeline) ? record.bracket.openedAt : undefined;
  const stoppedAt = p.stoppedAt.get(pipeline) ?? begun;
  if (stoppedAt === undefined || p.pauses.has(pipeline)) return;
  p.pauses.set(pipeline, { pipeline, at: stoppedAt, milliseconds: p.run.clock.now() - stoppedAt });
}

/** Rounds of ending connections, each longer than the last, before they are left to their fate. */
const killRounds = 3;

/**
 * Ends connections whose statement may still act. The first time nothing waits for them, so that START can follow at once. One
 * that does not end keeps no pipeline paused: on the way in the change is given up, on the way out the members it may have
 * stopped are watched on (`lingering`), and the journal keeps the connection for who comes next.
 */
export async function kill(p: Progress, connections: readonly number[]): Promise<void> {
  const { cluster, held } = p.work;
  p.kills = p.situation.killed ? p.kills + 1 : 0;
  let left = connections;
  try {
    left = await cluster.present(connections);
    for (const connection of left) {
      await held.guard();
      await cluster.kill(connection);
    }
    for (let round = 1; left.length > 0 && round <= (p.situation.killed ? 10 : 1); round += 1) {
      await p.run.clock.sleep(25 * round);
      left = await cluster.present(left);
    }
  } catch (thrown) {
    const { code } = asRotationError(thrown);
    // a server that shows us no processes or lets us end none must not keep pipelines paused
    if (code !== 'STATEMENT_REFUSED' && code !== 'PRIVILEGE_MISSING') throw thrown;
    await p.run.clock.sleep(25);
  }
  p.set({ unanswered: left, killed: true, states: null });
  p.left = left;
  if (left.length === 0 || p.kills < killRounds) return;
  p.run.log.warn('connections-not-ended', { cluster: p.record.cluster, connections: left.map(String) });
  const onWayIn = p.situation.aim === 'change' && p.situation.change === 'pending' && p.situation.failure === null;
  if (onWayIn)
    p.fail({
      code: 'ALTER_UNANSWERED',
      what: `connection ${left.join(', ')} does not end, and its statement may still act`,
    });
  else p.set({ unanswered: [] });
}
