import { tokens } from './sql';

/**
 * Whether a row of SHOW GRANTS gives a privilege in a database: `` GRANT SELECT, START PIPELINE ON `db`.* TO … `` or
 * `GRANT ALL PRIVILEGES ON *.* TO …`. `false` does not mean that the user lacks it: rows say nothing of roles, and a database may be
 * named by a pattern.
 *
 * @see https://docs.singlestore.com/db/v9.1/reference/sql-reference/security-management-commands/show-grants.md
 */
export function grantsPrivilege(row: string, privilege: string, database: string): boolean {
  const all = [...tokens(row)];
  const on = all.findIndex(({ kind, text }) => kind === 'word' && text.toUpperCase() === 'ON');
  if (on < 0) return false;
  const given = all
    .slice(0, on)
    .map(({ text }) => text.toUpperCase())
    .join(' ')
    .replace(/^GRANT /, '')
    .split(' , ');
  const [scope, dot, whole] = all.slice(on + 1);
  return (
    (given.includes(privilege) || given.includes('ALL PRIVILEGES')) &&
    dot?.text === '.' &&
    whole?.text === '*' &&
    (scope?.kind === 'symbol' ? scope.text === '*' : scope?.text === database)
  );
}
