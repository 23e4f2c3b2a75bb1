import { Credentials } from '../core/credentials';
import { RotationError } from '../core/errors';
import { partsOf, qualified, quoteIdentifier, type QualifiedName } from '../core/names';
import { literal } from '../core/sql';
import type { LinkChange, LinkRow, Privilege } from '../ports';

/** Statements that ask for the same, the best first; every server knows the last. */
export type Forms = readonly [Statement, ...Statement[]];

/** One statement, ready to be sent. All SQL of this program is made in this file. */
export interface Statement {
  /** What it does and to what: safe to print. */
  readonly name: string;
  readonly text: Credentials;
  /** Must be the current database when the statement runs. */
  readonly database?: string;
  /** What it takes: privileges, as GRANT wants them, in a database that is there. */
  readonly needs?: { readonly privileges: string; readonly database: string };
}

/** Half a surrogate pair would reach the server as U+FFFD, and a NUL may end the text for it: another object's name, another secret. */
function statement(name: string, text: string, more: Pick<Statement, 'database' | 'needs'> = {}): Statement {
  if (/[\0\p{Cs}]/u.test(text))
    throw new RotationError(
      'STATEMENT_REFUSED',
      `${name} was not sent: it holds a NUL or half a surrogate pair. Correct the name or the value that has it.`,
    );
  return { name, text: new Credentials(text), ...more };
}

const plain = (text: string): Statement => statement(text, text);

const on = (database: string, privileges: string): Pick<Statement, 'needs'> => ({ needs: { privileges, database } });

/** There is no PAUSE, and no STOP PIPELINE privilege (facts: singlestore, sections 4.3 and 1.6). */
const ofPipeline = (pipeline: QualifiedName): Pick<Statement, 'needs'> =>
  on(partsOf(pipeline).database, 'START PIPELINE');

export const stopPipeline = (pipeline: QualifiedName): Statement =>
  statement(`STOP PIPELINE ${pipeline}`, `STOP PIPELINE IF RUNNING ${pipeline}`, ofPipeline(pipeline));

export const startPipeline = (pipeline: QualifiedName): Statement =>
  statement(`START PIPELINE ${pipeline}`, `START PIPELINE IF NOT RUNNING ${pipeline}`, ofPipeline(pipeline));

/** The grammar of SHOW CREATE has a bare name only, for pipelines and links alike (facts: singlestore, sections 1.5 and 4.6). */
function showCreate(kind: 'PIPELINE' | 'LINK', object: QualifiedName): Statement {
  const { database, name } = partsOf(object);
  return statement(`SHOW CREATE ${kind} ${object}`, `SHOW CREATE ${kind} ${quoteIdentifier(name)}`, {
    database,
    ...on(database, `SHOW ${kind}`),
  });
}
export const showCreatePipeline = (pipeline: QualifiedName): Statement => showCreate('PIPELINE', pipeline);
/** Not for HTTP links: the server refuses it (facts: singlestore, section 1.5). */
export const showCreateLink = (link: QualifiedName): Statement => showCreate('LINK', link);

export const useDatabase = (database: string): Statement => plain(`USE ${quoteIdentifier(database)}`);

/** There is no ALTER LINK privilege; which one the server wants is not published (facts: singlestore, section 1.6). */
const ofLink = (link: QualifiedName): Pick<Statement, 'needs'> => on(partsOf(link).database, 'SHOW LINK, CREATE LINK');

/** One SET clause: the whole JSON object, or one of its top-level keys, which is added or updated. */
export type SetClause<Text> =
  | { readonly whole: Text; readonly key?: never }
  | { readonly key: string; readonly value: Text; readonly whole?: never };

/** At least one clause, and at most one of each kind: more than that the server refuses (facts: singlestore, section 1.2). */
export type SetClauses =
  | { readonly config: SetClause<string>; readonly credentials?: SetClause<Credentials> }
  | { readonly config?: SetClause<string>; readonly credentials: SetClause<Credentials> };

