import { connectionSecret, type ConnectionSecret } from '../core/connection';
import type { RotationDefinition, Target } from '../core/definition';
import { asRotationError, RotationError } from '../core/errors';
import type { LinkRecord } from '../core/journal';
import { partsOf, qualified, type QualifiedName } from '../core/names';
import type { Cluster, Invocation, LinkRow } from '../ports';

/** Lends a connected cluster to `work` and closes it afterwards, whatever happens. @throws as `Clusters.open` */
export async function withCluster<R>(
  run: Invocation,
  connectionSecretId: string,
  lanes: number,
  work: (cluster: Cluster) => Promise<R>,
): Promise<R> {
  return lend(await run.clusters.open(await loginOf(run, connectionSecretId), lanes), work);
}

/**
 * The cluster that a journal speaks of, to resume what is paused there: at the address that the journal recorded, though the
 * connection secret may name another one by now, and with two connections where the server has no more to give.
 */
export async function withRecordedCluster<R>(
  run: Invocation,
  { connectionSecretId, cluster: id }: Pick<LinkRecord, 'connectionSecretId' | 'cluster'>,
  lanes: number,
  work: (cluster: Cluster) => Promise<R>,
): Promise<R> {
  const colon = id.lastIndexOf(':');
  const login = {
    ...(await loginOf(run, connectionSecretId)),
    host: id.slice(0, colon),
    port: Number(id.slice(colon + 1)),
  };
  const few = (thrown: unknown): Promise<Cluster> => {
    if (lanes === 1 || asRotationError(thrown).code !== 'CONNECTION_REFUSED') throw thrown;
    return run.clusters.open(login, 1);
  };
  return lend(await run.clusters.open(login, lanes).catch(few), work);
}

async function lend<R>(cluster: Cluster, work: (cluster: Cluster) => Promise<R>): Promise<R> {
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

async function loginOf(run: Invocation, connectionSecretId: string): Promise<ConnectionSecret> {
  const stored = await run.secrets.read(connectionSecretId, { label: 'AWSCURRENT' });
  if (stored === null) {
    throw new RotationError(
      'SECRET_UNREADABLE',
      `connection secret ${connectionSecretId} does not exist or has no value. Nothing was changed. Store {"host","port","username","password"} in it.`,
    );
  }
  const login = connectionSecret(stored.value, connectionSecretId);
  if (!login.tls) run.log.warn('tls-off', { connectionSecretId, host: login.host });
  return login;
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
