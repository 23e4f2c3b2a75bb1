import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, quoteJson, quoteName, quoteText, type Row } from './client';
import type { Witness } from './witness';

/** Nothing listens there: a pipeline on it reads nothing, and with STOP_ON_ERROR OFF it never leaves Running. */
export const UNREACHABLE = { region: 'us-east-1', endpoint_url: 'http://127.0.0.1:9' };
/** Credentials of nobody. */
export const NOBODY = { aws_access_key_id: 'AKIANOBODY', aws_secret_access_key: 'of/nobody' };

const WAIT_MS = 90_000;
const POLL_MS = 20;

/**
 * Two databases and some users of our own on a cluster; `close` drops them, whatever has happened. Nothing else there is
 * read or changed.
 */
export class Bench {
  readonly #clients: Client[] = [];
  readonly #users: string[] = [];
  #names = 0;

  private constructor(
    readonly witness: Witness,
    readonly root: Client,
    /** The database that `root` has chosen. It holds a table `t`. */
    readonly database: string,
    /** A second one, empty. */
    readonly other: string,
  ) {}

  static async open(witness: Witness): Promise<Bench> {
    const run = `link_rotation_${randomBytes(6).toString('hex')}`;
    const root = await Client.open(witness.target).catch(async (error: unknown) => {
      await witness.close();
      throw error;
    });
    const bench = new Bench(witness, root, run, `${run}_other`);
    try {
      for (const database of [bench.database, bench.other]) await root.rows(`CREATE DATABASE ${quoteName(database)}`);
      await root.rows(`USE ${quoteName(run)}`);
      await root.rows('CREATE TABLE t (line TEXT)');
      return bench;
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  /** A name that is not yet taken. */
  name(kind: string): string {
    return `${kind}_${++this.#names}`;
  }

  /** Another connection of the same user, in our database. */
  connect(): Promise<Client> {
    return this.#connect(this.witness.target.user, this.witness.target.password);
  }

  /** A new user with these privileges on our database, and SELECT so that it may choose it; logged in. */
  async user(
    privileges: readonly string[],
    require = '',
  ): Promise<{ readonly client: Client; readonly name: string; readonly password: string }> {
    const name = `${this.database}_${this.name('user')}`;
    const password = `Aa1-${randomBytes(12).toString('hex')}`;
    const user = `${quoteText(name)}@'%'`;
    this.#users.push(user);
    await this.root.rows(`CREATE USER ${user} IDENTIFIED BY ${quoteText(password)}`);
    await this.root.rows(
      `GRANT ${['SELECT', ...privileges].join(', ')} ON ${quoteName(this.database)}.* TO ${user} ${require}`,
    );
    return { client: await this.#connect(name, password), name, password };
  }

  /** Creates an S3 link that leads nowhere. @returns its name */
  async link(config: object = UNREACHABLE, credentials: object = NOBODY): Promise<string> {
    const name = this.name('link');
    await this.root.rows(`CREATE LINK ${name} AS S3 CONFIG ${quoteJson(config)} CREDENTIALS ${quoteJson(credentials)}`);
    return name;
  }

  /** Creates a stopped pipeline on a link, whether its source can be reached or not. @returns its name, quoted */
  async pipeline(link: string, path = 'nowhere/', options = 'STOP_ON_ERROR OFF'): Promise<string> {
    const name = quoteName(this.name('pipeline'));
    await this.root.rows(
      `CREATE PIPELINE ${name} FORCE AS LOAD DATA LINK ${link} ${quoteText(path)} BATCH_INTERVAL 50 ${options} ` +
        `INTO TABLE t FIELDS TERMINATED BY '|'`,
    );
    return name;
  }

  /** As `pipeline`, and started. */
  async running(link: string): Promise<string> {
    const name = await this.pipeline(link);
    await this.root.rows(`START PIPELINE ${name}`);
    await this.reaches(name, 'Running');
    return name;
  }

  /** Stops a pipeline, and waits until its STATE says so. */
  async stop(pipeline: string): Promise<void> {
    await this.root.rows(`STOP PIPELINE IF RUNNING ${pipeline}`);
    await this.reaches(pipeline, 'Stopped');
  }

  /** The rows of a view of information_schema that speak of one of our pipelines. */
  about(pipeline: string, view: string, columns: string): Promise<readonly Row[]> {
    return this.root.rows(
      `SELECT ${columns} FROM information_schema.${view} WHERE DATABASE_NAME = ${quoteText(this.database)} ` +
        `AND PIPELINE_NAME = ${quoteText(pipeline.slice(1, -1))}`,
    );
  }

  /** STATE of one of our pipelines; undefined when it is not listed. */
  async stateOf(pipeline: string): Promise<unknown> {
    return (await this.about(pipeline, 'PIPELINES', 'STATE'))[0]?.['STATE'];
  }

  async reaches(pipeline: string, state: string): Promise<void> {
    let seen: unknown;
    await until(`${pipeline} is ${state}`, async () => (seen = await this.stateOf(pipeline)) === state).catch(() => {
      throw new Error(`${pipeline} is ${String(seen)} instead of ${state}`);
    });
  }

  /** CONFIG of one of our links, as the catalogue has it. */
  async configOf(link: string): Promise<unknown> {
    const [row] = await this.root.rows(
      `SELECT CONFIG FROM information_schema.LINKS WHERE DATABASE_NAME = ${quoteText(this.database)} ` +
        `AND LINK = ${quoteText(link)}`,
    );
    const config = row?.['CONFIG'];
    return typeof config === 'string' ? (JSON.parse(config) as unknown) : config; // a JSON column comes as what it says
  }

  /** @throws with what could not be dropped */
  async close(): Promise<void> {
    const left: string[] = [];
    try {
      for (const client of [...this.#clients, this.root]) await client.end();
      const sweeper = await Client.open(this.witness.target); // not `root`, which a claim may have lost
      try {
        for (const sql of await this.#drops(sweeper)) {
          const outcome = await sweeper.outcome(sql);
          if (outcome !== 'OK') left.push(`${sql}: ${outcome}`);
        }
      } finally {
        await sweeper.end();
      }
    } finally {
      await this.witness.close();
    }
    if (left.length > 0) throw new Error(`left behind: ${left.join('; ')}`);
  }

  /** DROP PIPELINE stops what runs, and a database may refuse to go while something does. */
  async #drops(sweeper: Client): Promise<readonly string[]> {
    const databases = [this.database, this.other];
    const pipelines = await sweeper.rows(
      'SELECT DATABASE_NAME, PIPELINE_NAME FROM information_schema.PIPELINES ' +
        `WHERE DATABASE_NAME IN (${databases.map(quoteText).join(', ')}) ORDER BY DATABASE_NAME`,
    );
    return [
      ...pipelines.flatMap(({ DATABASE_NAME, PIPELINE_NAME }) => [
        `USE ${quoteName(String(DATABASE_NAME))}`,
        `DROP PIPELINE ${quoteName(String(PIPELINE_NAME))}`,
      ]),
      ...databases.map((database) => `DROP DATABASE IF EXISTS ${quoteName(database)}`),
      ...this.#users.map((user) => `DROP USER IF EXISTS ${user}`),
    ];
  }

  async #connect(user: string, password: string): Promise<Client> {
    const client = await Client.open({ ...this.witness.target, user, password }, this.database);
    this.#clients.push(client);
    return client;
  }
}

/** Asks again until it holds. @throws after 90 s, with what was waited for */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`after ${WAIT_MS / 1000} s it does not hold that ${what}`);
    await delay(POLL_MS);
  }
}
