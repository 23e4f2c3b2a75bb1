const BUCKETS = 256;

type Bucket<V> = ReadonlyMap<string, V>;

function bucketOf(key: string): number {
  let hash = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

/**
 * An immutable map whose copies share what they have in common: the engine is a pure function of a cluster of thousands
 * of pipelines, and copying all of them at each statement would cost more than the statement.
 */
export class Table<V> {
  static readonly #empty: readonly Bucket<never>[] = Array.from({ length: BUCKETS }, () => new Map<string, never>());
  readonly #buckets: readonly Bucket<V>[];

  private constructor(
    buckets: readonly Bucket<V>[],
    readonly size: number,
  ) {
    this.#buckets = buckets;
  }

  static empty<V>(): Table<V> {
    return new Table<V>(Table.#empty, 0);
  }

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]!.get(key);
  }

  has(key: string): boolean {
    return this.#buckets[bucketOf(key)]!.has(key);
  }

  set(key: string, value: V): Table<V> {
    const index = bucketOf(key);
    const bucket = new Map(this.#buckets[index]).set(key, value);
    return new Table(this.#buckets.with(index, bucket), this.size + (bucket.size - this.#buckets[index]!.size));
  }

  delete(key: string): Table<V> {
    if (!this.has(key)) return this;
    const index = bucketOf(key);
    const bucket = new Map(this.#buckets[index]);
    bucket.delete(key);
    return new Table(this.#buckets.with(index, bucket), this.size - 1);
  }

  *values(): Generator<V, void, undefined> {
    for (const bucket of this.#buckets) yield* bucket.values();
  }

  /** The first value that satisfies `test`, in no particular order. */
  find(test: (value: V) => boolean): V | undefined {
    for (const bucket of this.#buckets) for (const value of bucket.values()) if (test(value)) return value;
    return undefined;
  }

  /** What differs from `older`, as [key, value then, value now]; buckets that both share are not looked at. */
  *changesSince(older: Table<V>): Generator<[string, V | undefined, V | undefined], void, undefined> {
    for (let index = 0; index < BUCKETS; index++) {
      const now = this.#buckets[index]!;
      const then = older.#buckets[index]!;
      if (now === then) continue;
      for (const [key, value] of now) if (then.get(key) !== value) yield [key, then.get(key), value];
      for (const [key, value] of then) if (!now.has(key)) yield [key, value, undefined];
    }
  }
}
