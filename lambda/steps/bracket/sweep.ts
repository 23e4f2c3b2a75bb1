import type { QualifiedName } from '../../core/names';
import type { Clock, Lane, Outcome } from '../../ports';

export interface Sweep {
  readonly outcomes: ReadonlyMap<QualifiedName, Outcome>;
  /** Connections whose statement had no answer by the end: the server may still act on it. */
  readonly unanswered: readonly number[];
  /** What made the sweep end early; what was under way then is in `unanswered`. */
  readonly error: Error | null;
}

export interface SweepLimits {
  /** Runs before each statement is sent; when it throws, nothing more is sent. */
  readonly before: () => Promise<void>;
  /** Runs about every second while answers are awaited; when it throws, nothing more is sent. */
  readonly tick: () => Promise<void>;
  /** Epoch milliseconds; then nothing more is sent, and what has no answer yet is reported, not awaited. */
  readonly until: number;
  readonly clock: Clock;
}

/** Sends one statement for each pipeline, in order, over all lanes at once. */
export async function sweep(
  lanes: readonly Lane[],
  pipelines: readonly QualifiedName[],
  send: (lane: Lane, pipeline: QualifiedName) => Promise<Outcome>,
  { before, tick, until, clock }: SweepLimits,
): Promise<Sweep> {
  const queue = [...pipelines];
  const outcomes = new Map<QualifiedName, Outcome>();
  const unanswered = new Set<number>();
  const status: { ended: boolean; error: Error | null } = { ended: false, error: null };
  const over = (): boolean => status.ended;
  const fail = (thrown: unknown): void => {
    status.ended = true;
    status.error ??= thrown instanceof Error ? thrown : new Error('not an error');
  };

  const serve = async (lane: Lane): Promise<void> => {
    while (!over()) {
      await before();
      // a guard may take long, and who called is gone by then: nothing is sent that nobody would look after
      if (over() || !lane.alive) return;
      const pipeline = queue.shift();
      if (pipeline === undefined) return;
      unanswered.add(lane.connectionId);
      const outcome = await send(lane, pipeline);
      if (outcome.is !== 'unknown') unanswered.delete(lane.connectionId);
      outcomes.set(pipeline, outcome);
    }
  };
  const all = Promise.all(lanes.map(serve)).then(() => {
    status.ended = true;
  }, fail);
  await Promise.race([all, watch()]);
  status.ended = true;
  return { outcomes: new Map(outcomes), unanswered: [...unanswered], error: status.error };

  async function watch(): Promise<void> {
    while (!over() && clock.now() < until) {
      await clock.sleep(Math.min(1_000, until - clock.now()));
      if (!over()) await tick().catch(fail);
    }
  }
}
