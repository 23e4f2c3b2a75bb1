import type { Cluster, Invocation } from '../../lambda/ports';
import type { MemoryWorld } from '../support/world';

/** Where a process is frozen: just before it sends its n-th call (from 1), or after that call's effect, before it hears the answer. */
export interface Freeze {
  readonly point: number;
  readonly when: 'before' | 'after';
  readonly forMs: number;
}

/** What a frozen invocation has asked so far, by name; call n is at index n - 1. */
export interface Frozen {
  readonly names: string[];
  /** Epoch milliseconds; `null`: it has not been frozen yet. */
  wakesAt: number | null;
  readonly run: Invocation;
}

/** Answered without a call. */
const immediate = new Set(['connections', 'preview']);

/**
 * An invocation that the platform suspends once: while it sleeps it asks nothing and hears nothing, time goes on, and
 * what it had asked goes on at the other side. It knows nothing of it when it wakes.
 */
export function freezing(world: MemoryWorld, run: Invocation, freeze: Freeze): Frozen {
  const names: string[] = [];
  const thaw = async (): Promise<void> => {
    while ((frozen.wakesAt ?? 0) > world.clock.now())
      await world.clock.sleep((frozen.wakesAt ?? 0) - world.clock.now());
  };
  const sleepAt = async (point: number, when: Freeze['when']): Promise<void> => {
    if (point === freeze.point && when === freeze.when) frozen.wakesAt = world.clock.now() + freeze.forMs;
    await thaw();
  };
  const call = async (name: string, ask: () => unknown): Promise<unknown> => {
    await thaw();
    const point = names.push(name);
    await sleepAt(point, 'before');
    const answer = await Promise.resolve(ask()).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await sleepAt(point, 'after');
    if ('error' in answer) throw answer.error;
    return name === 'clusters.open' ? port('cluster', answer.value as Cluster) : answer.value;
  };
  const port = <T extends object>(name: string, real: T): T =>
    new Proxy(real, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (key === 'lanes') return (member as Cluster['lanes']).map((lane) => port('lane', lane));
        if (typeof member !== 'function') return member;
        const act = (...given: unknown[]): unknown => Reflect.apply(member, target, given);
        return immediate.has(String(key))
          ? act
          : (...given: unknown[]) => call(`${name}.${String(key)}`, () => act(...given));
      },
    });
  const frozen: Frozen = {
    names,
    wakesAt: null,
    run: {
      ...run,
      clock: { now: () => run.clock.now(), sleep: (ms) => run.clock.sleep(ms).then(thaw) },
      secrets: port('secrets', run.secrets),
      table: port('table', run.table),
      clusters: port('clusters', run.clusters),
      keys: port('keys', run.keys),
      trials: port('trials', run.trials),
    },
  };
  return frozen;
}
