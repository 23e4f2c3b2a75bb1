import type { LinkRecord, SecretRecord, SetChunk, UserRecord } from '../../lambda/core/journal';
import type { MemoryWorld } from '../support/world';

/** What the table says, read past the product: its rows. */
export class Journal {
  #version = -1;
  links: readonly LinkRecord[] = [];
  users: readonly UserRecord[] = [];
  secrets: readonly SecretRecord[] = [];
  /** The pipelines that a link's record names: the set of its bracket, and those that a STOP may stop yet. By cluster and link. */
  named = new Map<string, ReadonlySet<string>>();
  /** The same, of open brackets and lingering STOPs alone. */
  owed = new Map<string, ReadonlySet<string>>();
  /** Pipelines that had loaded nothing at promotion, by cluster and name. */
  unproven: ReadonlySet<string> = new Set();

  constructor(readonly world: MemoryWorld) {}

  /** @returns whether it has changed */
  look(): boolean {
    const { table } = this.world;
    if (table.version === this.#version) return false;
    this.#version = table.version;
    const rows = table.rows();
    const of = <T>(kind: string): T[] => rows.filter((row) => row.kind === kind).map(({ item }) => item as T);
    this.links = of<LinkRecord>('link');
    this.users = of<UserRecord>('user');
    this.secrets = of<SecretRecord>('secret');
    this.unproven = new Set(
      this.secrets.flatMap(({ unproven }) => unproven.map(({ cluster, pipeline }) => `${cluster}/${pipeline}`)),
    );
    this.named = new Map();
    this.owed = new Map();
    for (const { cluster, link, bracket } of this.links) {
      if (bracket === null) continue;
      const place = `${cluster}/${link}`;
      const prefix = `${place}/${bracket.id}/`;
      const members = rows
        .filter(({ kind, key }) => kind === 'set' && key.startsWith(prefix))
        .slice(0, bracket.chunks) // a chunk that the header does not count yet promises nothing
        .flatMap(({ item }) => (item as SetChunk).members.map(({ pipeline }) => pipeline));
      const lingering = (bracket.lingering ?? []).map(({ pipeline }) => pipeline);
      this.named.set(place, new Set([...members, ...lingering]));
      this.owed.set(place, new Set(bracket.phase === 'open' ? [...members, ...lingering] : lingering));
    }
    return true;
  }
}
