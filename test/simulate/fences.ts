import type { LinkRecord } from '../../lambda/core/journal';
import type { MemoryWorld } from '../support/world';

/** A lease that went to another holder: the fence since, and how much had been written by then. */
export interface Passing {
  readonly fence: number;
  readonly written: number;
}

/** Who holds links and users, and who did, by what was written into the journal. */
export class Fences {
  /** The highest fence under which somebody has acted, by link. */
  readonly acted = new Map<string, number>();
  #written = 0;
  readonly #highest = new Map<string, number>();
  readonly #ofHolder = new Map<string, number>();
  readonly #passings = new Map<string, Passing[]>();

  constructor(readonly world: MemoryWorld) {}

  /** Reads what was written since. @param fell told of a fence that is lower than it was */
  look(fell: (key: string, from: number, to: number) => void): void {
    const { history } = this.world.table;
    for (; this.#written < history.length; this.#written += 1) {
      const { kind, key, item, writer } = history[this.#written]!;
      if (kind !== 'link' && kind !== 'user') continue;
      const record = item as LinkRecord | null;
      if (record === null) {
        // a link that is gone; one made again begins anew
        for (const known of [this.#highest, this.acted, this.#passings]) known.delete(key);
        continue;
      }
      const before = this.#highest.get(key) ?? 0;
      if (record.fence < before) fell(key, before, record.fence);
      this.#highest.set(key, Math.max(before, record.fence));
      if (record.fence > before)
        this.#passings.set(key, [
          ...(this.#passings.get(key) ?? []),
          { fence: record.fence, written: this.#written + 1 },
        ]);
      if (record.lease?.holder === writer) this.#ofHolder.set(`${writer} ${key}`, record.fence);
    }
  }

  /** The fence under which somebody had the lease last, if ever. */
  of(holder: string, key: string): number | undefined {
    return this.#ofHolder.get(`${holder} ${key}`);
  }

  /** When the lease passed from the holder of this fence to another. */
  passedFrom(fence: number, key: string): Passing | undefined {
    return this.#passings.get(key)?.find((passing) => passing.fence > fence);
  }
}
