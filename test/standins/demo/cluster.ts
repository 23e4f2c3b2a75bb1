import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { OnStatement, StatementRecord, Transition } from '../singlestore';
import { seeHelp } from './options';
import { connectionTo, openSingleStore, quote, sqlOf, statesOf, type Name, type Site, type Sql } from './site';

/** A SingleStore for the demonstration. */
export interface Cluster {
  /** What it is, for people. */
  readonly title: string;
  /** The value of its connection secret. */
  readonly connection: object;
  readonly password: string;
  readonly sql: Sql;
  /** For CONFIG of the link, where the cluster does not know by itself that S3 is a stand-in. */
  readonly linkConfig: object;
  /** The two databases of the demonstration. */
  readonly databases: readonly [string, string];
  /** Every change of a pipeline's state so far. */
  readonly transitions: readonly Transition[];
  /** Every statement of the function so far; undefined where they cannot be seen. */
  readonly statements: readonly StatementRecord[] | undefined;
  /** The access key id that a link holds; undefined where nobody can look into it. */
  keyIn(link: Name): string | undefined;
  /** To be called when the site stands: transitions count from here. */
  watch(site: Site): Promise<void>;
  stop(): Promise<void>;
}

export async function openEmbedded(s3Endpoint: string, onStatement: OnStatement): Promise<Cluster> {
  const password = `demo password ${randomBytes(12).toString('base64')}`;
  const server = await openSingleStore(s3Endpoint, password, { onStatement });
  const from = { transition: 0 };
  return {
    title: `stand-in for SingleStore 9.1, TLS, 127.0.0.1:${server.port}`,
    connection: connectionTo(server, password),
    password,
    sql: sqlOf(server),
    linkConfig: {},
    databases: ['analytics', 'sales'],
    get transitions() {
      return server.transitions.slice(from.transition);
    },
    statements: server.statements,
    keyIn({ database, name }) {
      const held = server.link(database, name)?.credentials['aws_access_key_id'];
      return typeof held === 'string' ? held : undefined;
    },
    watch: () => {
      from.transition = server.transitions.length;
      return Promise.resolve();
    },
    stop: () => server.stop(),
  };
}

/** A cluster that is there already. Its states are read again and again, as fast as it answers. */
export async function openOutside(url: URL, s3Endpoint: string): Promise<Cluster> {
  const host = decodeURIComponent(url.hostname.replace(/^\[|\]$/g, ''));
  const port = Number(url.port === '' ? 3306 : url.port);
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const tls = url.searchParams.get('tls') !== 'off';
  const file = url.searchParams.get('ca');
  const ca = file === null ? {} : { ca: await named('cannot read the file of ?ca=', () => readFileSync(file, 'utf8')) };
  const open = () =>
    createConnection({
      host,
      port,
      user: username,
      password,
      ...(tls ? { ssl: { verifyIdentity: true, ...ca } } : {}),
    });
  const [connection, poller] = await named(`cannot log in at ${host}:${port}`, async () => [
    await open(),
    await open(),
  ]);
  const sqlOver = (over: typeof connection): Sql => {
    let last: Promise<unknown> = Promise.resolve();
    return (statement, database) => {
      // one at a time: USE holds for the connection, not for the statement behind it
      const turn = last.then(async () => {
        if (database !== undefined) await over.query(`USE ${quote(database)}`);
        const [rows] = await over.query<RowDataPacket[]>(statement);
        return Array.isArray(rows) ? rows : [];
      });
      last = turn.catch(() => undefined);
      return turn;
    };
  };
  const suffix = randomBytes(4).toString('hex');
  const transitions: Transition[] = [];
  const watching = { on: false, ended: Promise.resolve() };
  return {
    title: `SingleStore at ${host}:${port}${tls ? ', TLS' : ''}`,
    connection: { host, port, username, password, ...(tls ? ca : { tls: 'off' }) },
    password,
    sql: sqlOver(connection),
    linkConfig: { endpoint_url: s3Endpoint },
    databases: [`singlestore_link_rotation_${suffix}_a`, `singlestore_link_rotation_${suffix}_b`],
    transitions,
    statements: undefined,
    keyIn: () => undefined,
    async watch(site) {
      let last = await statesOf(sqlOver(poller), site);
      watching.on = true;
      watching.ended = (async () => {
        while (watching.on) {
          const states = await statesOf(sqlOver(poller), site);
          const at = Date.now();
          for (const { database, name } of site.pipelines) {
            const [from, to] = [last, states].map(
              (all) => all.get(`${database}.${name}`) as Transition['to'] | undefined,
            );
            if (from !== undefined && to !== undefined && from !== to)
              transitions.push({ at, database, pipeline: name, from, to });
          }
          last = states;
          await delay(2);
        }
      })();
    },
    async stop() {
      watching.on = false;
      await watching.ended.catch(() => undefined);
      await Promise.all([connection.end(), poller.end()]);
    },
  };
}

/** Says what could not be done for --singlestore. */
async function named<R>(what: string, work: () => R | Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    const { message, code = '' } = error as NodeJS.ErrnoException; // where a name has two addresses, only a code
    throw new Error(`--singlestore: ${what}: ${message || code}\n${seeHelp}`, { cause: error });
  }
}
