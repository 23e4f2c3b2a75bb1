import { RotationError } from '../core/errors';
import type { Items } from '../core/journal';
import { claimed, leaseMs, marginMs, released, renewed, renewEveryMs, waitForLeaseMs } from '../core/lease';
import type { Invocation } from '../ports';

type LeasedKind = 'link' | 'user';

/** An item of the journal that this invocation alone may change, for as long as the lease lasts. */
export class Held<K extends LeasedKind> {
  #item: Items[K];
  #revision: number;
  #renewedAt: number;
  /** Writes go one after the other: each replaces the whole item. */
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly run: Invocation,
    readonly kind: K,
    readonly key: string,
    item: Items[K],
    revision: number,
    claimedAt: number,
  ) {
    this.#item = item;
    this.#revision = revision;
    this.#renewedAt = claimedAt;
  }

  get item(): Items[K] {
    return this.#item;
  }

  /**
   * To be called before each effect. Counts from when the last renewal was *sent*, so that a slow answer makes the
   * lease shorter, never longer.
   *
   * @throws LEASE_LOST when another holder has taken over: this invocation does nothing more.
   */
  async guard(): Promise<void> {
    if (this.#left() < marginMs) await this.save((item) => item);
    if (this.#left() < marginMs) throw this.#lost();
  }

  /** To be called now and then while waiting. */
  async keep(): Promise<void> {
    if (this.run.clock.now() - this.#renewedAt >= renewEveryMs) await this.save((item) => item);
  }

  /** Changes the item, conditional on still holding it, and renews the lease with the same write. @throws LEASE_LOST; AWS_REFUSED when the table is out of reach. */
  async save(change: (item: Items[K]) => Items[K]): Promise<void> {
    const write = this.#writing.then(async () => {
      const sentAt = this.run.clock.now();
      const item = renewed(change(this.#item), this.run.holder, sentAt);
      await this.#write(item);
      this.#renewedAt = sentAt;
    });
    this.#writing = write.catch(() => undefined);
    await write;
  }

  /** Lets the next holder in. A lease that cannot be given back runs out by itself. */
  async release(): Promise<void> {
    await this.#writing;
    try {
      await this.#write(released(this.#item));
    } catch {
      this.run.log.warn('lease-not-released', { key: this.key, until: this.#renewedAt + leaseMs });
    }
  }

  async #write(item: Items[K]): Promise<void> {
    const revision =
      (await this.run.table.write(this.kind, this.key, item, this.#revision)) ?? (await this.#writeOnOwn(item));
    if (revision === null) {
      this.#renewedAt = -Infinity;
      throw this.#lost();
    }
    this.#item = item;
    this.#revision = revision;
  }

  /** An earlier write of ours whose answer was lost may stand there: the same holder and fence mean nobody else came. */
  async #writeOnOwn(item: Items[K]): Promise<number | null> {
    const stored = await this.run.table.read(this.kind, this.key);
    if (stored === null || stored.item.fence !== this.#item.fence || stored.item.lease?.holder !== this.run.holder)
      return null;
    return this.run.table.write(this.kind, this.key, item, stored.revision);
  }

  #left(): number {
    return this.#renewedAt + leaseMs - this.run.clock.now();
  }

  #lost(): RotationError {
    return new RotationError(
      'LEASE_LOST',
      `the lease of ${this.key} ran out and another invocation may have taken over. This one does nothing more; what is paused stands in the journal and is resumed by the next holder.`,
    );
  }
}

/**
 * Runs `work` with the exclusive right to the item.
 *
 * @param initial the item when the table has none yet.
 * @param waitMs how long to wait for another holder, milliseconds.
 * @throws LEASE_HELD when the other one is still at work then.
 */
export async function withLease<K extends LeasedKind, R>(
  run: Invocation,
  kind: K,
  key: string,
  initial: Items[K],
  work: (held: Held<K>) => Promise<R>,
  waitMs: number = waitForLeaseMs,
): Promise<R> {
  const held = await claim(run, kind, key, initial, waitMs);
  try {
    return await work(held);
  } finally {
    await held.release();
  }
}

async function claim<K extends LeasedKind>(
  run: Invocation,
  kind: K,
  key: string,
  initial: Items[K],
  waitMs: number,
): Promise<Held<K>> {
  const giveUpAt = run.clock.now() + waitMs;
  for (;;) {
    const stored = await run.table.read(kind, key);
    const sentAt = run.clock.now();
    const mine = claimed<Items[K]>(stored?.item ?? initial, run.holder, sentAt);
    if (mine !== null) {
      const revision = await run.table.write(kind, key, mine, stored?.revision ?? 0);
      if (revision !== null) return new Held(run, kind, key, mine, revision, sentAt);
    } else if (run.clock.now() >= giveUpAt) {
      throw new RotationError(
        'LEASE_HELD',
        `${key} is being worked on by another invocation. Nothing was changed there by this one; it is tried again with the next retry. If the other one is dead, its lease runs out within ${leaseMs / 1_000} s.`,
      );
    }
    await run.clock.sleep(mine === null ? 500 : 50);
  }
}
