import * as mariadb from 'mariadb';
import type { Target } from './target';

export type Row = Readonly<Record<string, unknown>>;

/** What the server said instead of doing it. `message` is its own text, without the statement. */
export interface Refusal {
  readonly errno: number;
  readonly sqlState: string;
  readonly message: string;
}

/** A connection through a driver that has no code in common with the function's, nor with the stand-in. */
export class Client {
  private constructor(private readonly connection: mariadb.Connection) {
    connection.on('error', () => undefined); // killed between two statements: the next one will say so
  }

  /** @throws as the driver does: `errno` 1045 for a login that is refused */
  static async open({ host, port, user, password, tls }: Target, database?: string): Promise<Client> {
    const connection = await mariadb.createConnection({
      host,
      port,
      user,
      password,
      ...(database === undefined ? {} : { database }),
      ssl: tls === 'off' ? false : { rejectUnauthorized: true, ...(tls === 'system' ? {} : tls) },
      connectTimeout: 20_000,
      bigIntAsNumber: true,
    });
    return new Client(connection);
  }

  /** The server's number of this connection, as KILL wants it. */
  get id(): number {
    return this.connection.threadId ?? 0;
  }

  /** Runs a statement and gives its rows; none for what has no result set. */
  async rows(sql: string): Promise<readonly Row[]> {
    const result: unknown = await this.connection.query(sql);
    return Array.isArray(result) ? (result as Row[]) : [];
  }

  /** How a statement is refused. @throws when it is not */
  async refusal(sql: string): Promise<Refusal> {
    const refused = await this.#refused(this.connection.query(sql));
    if (refused === undefined) throw new Error(`not refused: ${sql}`);
    return refused;
  }

  /** What became of a statement, in one line. */
  async outcome(sql: string): Promise<string> {
    return inWords(await this.#refused(this.connection.query(sql)));
  }

  /** What became of the statement in the binary protocol, in one line. */
  async prepared(sql: string): Promise<string> {
    return inWords(await this.#refused(this.connection.execute(sql)));
  }

  async end(): Promise<void> {
    await this.connection.end().catch(() => undefined); // killed, or gone with its server
  }

  async #refused(result: Promise<unknown>): Promise<Refusal | undefined> {
    try {
      await result;
      return undefined;
    } catch (error) {
      if (!(error instanceof mariadb.SqlError)) throw error;
      return { errno: error.errno, sqlState: error.sqlState ?? '', message: error.sqlMessage ?? '' };
    }
  }
}

function inWords(refused: Refusal | undefined): string {
  return refused === undefined ? 'OK' : `${refused.errno} (${refused.sqlState}): ${refused.message}`;
}

/** A name in backticks. */
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A text in single quotes. */
export const quoteText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** A value as JSON in single quotes. */
export const quoteJson = (value: unknown): string => quoteText(JSON.stringify(value));
