import { partsOf, quoteIdentifier } from '../core/names';
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
 * link, and databases whose pipelines this user does not see, which may use a link all the same.
 */
export async function uncoveredBy({ cluster, links, inline, known }: Survey): Promise<readonly Uncovered[]> {
  const own = inline.map(({ pipeline, type, state }) => ({
    object: pipeline,
    why: `a pipeline (${state}) with its own ${type} source: no link gives it credentials. If it holds the ones that are rotated, ALTER PIPELINE … SET CREDENTIALS it before the old ones retire.`,
  }));
  const rotated = new Set(links.map(({ row }) => row.link));
  const seen = new Set([...known].map((pipeline) => partsOf(pipeline).database));
  const found = await Promise.all(
    (await cluster.databases()).map(async (database) => {
      const functions = (await cluster.functions(database)).filter(({ link }) => rotated.has(link));
      const lack = seen.has(database) ? null : await cluster.lacks('SHOW PIPELINE', database);
      return [
        ...functions.map(({ name, link }) => ({
          object: name,
          why: `a function that calls through ${link}: it is not paused, and uses the new credentials from the change on.`,
        })),
        ...(lack === null
          ? []
          : [
              {
                object: quoteIdentifier(database),
                why: `a database whose pipelines are not shown: should one of them use a link and run, the server refuses to change that link. (${lack.message})`,
              },
            ]),
      ];
    }),
  );
  return [...own, ...found.flat()].map((each) => ({ cluster: cluster.id, ...each }));
}
