import { assumed } from './assumed';
import type { Cluster, Name, Pipeline, PipelineState, Run, Session, Settings, User } from './model';
import { Table } from './table';

export type * from './model';

/** True in the states that make ALTER LINK fail. */
export function isRunning(pipeline: Pipeline): boolean {
  return assumed.blocksAlterLink.includes(pipeline.state);
}

export function keyOf(name: Name): string {
  return `${name.database}\0${name.name}`;
}

export function quoted(name: Name): string {
  return `${quoteName(name.database)}.${quoteName(name.name)}`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function usesLink(pipeline: Pipeline, link: Name): boolean {
  return (
    'link' in pipeline.source &&
    pipeline.source.link.name === link.name &&
    pipeline.source.link.database === link.database
  );
}

/** A cluster with nothing in it but `users`, each with all privileges. */
export function emptyCluster(
  users: readonly { readonly name: string; readonly password: string }[],
  settings: Partial<Settings> = {},
): Cluster {
  const version = settings.version ?? '9.1';
  let accounts = Table.empty<User>();
  for (const { name, password } of users) {
    const grants = [{ privileges: ['ALL'], database: '*' }];
    accounts = accounts.set(name, { name, password, requireTls: false, grants });
  }
  return {
    settings: {
      version,
      orReplaceLink: settings.orReplaceLink ?? assumed.orReplaceLink[version],
      auditLogging: settings.auditLogging ?? assumed.auditLogging,
      stopMode: settings.stopMode ?? assumed.stopMode,
      stopLagMs: settings.stopLagMs ?? 0,
      killedStop: settings.killedStop ?? assumed.killedStop,
      hidesSources: settings.hidesSources ?? assumed.hidesSources,
      retries: settings.retries ?? assumed.retries,
      batchMs: settings.batchMs ?? 0,
      s3Endpoint: settings.s3Endpoint,
    },
    users: accounts,
    databases: Table.empty(),
    links: Table.empty(),
    pipelines: Table.empty(),
    tables: Table.empty(),
    functions: Table.empty(),
    sessions: Table.empty(),
    lastId: 0,
  };
}

export function withPipeline(cluster: Cluster, pipeline: Pipeline): Cluster {
  return { ...cluster, pipelines: cluster.pipelines.set(keyOf(pipeline), pipeline) };
}

/** Gives connection `id` its place in the process list; ids come from `lastId`, which this raises to `id`. */
export function withSession(cluster: Cluster, id: number, session: Omit<Session, 'id' | 'running'>): Cluster {
  const lastId = Math.max(cluster.lastId, id);
  return { ...cluster, lastId, sessions: cluster.sessions.set(String(id), { ...session, id, running: undefined }) };
}

export function withoutSession(cluster: Cluster, id: number): Cluster {
  return { ...cluster, sessions: cluster.sessions.delete(String(id)) };
}

/** Puts a pipeline into `state` as if somebody else had; into Running, its batches begin at `now`. */
export function withPipelineState(cluster: Cluster, name: Name, state: PipelineState, now: number): Cluster {
  const pipeline = cluster.pipelines.get(keyOf(name));
  if (pipeline === undefined) throw new Error(`no pipeline ${quoted(name)}`);
  const run: Run | undefined =
    state === 'Running'
      ? { nextBatchAt: now, batchId: undefined, failures: 0, stop: undefined, foreground: undefined }
      : undefined;
  return withPipeline(cluster, { ...pipeline, state, run });
}

/** True if `user` has `privilege` on `database`; SUPER and the like are asked for on '*'. */
export function may(user: User, privilege: string, database: string): boolean {
  return user.grants.some(
    (grant) =>
      (grant.database === '*' || grant.database === database) &&
      (grant.privileges.includes('ALL') || grant.privileges.includes(privilege)),
  );
}