/** @throws STATEMENT_REFUSED for a key that is no plain word: how the server reads others after `::` is not published. */
export function alterLink(link: QualifiedName, { config, credentials }: SetClauses): Statement {
  const name = `ALTER LINK ${link}`;
  const set = <Text>(what: string, clause: SetClause<Text>, reveal: (text: Text) => string): string => {
    if (clause.key === undefined) return ` SET ${what} ${literal(reveal(clause.whole))}`;
    if (!/^[A-Za-z_]\w*$/.test(clause.key))
      throw new RotationError(
        'STATEMENT_REFUSED',
        `${name} was not sent: the key ${JSON.stringify(clause.key)} of ${what} is no plain word. Set the whole object.`,
      );
    return ` SET ${what} ::${clause.key} = ${literal(reveal(clause.value))}`;
  };
  const settings = config === undefined ? '' : set('CONFIG', config, (text) => text);
  const secret = credentials === undefined ? '' : set('CREDENTIALS', credentials, (text) => text.reveal());
  return statement(name, `${name}${settings}${secret}`, ofLink(link));
}

/** What CREATE LINK says of a link. Optional clauses are left out where they are empty. */
export interface LinkDefinition {
  readonly type: string;
  readonly credentials: Credentials;
  readonly config: string;
  readonly description: string;
}

/** @throws STATEMENT_REFUSED for a type that is not one word. */
function createLink(command: string, link: QualifiedName, definition: LinkDefinition): Statement {
  const name = `${command} ${link}`;
  const { type, credentials, config, description } = definition;
  if (!/^\w+$/.test(type))
    throw new RotationError(
      'STATEMENT_REFUSED',
      `${name} was not sent: the catalogue gives no type for this link. Look at TYPE in information_schema.LINKS; a server with ALTER LINK needs none.`,
    );
  const settings = config === '' ? '' : ` CONFIG ${literal(config)}`;
  const about = description === '' ? '' : ` DESCRIPTION ${literal(description)}`;
  const text = `${name} AS ${type} CREDENTIALS ${literal(credentials.reveal())}${settings}${about}`;
  return statement(name, text, ofLink(link));
}

/** Makes or replaces a link: pipelines keep their state and their place, and what is not repeated is lost (facts: singlestore, section 1.1). */
export const createOrReplaceLink = (link: QualifiedName, definition: LinkDefinition): Statement =>
  createLink('CREATE OR REPLACE LINK', link, definition);

/** CREDENTIALS as one whole object: a key pair cannot change atomically key by key. */
export function changeLink({ link, credentials, config, grammar, existing }: LinkChange): Statement {
  if (grammar === 'replace')
    return createOrReplaceLink(link, { ...existing, credentials, config: config ?? existing.config });
  const secret = { credentials: { whole: credentials } };
  return alterLink(link, config === undefined ? secret : { ...secret, config: { whole: config } });
}

/** Does the parser know ALTER LINK? Asked about a link that nobody has. */
export const probeAlter = (database: string, random: string): Statement =>
  alterLink(qualified(database, `probe_${random}`), { config: { whole: '{}' } });

const empty = new Credentials('{}');

/** Does the parser know OR REPLACE? Asked in a database that nobody has: elsewhere it would make a link. */
export function probeReplace(random: string): Statement {
  const link = qualified(`probe_db_${random}`, `probe_${random}`);
  const { name, text } = createOrReplaceLink(link, { type: 'S3', credentials: empty, config: '{}', description: '' });
  return { name, text };
}

/** May this user replace a link? Asked by making one that is there already, with a CONFIG that no server takes: refused, also when somebody drops it just then. */
export const probeCreate = ({ link, type }: LinkRow): Statement =>
  createLink('CREATE LINK', link, { type, credentials: empty, config: '{', description: '' });

/** Has this user the privilege? Asked with what only shows, or of a pipeline that nobody has. */
export function probePrivilege(privilege: Privilege, database: string, random: string): Statement {
  const needs = on(database, privilege);
  switch (privilege) {
    case 'SHOW LINK':
      return statement(
        `SHOW LINKS ON ${quoteIdentifier(database)}`,
        `SHOW LINKS ON ${quoteIdentifier(database)}`,
        needs,
      );
    case 'SHOW PIPELINE':
      return statement(`SHOW PIPELINES in ${quoteIdentifier(database)}`, 'SHOW PIPELINES', { database, ...needs });
    case 'START PIPELINE':
      return startPipeline(qualified(database, `probe_${random}`));
  }
}

/** Of the user who asks. */
export const showGrants = plain('SHOW GRANTS');
export const showDatabases = plain('SHOW DATABASES');
/** Ends with a column for the link of an external function (facts: singlestore, section 4.6). */
export const showFunctions = (database: string): Statement => plain(`SHOW FUNCTIONS IN ${quoteIdentifier(database)}`);

