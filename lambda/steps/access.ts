import { asRotationError, RotationError } from '../core/errors';
import { partsOf, qualified, quoteIdentifier, type LinkPattern, type QualifiedName } from '../core/names';
import { activityOf, type PipelineRow } from '../core/pipeline';
import type { Cluster, Grammar, LinkRow } from '../ports';

/*
 * Privileges, and workspaces that have a database read-only or not at all. Each is asked for where a rotation needs it, before
 * anything is paused and with statements that have no effect.
 */

/** How links are changed, by database; one that has no answer has a blocker. */
export async function grammarsOf(cluster: Cluster, rows: readonly LinkRow[]) {
  const grammars = new Map<string, Grammar>();
  const blockers: RotationError[] = [];
  for (const [database, link] of new Map(rows.map((row) => [partsOf(row.link).database, row]))) {
    try {
      const grammar = await cluster.grammar(link);
      if (grammar === null) blockers.push(grammarUnknown(cluster.id));
      else grammars.set(database, grammar);
    } catch (thrown) {
      const error = asRotationError(thrown);
      if (error.code !== 'PRIVILEGE_MISSING' && error.code !== 'WORKSPACE_WRONG') throw error;
      blockers.push(error);
    }
  }
  return { grammars, blockers };
}

/** Why links that a definition names are not to be seen: the user may not, the workspace does not have them, or there are none. */
export async function linksMissing(
  cluster: Cluster,
  missing: readonly LinkPattern[],
): Promise<readonly RotationError[]> {
  const errors = new Map<string, RotationError>();
  for (const pattern of missing) {
    const error = await whyMissing(cluster, pattern);
    errors.set(error.message, error);
  }
  return [...errors.values()];
}

/** A link as it stands now. @throws LINK_MISSING, PRIVILEGE_MISSING or WORKSPACE_WRONG when it is not to be seen */
export async function linkNow(cluster: Cluster, link: QualifiedName): Promise<LinkRow> {
  const { database, name } = partsOf(link);
  const row = (await cluster.links(database)).find((one) => one.link === link);
  if (row === undefined) throw await whyMissing(cluster, { database, link: name });
  return row;
}

async function whyMissing(cluster: Cluster, pattern: LinkPattern): Promise<RotationError> {
  return (await cluster.lacks('SHOW LINK', pattern.database)) ?? linkMissing(pattern, cluster.id);
}

/**
 * A database that shows no pipelines may only hide them. That of a link must show them. One of another database matters where
 * this user has other rights, so that it is meant to see; and on a server that replaces links, which it does under
 * running pipelines as well, while ALTER LINK is refused then.
 */
export async function mustSeePipelines(
  cluster: Cluster,
  grammars: ReadonlyMap<string, Grammar>,
  pipelines: readonly PipelineRow[],
): Promise<readonly RotationError[]> {
  const seen = new Set(pipelines.map(({ pipeline }) => partsOf(pipeline).database));
  const blind = new Set([...grammars.keys(), ...((await cluster.databases()) ?? [])].filter((one) => !seen.has(one)));
  const replaces = [...grammars.values()].includes('replace');
  const lacks = await Promise.all(
    [...blind].map(async (database) => {
      const lack = await cluster.lacks('SHOW PIPELINE', database);
      if (lack === null || grammars.has(database)) return lack;
      if (lack.code !== 'PRIVILEGE_MISSING') return null;
      return replaces || (await cluster.isGranted(database)) ? lack : null;
    }),
  );
  return lacks.filter((lack) => lack !== null);
}

/** The running ones of these pipelines that this user may not stop and start, each with the reason. */
export async function lackingToPause(
  cluster: Cluster,
  pipelines: readonly PipelineRow[],
): Promise<ReadonlyMap<QualifiedName, RotationError>> {
  const running = pipelines.filter(({ state }) => activityOf(state) === 'running').map(({ pipeline }) => pipeline);
  const databases = [...new Set(running.map((pipeline) => partsOf(pipeline).database))];
  const lacks = await Promise.all(databases.map((database) => cluster.lacks('START PIPELINE', database)));
  const byDatabase = new Map(databases.map((database, at) => [database, lacks[at]]));
  return new Map(
    running.flatMap((pipeline) => {
      const lack = byDatabase.get(partsOf(pipeline).database) ?? null;
      return lack === null ? [] : [[pipeline, lack] as const];
    }),
  );
}

function linkMissing(pattern: LinkPattern, cluster: string): RotationError {
  const link = 'all' in pattern ? `${quoteIdentifier(pattern.database)}.*` : qualified(pattern.database, pattern.link);
  return new RotationError(
    'LINK_MISSING',
    `link ${link} does not exist on ${cluster}, or this user may not see it. Nothing was changed. Correct "links" in ROTATIONS, GRANT SHOW LINK on its database, or, where a workspace hides databases that are not attached to it, name the endpoint of the one that has it.`,
  );
}

const grammarUnknown = (cluster: string): RotationError =>
  new RotationError(
    'GRAMMAR_UNKNOWN',
    `${cluster} knows neither ALTER LINK nor CREATE OR REPLACE LINK, so a link cannot be changed in place there. Nothing was changed. Upgrade the server (ALTER LINK came with 9.1).`,
  );
