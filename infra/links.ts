/** One link, or all links of a database. Names without their quotes. */
export interface Link {
  readonly database: string;
  /** `null`: all. */
  readonly link: string | null;
  /** As it was given. */
  readonly text: string;
}

const quoted = '`(?:[^`]|``)+`';
const name = `(?:${quoted}|[^\`.*\\s]+)`;
const pattern = new RegExp(`^(${name})\\.(${name}|\\*)$`);

/** Reads `database.link` or `database.*` as the function does, quoted as in SQL. @throws quoting what is neither */
export function readLink(text: string): Link {
  const [, database, link] = pattern.exec(text) ?? [];
  if (database === undefined || link === undefined)
    throw new Error(`'links' must be database.link or database.*, quoted as in SQL, got '${text}'`);
  return { database: unquote(database), link: link === '*' ? null : unquote(link), text };
}

const unquote = (part: string): string => (part.startsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part);

/** Several, with commas between them. A comma inside backquotes, so with an odd number of them behind it, is part of a name. */
export function splitLinks(text: string): readonly string[] {
  return text.split(/,(?=(?:[^`]*`[^`]*`)*[^`]*$)/).map((link) => link.trim());
}
