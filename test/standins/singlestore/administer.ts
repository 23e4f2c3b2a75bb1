import { may, withoutSession } from './cluster';
import type { Cluster, Grant, User } from './cluster';
import type { Execution, Of } from './execution';
import { isError, resolve } from './execution';
import { denied, errorReply, ok, unknownDatabase } from './reply';
import type { Reply } from './reply';
import { likePattern } from './expression';
import { processColumns, sessionsFor } from './views';
import { variables } from './variables';

type Administration = Of<
  | 'create-database'
  | 'drop-database'
  | 'create-user'
  | 'drop-user'
  | 'grant'
  | 'show-grants'
  | 'use'
  | 'create-table'
  | 'kill'
  | 'show-processlist'
  | 'show-databases'
  | 'show-variables'
  | 'show-warnings'
  | 'no-effect'
>;

/** Databases, users, tables, sessions: what surrounds links and pipelines, no more of it than setting them up takes. */
export function administer(statement: Administration, execution: Execution): [Cluster, Reply] {
  const { cluster, session, user, now } = execution;
  switch (statement.kind) {
    case 'no-effect':
      return [cluster, ok];
    case 'show-warnings':
      return [cluster, textRows(['Level', 'Code', 'Message'], [])];
    case 'use': {
      const { database } = statement;
      const known = database.toLowerCase() === 'information_schema' || cluster.databases.get(database)?.attached;
      if (!known) return [cluster, unknownDatabase(database)];
      return [{ ...cluster, sessions: cluster.sessions.set(String(session.id), { ...session, database }) }, ok];
    }
    case 'show-databases': {
      const names = [...cluster.databases.values()].map(({ name }) => name);
      return [
        cluster,
        textRows(
          ['Database'],
          [...names, 'information_schema'].sort().map((name) => [name]),
        ),
      ];
    }
    case 'show-variables': {
      const like = likePattern(statement.like ?? '%');
      const matching = Object.entries(variables(cluster)).filter(([name]) => like.test(name));
      return [
        cluster,
        textRows(
          ['Variable_name', 'Value'],
          matching.map(([name, value]) => [name, String(value)]),
        ),
      ];
    }
    case 'show-processlist': {
      const columns = Object.entries(processColumns());
      const rows = [...sessionsFor(cluster, user, now)].map((row) => columns.map(([, [, of]]) => of(row)));
      const titles = ['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info'];
      return [cluster, { type: 'rows', rows, columns: titles.map((name, i) => ({ name, type: columns[i]![1][0] })) }];
    }
    case 'show-grants':
      return [cluster, showGrants(statement.user ?? user.name, execution)];
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
      if (!may(user, 'SUPER', '*')) {
        return [cluster, errorReply(1227, '42000', 'Access denied; you need the SUPER privilege for this operation')];
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
      let { links, pipelines, tables } = cluster;
      for (const link of links.values()) if (link.database === name) links = links.delete(`${name}\0${link.name}`);
      for (const pipeline of pipelines.values()) {
        if (pipeline.database === name) pipelines = pipelines.delete(`${name}\0${pipeline.name}`);
      }
      for (const table of tables.values())
        if (table.database === name) tables = tables.delete(`${name}\0${table.name}`);
      return [{ ...cluster, links, pipelines, tables, databases: cluster.databases.delete(name) }, ok];
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

function showGrants(name: string, { cluster, user }: Execution): Reply {
  const shown = cluster.users.get(name);
  if (shown === undefined || (name !== user.name && !may(user, 'SUPER', '*'))) {
    return errorReply(1141, '42000', `There is no such grant defined for user '${name}' on host '%'`);
  }
  const lines = shown.grants.map(({ privileges, database }) => {
    const on = database === '*' ? '*.*' : `\`${database.replaceAll('`', '``')}\`.*`;
    const list = privileges.map((privilege) => (privilege === 'ALL' ? 'ALL PRIVILEGES' : privilege)).join(', ');
    return [`GRANT ${list} ON ${on} TO '${name}'@'%'${shown.requireTls ? ' REQUIRE SSL' : ''}`];
  });
  return textRows([`Grants for ${name}@%`], lines);
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

function textRows(columns: readonly string[], rows: readonly (readonly string[])[]): Reply {
  return { type: 'rows', rows, columns: columns.map((name) => ({ name, type: 'text' })) };
}
