import { tokens } from './sql';

/**
 * Whether a row of SHOW GRANTS gives a privilege in a database: `` GRANT SELECT, START PIPELINE ON `db`.* TO … `` or
 * `GRANT ALL PRIVILEGES ON *.* TO …`. `false` does not mean that the user lacks it: rows say nothing of roles, and a database may be
 * named by a pattern.
 *
 * @see https://docs.singlestore.com/db/v9.1/reference/sql-reference/security-management-commands/show-grants.md
 */
export function grantsPrivilege(row: string, privilege: string, database: string): boolean {
  const { given, scope } = read(row);
  return (given.includes(privilege) || given.includes('ALL PRIVILEGES')) && (scope === all || scope === database);
}

/** Whether a row of SHOW GRANTS is about this database alone. */
export const grantsNaming = (row: string, database: string): boolean => read(row).scope === database;

/** The scope `*.*`; not the text `*`, which a database may be called. */
const all = Symbol('*.*');

function read(row: string): { readonly given: readonly string[]; readonly scope: string | typeof all | null } {
  const words = [...tokens(row)];
  const on = words.findIndex(({ kind, text }) => kind === 'word' && text.toUpperCase() === 'ON');
  const [verb, ...privileges] = words.slice(0, Math.max(0, on)).map(({ text }) => text.toUpperCase());
  const given = privileges.join(' ').split(' , ');
  const [scope, dot, whole] = words.slice(on + 1);
  if (verb !== 'GRANT' || scope === undefined || dot?.text !== '.' || whole?.text !== '*')
    return { given, scope: null };
  return { given, scope: scope.kind !== 'symbol' ? scope.text : scope.text === '*' ? all : null };
}
