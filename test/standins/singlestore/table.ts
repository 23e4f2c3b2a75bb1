/** Shelves, and buckets of each: a copy is of one shelf, not of all. */
const WIDTH = 16;

type Bucket<V> = ReadonlyMap<string, V>;
type Shelf<V> = readonly Bucket<V>[];

function placeOf(key: string): readonly [shelf: number, bucket: number] {
  let hash = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  return [(hash >>> 4) % WIDTH, (hash >>> 0) % WIDTH];
}

/**
 * An immutable map whose copies share what they have in common: the engine is a pure function of a cluster of thousands
 * of pipelines, and copying all of them at each statement would cost more than the statement.
 */
export class Table<V> {
  static readonly #empty: readonly Shelf<never>[] = Array.from({ length: WIDTH }, () =>
    Array.from({ length: WIDTH }, () => new Map<string, never>()),
  );
  readonly #shelves: readonly Shelf<V>[];

  private constructor(
    shelves: readonly Shelf<V>[],
    readonly size: number,
  ) {
    this.#shelves = shelves;
  }

  static empty<V>(): Table<V> {
    return new Table<V>(Table.#empty, 0);
  }

  get(key: string): V | undefined {
    return this.#bucketOf(key).get(key);
  }

  has(key: string): boolean {
    return this.#bucketOf(key).has(key);
  }

  set(key: string, value: V): Table<V> {
    return this.#with(key, new Map(this.#bucketOf(key)).set(key, value));
  }

  delete(key: string): Table<V> {
    if (!this.has(key)) return this;
    const bucket = new Map(this.#bucketOf(key));
    bucket.delete(key);
    return this.#with(key, bucket);
  }

  *values(): Generator<V, void, undefined> {
    for (const shelf of this.#shelves) for (const bucket of shelf) yield* bucket.values();
  }

  /** The first value that satisfies `test`, in no particular order. */
  find(test: (value: V) => boolean): V | undefined {
    for (const value of this.values()) if (test(value)) return value;
    return undefined;
  }

  /** What differs from `older`, as [key, value then, value now]; what both share is not looked at. */
  *changesSince(older: Table<V>): Generator<[string, V | undefined, V | undefined], void, undefined> {
    for (const [at, shelf] of this.#shelves.entries()) {
      const former = older.#shelves[at]!;
      if (shelf === former) continue;
      for (const [nth, now] of shelf.entries()) {
        const then = former[nth]!;
        if (now === then) continue;
        for (const [key, value] of now) if (then.get(key) !== value) yield [key, then.get(key), value];
        for (const [key, value] of then) if (!now.has(key)) yield [key, value, undefined];
      }
    }
  }

  #bucketOf(key: string): Bucket<V> {
    const [shelf, bucket] = placeOf(key);
    return this.#shelves[shelf]![bucket]!;
  }

  #with(key: string, bucket: Bucket<V>): Table<V> {
    const [shelf, at] = placeOf(key);
    const former = this.#shelves[shelf]!;
    const shelves = this.#shelves.with(shelf, former.with(at, bucket));
    return new Table(shelves, this.size + bucket.size - former[at]!.size);
  }
}
