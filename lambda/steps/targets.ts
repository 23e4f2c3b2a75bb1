import { connectionSecret, type ConnectionSecret } from '../core/connection';
import type { RotationDefinition, Target } from '../core/definition';
import { asRotationError, RotationError } from '../core/errors';
import type { LinkRecord } from '../core/journal';
import { partsOf, type LinkPattern, type QualifiedName } from '../core/names';
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
  const now = await loginOf(run, connectionSecretId);
  const login = { ...now, host: id.slice(0, colon), port: Number(id.slice(colon + 1)) };
  const few = (thrown: unknown): Promise<Cluster> => {
    if (lanes === 1 || asRotationError(thrown).code !== 'CONNECTION_REFUSED') throw thrown;
    return run.clusters.open(login, 1);
  };
  const elsewhere = (thrown: unknown): never => {
    const error = asRotationError(thrown);
    const address = `${now.host}:${now.port}`;
    if (address === id) throw error;
    // it may be another cluster, where the same names were stopped on purpose
    throw new RotationError(
      error.code,
      `${id}, where pipelines were paused, cannot be reached, and ${connectionSecretId} names ${address} by now. If that is the same cluster under a new name, START PIPELINE IF NOT RUNNING there for each paused pipeline, or make the old name answer once more; the watchdog tries it every minute. (${error.message})`,
    );
  };
  return lend(await run.clusters.open(login, lanes).catch(few).catch(elsewhere), work);
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

/** Whether a target speaks of a link. */
export const covers = ({ links }: Target, link: QualifiedName): boolean => {
  const { database, name } = partsOf(link);
  return links.some((pattern) => pattern.database === database && ('all' in pattern || pattern.link === name));
};

/** Whether a definition still speaks of a link that has a record. */
export const names = ({ targets }: RotationDefinition, { connectionSecretId, link }: LinkRecord): boolean =>
  targets.some((target) => target.connectionSecretId === connectionSecretId && covers(target, link));

/** The links that a target names. `missing`: patterns that match none: a link that is not there, or a database without any. */
export async function resolveLinks(
  cluster: Cluster,
  target: Target,
): Promise<{
  readonly rows: readonly LinkRow[];
  readonly missing: readonly LinkPattern[];
  /** All links that this user sees in the databases in question. */
  readonly visible: readonly QualifiedName[];
}> {
  const databases = [...new Set(target.links.map(({ database }) => database))];
  const found = (await Promise.all(databases.map((database) => cluster.links(database)))).flat();
  const missing = target.links.filter(
    (pattern) => !found.some(({ link }) => covers({ ...target, links: [pattern] }, link)),
  );
  const visible = found.map(({ link }) => link);
  return { rows: found.filter(({ link }) => covers(target, link)), missing, visible };
}
