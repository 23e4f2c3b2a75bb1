import { defect } from './errors';

/**
 * A database object by its qualified SQL name, `` `database`.`name` ``, always quoted: fit for a statement, a message
 * and a map key alike. Names are compared exactly: SingleStore's database and table names are case-sensitive, and for
 * links and pipelines nobody says otherwise (facts: singlestore, section 7).
 */
export type QualifiedName = string & { readonly __brand: 'QualifiedName' };

/** Quotes one identifier: backticks, with a backtick inside doubled. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function qualified(database: string, name: string): QualifiedName {
  return `${quoteIdentifier(database)}.${quoteIdentifier(name)}` as QualifiedName;
}

/** The two parts of a qualified name, unquoted. */
export function partsOf(name: QualifiedName): { readonly database: string; readonly name: string } {
  const match = /^`((?:[^`]|``)*)`\.`((?:[^`]|``)*)`$/.exec(name);
  if (match === null) throw defect(`${JSON.stringify(name)} is not a qualified name`);
  const unquote = (quoted: string | undefined): string => (quoted ?? '').replaceAll('``', '`');
  return { database: unquote(match[1]), name: unquote(match[2]) };
}

/** One link of a target, or all links of a database. */
export type LinkPattern =
  { readonly database: string; readonly link: string } | { readonly database: string; readonly all: true };

const part = '(?:`(?:[^`]|``)+`|[^.`*\\s]+)';
const pattern = new RegExp(`^(${part})\\.(${part}|\\*)$`);

/**
 * Reads `database.link` with SQL identifier quoting: `` analytics.lake ``, `` `a.b`.`c` ``, `sales.*` (a link that is
 * really named `*` is quoted).
 *
 * @returns `null` when the text is not of that form.
 */
export function parseLinkPattern(text: string): LinkPattern | null {
  const match = pattern.exec(text.trim());
  if (match === null) return null;
  const unquote = (id: string): string => (id.startsWith('`') ? id.slice(1, -1).replaceAll('``', '`') : id);
  const [, database = '', link = ''] = match;
  return link === '*'
    ? { database: unquote(database), all: true }
    : { database: unquote(database), link: unquote(link) };
}
