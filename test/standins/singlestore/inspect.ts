import { may } from './cluster';
import type { Execution, Of } from './execution';
import { isError, resolve } from './execution';
import { likePattern } from './expression';
import { processColumns, sessionsFor } from './processes';
import { errorReply } from './reply';
import type { Reply } from './reply';
import { counters, variables } from './variables';
import { listedDatabases } from './views';

type Inspection = Of<
  | 'show-databases'
  | 'show-tables'
  | 'show-status'
  | 'show-variables'
  | 'show-processlist'
  | 'show-grants'
  | 'show-warnings'
>;

/** What MySQL's clients ask of any server. */
export function inspect(statement: Inspection, execution: Execution): Reply {
  const { cluster, user, now } = execution;
  switch (statement.kind) {
    case 'show-warnings':
      return table(['Level', 'Code', 'Message'], []);
    case 'show-databases': {
      const names = [...listedDatabases(cluster).map(({ name }) => name), 'information_schema'];
      return list('Database', names);
    }
    case 'show-tables': {
      const name = resolve({ database: statement.database, name: '*' }, execution);
      if (isError(name)) return name;
      const tables = [...cluster.tables.values()].filter(({ database }) => database === name.database);
      return list(`Tables_in_${name.database}`, tables.map((each) => each.name).filter(matches(statement.like)));
    }
    case 'show-status':
    case 'show-variables': {
      const all = Object.entries(statement.kind === 'show-status' ? counters(cluster) : variables(cluster));
      const like = matches(statement.like);
      const rows = all.filter(([name]) => like(name)).map(([name, value]) => [name, String(value)]);
      return table(['Variable_name', 'Value'], rows);
    }
    case 'show-processlist': {
      const columns = Object.entries(processColumns());
      const rows = [...sessionsFor(cluster, user, now)].map((row) => columns.map(([, [, of]]) => of(row)));
      const titles = ['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info'];
      return { type: 'rows', rows, columns: titles.map((name, i) => ({ name, type: columns[i]![1][0] })) };
    }
    case 'show-grants':
      return showGrants(statement.user ?? user.name, execution);
  }
}

function matches(like = '%'): (name: string) => boolean {
  const pattern = likePattern(like);
  return (name) => pattern.test(name);
}

function list(title: string, names: readonly string[]): Reply {
  return table(
    [title],
    [...names].sort().map((name) => [name]),
  );
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
  return table([`Grants for ${name}@%`], lines);
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): Reply {
  return { type: 'rows', rows, columns: columns.map((name) => ({ name, type: 'text' })) };
}