const pipelinesWith = (columns: string): Statement =>
  plain(`SELECT DATABASE_NAME, PIPELINE_NAME, STATE${columns} FROM information_schema.PIPELINES`);
/** With what tells pipelines of one name apart, and without, for servers that lack a column. Never CONFIG_JSON: it may hold credentials (facts: singlestore, sections 4.5 and 4.6). */
export const listPipelines: Forms = [
  pipelinesWith(', PIPELINE_ID, CREATE_TIME'),
  pipelinesWith(', PIPELINE_ID'),
  pipelinesWith(''),
];

export const listLinks = (database: string): Statement =>
  statement(
    `the list of links in ${quoteIdentifier(database)}`,
    `SELECT DATABASE_NAME, LINK, TYPE, DESCRIPTION, CONFIG FROM information_schema.LINKS WHERE DATABASE_NAME = ${literal(database)}`,
  );

const batchesOf = 'FROM information_schema.PIPELINES_BATCHES_SUMMARY';
/** The same columns twice: newest batch of each state, and every batch, for servers that refuse to aggregate this view. */
export const newestBatches: Forms = [
  plain(
    `SELECT DATABASE_NAME, PIPELINE_NAME, BATCH_STATE, MAX(BATCH_ID) AS BATCH_ID ${batchesOf} GROUP BY DATABASE_NAME, PIPELINE_NAME, BATCH_STATE`,
  ),
  plain(`SELECT DATABASE_NAME, PIPELINE_NAME, BATCH_STATE, BATCH_ID ${batchesOf}`),
];

const batchTimesWith = (more: string): Statement =>
  plain(
    `SELECT DATABASE_NAME, PIPELINE_NAME, BATCH_STATE, COUNT(BATCH_TIME) AS BATCHES, MAX(BATCH_TIME) AS SLOWEST${more} ${batchesOf} GROUP BY DATABASE_NAME, PIPELINE_NAME, BATCH_STATE`,
  );
/**
 * For one look outside of any pause; BATCH_TIME is in seconds. A batch that has not ended has none yet (facts: singlestore, section 4.5).
 * MEDIAN is an aggregate since 7.6 (https://docs.singlestore.com/db/v8.9/reference/sql-reference/window-functions/percentile-cont-and-median);
 * that every server takes it over this view is said nowhere, so the second form does without.
 */
export const batchTimes: Forms = [batchTimesWith(', MEDIAN(BATCH_TIME) AS MIDDLE'), batchTimesWith('')];
/** What holds for pipelines that say nothing of STOP_ON_ERROR (facts: singlestore, section 5). */
export const stopOnError = plain('SELECT @@pipelines_stop_on_error AS stops');

const errorsOf = 'FROM information_schema.PIPELINES_ERRORS';
/** As {@link newestBatches}. */
export const newestErrors: Forms = [
  plain(`SELECT MAX(ERROR_UNIX_TIMESTAMP) AS ERROR_UNIX_TIMESTAMP ${errorsOf}`),
  plain(`SELECT ERROR_UNIX_TIMESTAMP ${errorsOf}`),
];

/** @param mark seconds by the server's clock. */
export const errorsAfter = (mark: number): Statement =>
  plain(
    `SELECT DATABASE_NAME, PIPELINE_NAME, ERROR_UNIX_TIMESTAMP, ERROR_CODE, ERROR_MESSAGE, ERROR_TYPE, BATCH_ID ${errorsOf} WHERE ERROR_UNIX_TIMESTAMP > ${mark}`,
  );

export const readMode = plain('SELECT @@sql_mode AS mode');

/** What {@link probeEscapes} must answer when backslashes escape. */
export const escaped = '\\\'"';
export const probeEscapes = plain(`SELECT ${literal(escaped)} AS v`);

export const showProcesses = plain('SHOW PROCESSLIST');
export const killConnection = (id: number): Statement => plain(`KILL CONNECTION ${id}`);

/** The statement a person runs to give what is missing. */
export const grantOf = ({ privileges, database }: NonNullable<Statement['needs']>, user: string): string =>
  `GRANT ${privileges} ON ${quoteIdentifier(database)}.* TO ${literal(user)}@'%'`;
