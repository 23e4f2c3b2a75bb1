import { connectionSecret } from '../core/connection';
import type { RotationDefinition, Target } from '../core/definition';
import { RotationError } from '../core/errors';
import { partsOf, qualified, type QualifiedName } from '../core/names';
import type { Cluster, Invocation, LinkRow } from '../ports';

/** Lends a connected cluster to `work` and closes it afterwards, whatever happens. @throws as `Clusters.open` */
export async function withCluster<R>(
  run: Invocation,
  connectionSecretId: string,
  lanes: number,
  work: (cluster: Cluster) => Promise<R>,
): Promise<R> {
  const stored = await run.secrets.read(connectionSecretId, { label: 'AWSCURRENT' });
  if (stored === null) {
    throw new RotationError(
      'SECRET_UNREADABLE',
      `connection secret ${connectionSecretId} does not exist or has no value. Nothing was changed. Store {"host","port","username","password"} in it.`,
    );
  }
  const login = connectionSecret(stored.value, connectionSecretId);
  if (!login.tls) run.log.warn('tls-off', { connectionSecretId, host: login.host });
  const cluster = await run.clusters.open(login, lanes);
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

/** The targets by connection secret, so that each cluster is opened once. */
export function clustersOf(definition: RotationDefinition): readonly Target[] {
  const links = new Map<string, Target['links']>();
  for (const target of definition.targets)
    links.set(target.connectionSecretId, [...(links.get(target.connectionSecretId) ?? []), ...target.links]);
  return [...links].map(([connectionSecretId, patterns]) => ({ connectionSecretId, links: patterns }));
}

/** The links that a target names. `missing`: named one by one and not there. */
export async function resolveLinks(
  cluster: Cluster,
  target: Target,
): Promise<{ readonly rows: readonly LinkRow[]; readonly missing: readonly QualifiedName[] }> {
  const databases = [...new Set(target.links.map(({ database }) => database))];
  const found = new Map(
    (await Promise.all(databases.map((database) => cluster.links(database)))).flat().map((row) => [row.link, row]),
  );
  const wanted = new Set(
    target.links.flatMap((pattern) => ('all' in pattern ? [] : [qualified(pattern.database, pattern.link)])),
  );
  const whole = new Set(target.links.flatMap((pattern) => ('all' in pattern ? [pattern.database] : [])));
  const rows = [...found.values()].filter(({ link }) => wanted.has(link) || whole.has(partsOf(link).database));
  return { rows, missing: [...wanted].filter((link) => !found.has(link)) };
}
