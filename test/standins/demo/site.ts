import { setTimeout as delay } from 'node:timers/promises';
import { startSingleStore, type SingleStoreOptions, type SingleStoreStandIn } from '../singlestore';
import type { AccessKey } from '../aws/iam';
import type { Account } from './account';

export interface Name {
  readonly database: string;
  readonly name: string;
}

export interface PipelinePlan extends Name {
  readonly link: Name;
  readonly state: 'Running' | 'Stopped' | 'Error';
  /** Where its objects lie in the bucket, for paths that are hard to read. @default made of its name */
  readonly prefix?: string;
}

/** What stands on one cluster. */
export interface Site {
  readonly links: readonly Name[];
  readonly pipelines: readonly PipelinePlan[];
  readonly batchIntervalMs: number;
}

type Row = Readonly<Record<string, unknown>>;
/** Runs a statement, in a database where its grammar has no place for one. */
export type Sql = (statement: string, database?: string) => Promise<readonly Row[]>;

export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
export const qualified = ({ database, name }: Name): string => `${quote(database)}.${quote(name)}`;
export const shown = ({ database, name }: Name): string => `${database}.${name}`;
const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** Where a pipeline's objects lie in the bucket. */
export const prefixOf = ({ database, name, prefix }: Name & Pick<PipelinePlan, 'prefix'>): string =>
  prefix ?? `${`${database}/${name}`.replace(/[^\w/]/gu, (char) => char.codePointAt(0)?.toString(16) ?? '')}/`;

/** The link of the vendor's ALTER LINK page, with a real key in it. */
function createLink(link: Name, config: object, { accessKeyId, secretAccessKey }: AccessKey): string {
  const credentials = { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey };
  return `CREATE LINK ${qualified(link)} AS S3 CONFIG ${literal(JSON.stringify(config))} CREDENTIALS ${literal(JSON.stringify(credentials))}`;
}

/**
 * Creates databases, tables, links and pipelines, and starts those that are to run or to fail.
 *
 * @param config for the links, beside what the page's own has
 */
export async function buildSite(
  sql: Sql,
  site: Site,
  { bucket, key, unreadable }: Pick<Account, 'bucket' | 'key' | 'unreadable'>,
  config = {},
): Promise<void> {
  for (const database of databasesOf(site)) {
    await sql(`CREATE DATABASE ${quote(database)}`);
    await sql(`CREATE TABLE ${qualified({ database, name: 'events' })} (batch INT, line INT)`);
  }
  for (const link of site.links) await sql(createLink(link, { disable_gunzip: false, ...config }, key));
  for (const pipeline of site.pipelines) {
    const { database, name, state } = pipeline;
    if (state === 'Error') unreadable.add(prefixOf(pipeline));
    const retries = state === 'Error' ? ' MAX_RETRIES_PER_BATCH_PARTITION 0' : '';
    await sql(
      `CREATE PIPELINE ${quote(name)} AS LOAD DATA LINK ${qualified(pipeline.link)} ${literal(`${bucket}/${prefixOf(pipeline)}`)} ` +
        `BATCH_INTERVAL ${site.batchIntervalMs}${retries} INTO TABLE \`events\` FIELDS TERMINATED BY ','`,
      database,
    );
    if (state !== 'Stopped') await sql(`START PIPELINE ${quote(name)}`, database);
  }
  const until = Date.now() + 60_000;
  for (;;) {
    const states = await statesOf(sql, site);
    const waiting = site.pipelines.filter((pipeline) => states.get(shown(pipeline)) !== pipeline.state);
    if (waiting.length === 0) return;
    if (Date.now() > until)
      throw new Error(
        `after a minute: ${waiting.map((one) => `${shown(one)} is ${states.get(shown(one)) ?? 'not there'} instead of ${one.state}`).join(', ')}`,
      );
    await delay(10);
  }
}

/** Takes away what `buildSite` made, as far as it is there. */
export async function dropSite(sql: Sql, site: Site): Promise<void> {
  const ignore = (): undefined => undefined;
  for (const { database, name } of site.pipelines)
    await sql(`DROP PIPELINE IF EXISTS ${quote(name)}`, database).catch(ignore);
  for (const link of site.links) await sql(`DROP LINK ${qualified(link)}`).catch(ignore);
  for (const database of databasesOf(site)) await sql(`DROP DATABASE ${quote(database)}`).catch(ignore);
}

export const databasesOf = ({ links, pipelines }: Site): readonly string[] => [
  ...new Set([...links, ...pipelines].map(({ database }) => database)),
];

const within = (site: Site): string => `DATABASE_NAME IN (${databasesOf(site).map(literal).join(', ')})`;

/** STATE of each pipeline, by its shown name. */
export async function statesOf(sql: Sql, site: Site): Promise<ReadonlyMap<string, string>> {
  const rows = await sql(
    `SELECT DATABASE_NAME AS d, PIPELINE_NAME AS n, STATE AS s FROM information_schema.PIPELINES WHERE ${within(site)}`,
  );
  return new Map(rows.map(({ d, n, s }) => [`${String(d)}.${String(n)}`, String(s)]));
}

/** Rows that each pipeline has loaded, by its shown name. */
export async function rowsLoaded(sql: Sql, site: Site): Promise<ReadonlyMap<string, number>> {
  const rows = await sql(
    'SELECT DATABASE_NAME AS d, PIPELINE_NAME AS n, SUM(ROWS_STREAMED) AS r FROM information_schema.PIPELINES_BATCHES_SUMMARY ' +
      `WHERE ${within(site)} GROUP BY DATABASE_NAME, PIPELINE_NAME`,
  );
  return new Map(rows.map(({ d, n, r }) => [`${String(d)}.${String(n)}`, Number(r)]));
}

export async function showCreateLink(sql: Sql, link: Name): Promise<string> {
  const [row] = await sql(`SHOW CREATE LINK ${quote(link.name)}`, link.database);
  return String(row?.['Create Link']);
}

/** The stand-in's in-process client in the shape that set-up speaks. */
export const sqlOf =
  (server: SingleStoreStandIn): Sql =>
  async (statement, database) => {
    const reply = await server.execute(statement, database);
    if (reply.type !== 'rows') return [];
    const names = reply.columns.map(({ name }) => name);
    return reply.rows.map((row) => Object.fromEntries(row.map((value, at) => [names[at] ?? '', value])));
  };

/** What the function needs to log in to a stand-in: with its authority, so that TLS is verified. */
export const connectionTo = ({ host, port, ca }: SingleStoreStandIn, password: string): object => ({
  host,
  port,
  username: 'root',
  password,
  ...(ca === '' ? { tls: 'off' } : { ca }),
});

/** A SingleStore stand-in whose S3 links read from `s3Endpoint`. */
export const openSingleStore = (
  s3Endpoint: string,
  password: string,
  options: SingleStoreOptions = {},
): Promise<SingleStoreStandIn> =>
  startSingleStore({ s3Endpoint, users: [{ name: 'root', password }], retries: 1, ...options });
