import { partsOf, quoteIdentifier, type QualifiedName } from '../core/names';
import type { Cluster } from '../ports';
import type { Survey } from './survey';

/** Something that a rotation of links does not reach. */
export interface Uncovered {
  readonly cluster: string;
  /** A pipeline, an external function or a database, by its quoted name. */
  readonly object: string;
  readonly why: string;
}

/**
 * What ALTER LINK does not cover and nobody pauses: pipelines with credentials of their own, functions that call through a
 * link, and what this user does not see.
 */
export async function uncoveredBy({ cluster, links, inline, known, near }: Survey): Promise<readonly Uncovered[]> {
  const databases = await cluster.databases();
  const listed = databases ?? [...new Set([...known].map((pipeline) => partsOf(pipeline).database))];
  const rotated = new Set(links.map(({ row }) => row.link));
  const functions = new Map(
    await Promise.all(listed.map(async (database) => [database, await cluster.functions(database)] as const)),
  );
  const unlisted = listed.filter((database) => functions.get(database) === null).map(quoteIdentifier);
  const found: readonly Omit<Uncovered, 'cluster'>[] = [
    ...inline.map(({ pipeline, type, state }) => ({
      object: pipeline,
      why: `a pipeline (${state}) with its own ${type} source: no link gives it credentials. If it holds the ones that are rotated, ALTER PIPELINE … SET CREDENTIALS it before the old ones retire.`,
    })),
    ...near.map((pipeline) => ({
      object: pipeline,
      why: 'a pipeline whose link is named here but for the case of its letters. If the server takes them for one, it refuses to change the link while this runs.',
    })),
    ...[...functions.values()]
      .flatMap((some) => some ?? [])
      .filter(({ link }) => rotated.has(link))
      .map(({ name, link }) => ({
        object: name,
        why: `a function that calls through ${link}: it is not paused, and uses the new credentials from the change on.`,
      })),
    ...(await unseen(cluster, listed, known)),
  ];
  if (databases === null) unlisted.push('databases without a pipeline in sight');
  const blind =
    unlisted.length === 0
      ? []
      : [{ object: unlisted.join(', '), why: 'functions are not listed to this user: one may call through a link.' }];
  return [...found, ...blind].map((each) => ({ cluster: cluster.id, ...each }));
}

/** Databases that may hide pipelines from this user. */
async function unseen(
  cluster: Cluster,
  databases: readonly string[],
  known: ReadonlySet<QualifiedName>,
): Promise<readonly Omit<Uncovered, 'cluster'>[]> {
  const seen = new Set([...known].map((pipeline) => partsOf(pipeline).database));
  const blind = databases.filter((database) => !seen.has(database));
  const lacks = await Promise.all(blind.map((database) => cluster.lacks('SHOW PIPELINE', database)));
  return blind.flatMap((database, at) => {
    const lack = lacks[at] ?? null;
    if (lack === null) return [];
    return [
      {
        object: quoteIdentifier(database),
        why: `a database whose pipelines are not shown: should one of them use a link and run, ALTER LINK is refused for that link. (${lack.message})`,
      },
    ];
  });
}
