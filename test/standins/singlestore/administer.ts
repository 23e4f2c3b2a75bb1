import { assumed } from './assumed';
import { may, withoutSession } from './cluster';
import type { Cluster, Grant, User } from './cluster';
import type { Execution, Of } from './execution';
import { isError, resolve } from './execution';
import { denied, errorReply, ok, unknownDatabase } from './reply';
import type { Reply } from './reply';

type Administration = Of<
  | 'create-database'
  | 'drop-database'
  | 'create-user'
  | 'drop-user'
  | 'grant'
  | 'use'
  | 'create-table'
  | 'kill'
  | 'no-effect'
>;

/** Databases, users, tables, sessions: what surrounds links and pipelines, no more of it than setting them up takes. */
export function administer(statement: Administration, execution: Execution): [Cluster, Reply] {
  const { cluster, session, user } = execution;
  switch (statement.kind) {
    case 'no-effect':
      return [cluster, ok];
    case 'use': {
      const { database } = statement;
      const name = resolve({ database, name: '*' }, execution);
      if (database.toLowerCase() !== 'information_schema' && isError(name)) return [cluster, name];
      return [{ ...cluster, sessions: cluster.sessions.set(String(session.id), { ...session, database }) }, ok];
    }
    case 'kill':
      return kill(statement, execution);
    case 'create-table': {
      const name = resolve(statement.table, execution);
      if (isError(name)) return [cluster, name];
      if (!may(user, 'CREATE', name.database)) return [cluster, denied('CREATE', user.name, name.name)];
      const key = `${name.database}\0${name.name}`;
      if (!cluster.tables.has(key)) return [{ ...cluster, tables: cluster.tables.set(key, { ...name, rows: 0 }) }, ok];
      return [cluster, statement.ifNotExists ? ok : errorReply(1050, '42S01', `Table '${name.name}' already exists`)];
    }
    case 'create-database':
    case 'drop-database':
    case 'create-user':
    case 'drop-user':
    case 'grant':
      if (!may(user, assumed.setUpNeeds, '*')) {
        const text = `Access denied; you need (at least one of) the ${assumed.setUpNeeds} privilege(s) for this operation`;
        return [cluster, errorReply(1227, '42000', text)];
      }
      return ofSuper(statement, cluster);
  }
}

function ofSuper(
  statement: Of<'create-database' | 'drop-database' | 'create-user' | 'drop-user' | 'grant'>,
  cluster: Cluster,
): [Cluster, Reply] {
  switch (statement.kind) {
    case 'create-database': {
      const { name } = statement;
      const taken = cluster.databases.has(name);
      if (taken && !statement.ifNotExists) {
        return [cluster, errorReply(1007, 'HY000', `Can't create database '${name}'; database exists`)];
      }
      if (taken) return [cluster, ok];
      const databases = cluster.databases.set(name, { name, attached: true, readOnly: false });
      return [{ ...cluster, databases }, ok];
    }
    case 'drop-database': {
      const { name } = statement;
      if (!cluster.databases.has(name)) return [cluster, statement.ifExists ? ok : unknownDatabase(name)];
      let { links, pipelines, tables, functions } = cluster;
      for (const link of links.values()) if (link.database === name) links = links.delete(`${name}\0${link.name}`);
      for (const pipeline of pipelines.values()) {
        if (pipeline.database === name) pipelines = pipelines.delete(`${name}\0${pipeline.name}`);
      }
      for (const table of tables.values())
        if (table.database === name) tables = tables.delete(`${name}\0${table.name}`);
      for (const { database, name: of } of functions.values())
        if (database === name) functions = functions.delete(`${name}\0${of}`);
      return [{ ...cluster, links, pipelines, tables, functions, databases: cluster.databases.delete(name) }, ok];
    }
    case 'create-user': {
      const { user: name, password, requireTls } = statement;
      if (cluster.users.has(name)) {
        return [cluster, errorReply(1396, 'HY000', `Operation CREATE USER failed for '${name}'@'%'`)];
      }
      return [withUser(cluster, { name, password, requireTls, grants: [] }), ok];
    }
    case 'drop-user': {
      const { user: name } = statement;
      if (cluster.users.has(name)) return [{ ...cluster, users: cluster.users.delete(name) }, ok];
      return [
        cluster,
        statement.ifExists ? ok : errorReply(1396, 'HY000', `Operation DROP USER failed for '${name}'@'%'`),
      ];
    }
    case 'grant': {
      const { user: name, revoke, privileges, database } = statement;
      const user = cluster.users.get(name) ?? { name, password: '', requireTls: false, grants: [] };
      const { password = user.password } = statement;
      const grants = revoke ? without(user.grants, privileges, database) : [...user.grants, { privileges, database }];
      return [
        withUser(cluster, { ...user, password, grants, requireTls: statement.requireTls || user.requireTls }),
        ok,
      ];
    }
  }
}

function without(grants: readonly Grant[], privileges: readonly string[], database: string): Grant[] {
  return grants.flatMap((grant) => {
    if (grant.database !== database) return [grant];
    const left = privileges.includes('ALL') ? [] : grant.privileges.filter((name) => !privileges.includes(name));
    return left.length > 0 ? [{ ...grant, privileges: left }] : [];
  });
}

function withUser(cluster: Cluster, user: User): Cluster {
  return { ...cluster, users: cluster.users.set(user.name, user) };
}

/** KILL CONNECTION takes the session out of the process list; whoever serves it sees that and hangs up. */
function kill({ id, queryOnly }: Of<'kill'>, { cluster, user }: Execution): [Cluster, Reply] {
  const target = cluster.sessions.get(String(id));
  if (target === undefined) return [cluster, errorReply(1094, 'HY000', `Unknown thread id: ${id}`)];
  if (target.user !== user.name && !may(user, 'SUPER', '*')) {
    return [cluster, errorReply(1095, 'HY000', `You are not owner of thread ${id}`)];
  }
  if (!queryOnly) return [withoutSession(cluster, id), ok];
  return [{ ...cluster, sessions: cluster.sessions.set(String(id), { ...target, running: undefined }) }, ok];
}
