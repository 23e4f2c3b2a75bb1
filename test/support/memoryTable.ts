import type { Items, Kind } from '../../lambda/core/journal';
import type { Stored, Table } from '../../lambda/ports';
import { throwing, type Ask } from './points';

/** One write, as it was done: the last of a place is its row. */
export class Written {
  #item: unknown;

  constructor(
    readonly at: number,
    readonly kind: Kind,
    readonly key: string,
    /** As JSON: what cannot be stored does not survive. Null: removed. */
    readonly json: string | null,
    readonly revision: number,
    readonly writer: string,
  ) {}

  /** What was stored, read back once: whoever reads it cannot change it. */
  get item(): unknown {
    this.#item ??= this.json === null ? null : frozen(JSON.parse(this.json));
    return this.#item;
  }
}

type Row = Written & { readonly json: string };

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

/** The journal's table. */
export class MemoryTable {
  readonly #rows = new Map<string, Row>();
  /** The rows by kind and key, once somebody has asked for them; `null` since the last change. */
  #sorted: readonly Row[] | null = null;
  /** All that was ever written. */
  readonly history: Written[] = [];

  constructor(readonly now: () => number) {}

  #remembered = 0;

  /** Grows with every change that anything is decided by: what is remembered for people is none. */
  get version(): number {
    return this.history.length - this.#remembered;
  }

  /** All rows as they stand, by key. */
  rows(): readonly Row[] {
    this.#sorted ??= [...this.#rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
    return this.#sorted;
  }

  /** The item as it stands, for a test to look at. */
  item<K extends Kind>(kind: K, key: string): Items[K] | null {
    return this.#read(kind, key)?.item ?? null;
  }

  keys(kind: Kind): readonly string[] {
    return this.rows()
      .filter((row) => row.kind === kind)
      .map((row) => row.key);
  }

  /** Items whose fence fell from one write to the next: there must be none. */
  fallenFences(): readonly string[] {
    const highest = new Map<string, number>();
    return this.history.flatMap(({ kind, key, json }) => {
      const fence = json === null ? undefined : (JSON.parse(json) as { fence?: number }).fence;
      if (fence === undefined) return [];
      const before = highest.get(`${kind}/${key}`) ?? 0;
      highest.set(`${kind}/${key}`, Math.max(before, fence));
      return fence < before ? [`${kind}/${key}: ${before} to ${fence}`] : [];
    });
  }

  /** The table as one process reaches it. */
  port(ask: Ask, writer: string): Table {
    const call = <T>(method: string, effect: () => T): Promise<T> =>
      ask(`table.${method}`, effect, throwing(`table.${method}`, 'AWS_REFUSED'));
    return {
      read: (kind, key) => call('read', () => this.#read(kind, key)),
      list: <K extends Kind>(kind: K) =>
        call('list', () => this.keys(kind).flatMap((key) => [{ key, ...(this.#read(kind, key) as Stored<Items[K]>) }])),
      write: (kind, key, item, revision) => {
        const json = JSON.stringify(item);
        return call('write', () => this.#write(new Written(this.now(), kind, key, json, revision + 1, writer) as Row));
      },
      remove: (kind, key, revision) =>
        call('remove', () => {
          const stored = this.#rows.get(`${kind}/${key}`);
          if (revision !== undefined && stored !== undefined && stored.revision !== revision) return false;
          this.#rows.delete(`${kind}/${key}`);
          this.#sorted = null;
          this.#note(new Written(this.now(), kind, key, null, 0, writer));
          return true;
        }),
    };
  }

  #read<K extends Kind>(kind: K, key: string): Stored<Items[K]> | null {
    const row = this.#rows.get(`${kind}/${key}`);
    return row === undefined ? null : { item: row.item as Items[K], revision: row.revision };
  }

  #write(next: Row): number | null {
    const place = `${next.kind}/${next.key}`;
    if ((this.#rows.get(place)?.revision ?? 0) + 1 !== next.revision) return null;
    this.#rows.set(place, next);
    this.#sorted = null;
    this.#note(next);
    return next.revision;
  }

  #note(written: Written): void {
    this.history.push(written);
    if (written.kind === 'history' || written.kind === 'notice') this.#remembered += 1;
  }
}
