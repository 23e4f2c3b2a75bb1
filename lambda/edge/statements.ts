import { Credentials } from '../core/credentials';
import { RotationError } from '../core/errors';
import { partsOf, qualified, quoteIdentifier, type QualifiedName } from '../core/names';
import type { LinkChange } from '../ports';

/** One statement, ready to be sent. All SQL of this program is made in this file. */
export interface Statement {
  /** What it does and to what: safe to print. */
  readonly name: string;
  readonly text: Credentials;
  /** Must be the current database when the statement runs. */
  readonly database?: string;
  /** The privileges it needs, as GRANT wants them: `START PIPELINE ON db.*`. */
  readonly privilege?: string;
}

/**
 * A string literal for the default SQL mode: backslash escapes. A backslash, a quote and a NUL are all that could end
 * or change a literal; everything else stands for itself.
 */
export function literal(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
}

/** Half a surrogate pair would reach the server as U+FFFD, and a NUL may end the text for it: another object's name. */
function statement(name: string, text: string, more: Pick<Statement, 'database' | 'privilege'> = {}): Statement {
  if (/[\0\p{Cs}]/u.test(text))
    throw new RotationError('STATEMENT_REFUSED', `${name} was not sent: it holds a NUL or half a surrogate pair`);
  return { name, text: new Credentials(text), ...more };
}

const plain = (text: string): Statement => statement(text, text);

const inDatabaseOf = (privilege: string, name: QualifiedName): string =>
  `${privilege} ON ${quoteIdentifier(partsOf(name).database)}.*`;

/** There is no PAUSE, and no STOP PIPELINE privilege (facts: singlestore, sections 4.3 and 1.6). */
export function stopPipeline(pipeline: QualifiedName): Statement {
  const privilege = inDatabaseOf('START PIPELINE', pipeline);
  return statement(`STOP PIPELINE ${pipeline}`, `STOP PIPELINE IF RUNNING ${pipeline}`, { privilege });
}

export function startPipeline(pipeline: QualifiedName): Statement {
  const privilege = inDatabaseOf('START PIPELINE', pipeline);
  return statement(`START PIPELINE ${pipeline}`, `START PIPELINE IF NOT RUNNING ${pipeline}`, { privilege });
}

/** The grammar of SHOW has a bare name only. */
export function showCreatePipeline(pipeline: QualifiedName): Statement {
  const { database, name } = partsOf(pipeline);
  return statement(`SHOW CREATE PIPELINE ${pipeline}`, `SHOW CREATE PIPELINE ${quoteIdentifier(name)}`, {
    database,
    privilege: inDatabaseOf('SHOW PIPELINE', pipeline),
  });
}

export const useDatabase = (database: string): Statement => plain(`USE ${quoteIdentifier(database)}`);

/** There is no ALTER LINK privilege; which one the server wants is not published (facts: singlestore, section 1.6). */
const linkPrivilege = (link: QualifiedName): string => inDatabaseOf('SHOW LINK, CREATE LINK', link);

/** CREDENTIALS as one whole object: a key pair cannot change atomically key by key. */
export function changeLink({ link, credentials, config, grammar, existing }: LinkChange): Statement {
  const privilege = linkPrivilege(link);
  const secret = `CREDENTIALS ${literal(credentials.reveal())}`;
  if (grammar === 'alter') {
    const settings = config === undefined ? '' : ` SET CONFIG ${literal(config)}`;
    return statement(`ALTER LINK ${link}`, `ALTER LINK ${link}${settings} SET ${secret}`, { privilege });
  }
  const name = `CREATE OR REPLACE LINK ${link}`;
  if (!/^\w+$/.test(existing.type))
    throw new RotationError('STATEMENT_REFUSED', `${name} was not sent: the catalogue gives no type for this link`);
  const settings = ` CONFIG ${literal(config ?? existing.config)}`;
  const description = existing.description === '' ? '' : ` DESCRIPTION ${literal(existing.description)}`;
  return statement(name, `${name} AS ${existing.type} ${secret}${settings}${description}`, { privilege });
}

/** Does the parser know ALTER LINK? Asked about a link that nobody has. */
export function probeAlter(database: string, random: string): Statement {
  const link = qualified(database, `probe_${random}`);
  return statement(`ALTER LINK ${link}`, `ALTER LINK ${link} SET CONFIG '{}'`, { privilege: linkPrivilege(link) });
}

/** Does the parser know OR REPLACE? Asked in a database that nobody has: elsewhere it would make a link. */
export function probeReplace(random: string): Statement {
  const link = qualified(`probe_db_${random}`, `probe_${random}`);
  return plain(`CREATE OR REPLACE LINK ${link} AS S3 CREDENTIALS '{}' CONFIG '{}'`);
}

/** Never CONFIG_JSON: it may hold credentials (facts: singlestore, section 4.6). */
export const listPipelines = plain('SELECT DATABASE_NAME, PIPELINE_NAME, STATE FROM information_schema.PIPELINES');

export const listLinks = (database: string): Statement =>
  statement(
    `the list of links in ${quoteIdentifier(database)}`,
    `SELECT DATABASE_NAME, LINK, TYPE, DESCRIPTION, CONFIG FROM information_schema.LINKS WHERE DATABASE_NAME = ${literal(database)}`,
  );

const batchesOf = 'FROM information_schema.PIPELINES_BATCHES_SUMMARY';
/** The same columns twice: newest batch of each state, and every batch, for servers that refuse to aggregate this view. */
export const newestBatches = [
  plain(
    `SELECT DATABASE_NAME, PIPELINE_NAME, BATCH_STATE, MAX(BATCH_ID) AS BATCH_ID ${batchesOf} GROUP BY DATABASE_NAME, PIPELINE_NAME, BATCH_STATE`,
  ),
  plain(`SELECT DATABASE_NAME, PIPELINE_NAME, BATCH_STATE, BATCH_ID ${batchesOf}`),
] as const;

const errorsOf = 'FROM information_schema.PIPELINES_ERRORS';
/** As {@link newestBatches}. */
export const newestErrors = [
  plain(`SELECT MAX(ERROR_UNIX_TIMESTAMP) AS ERROR_UNIX_TIMESTAMP ${errorsOf}`),
  plain(`SELECT ERROR_UNIX_TIMESTAMP ${errorsOf}`),
] as const;

/** @param mark seconds by the server's clock. */
export const errorsAfter = (mark: number): Statement =>
  plain(
    `SELECT DATABASE_NAME, PIPELINE_NAME, ERROR_UNIX_TIMESTAMP, ERROR_CODE, ERROR_MESSAGE, ERROR_TYPE ${errorsOf} WHERE ERROR_UNIX_TIMESTAMP > ${mark}`,
  );

export const readMode = plain('SELECT @@sql_mode AS mode');

/** What {@link probeEscapes} must answer when backslashes escape. */
export const escaped = '\\\'"';
export const probeEscapes = plain(`SELECT ${literal(escaped)} AS v`);

export const showProcesses = plain('SHOW PROCESSLIST');
export const killConnection = (id: number): Statement => plain(`KILL CONNECTION ${id}`);

/** The statement a person runs to give what is missing. */
export const grantOf = (privilege: string, user: string): string => `GRANT ${privilege} TO ${literal(user)}@'%'`;
