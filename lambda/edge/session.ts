import type { Socket } from 'node:net';
import { createConnection, type Connection, type FieldPacket, type QueryError, type SslOptions } from 'mysql2';
import type { RotationError } from '../core/errors';
import type { ConnectionSecret } from '../ports';
import { closedAtLogin, loginError } from './login';
import { useDatabase, type Statement } from './statements';
import { dial } from './tls';

/** A row by column name in lower case; every value as the text the server sent. */
export type Row = Readonly<Record<string, string | null>>;

/** What came back. `lost`: no answer, or one that does not say what was done. */
export type Answer =
  | { readonly is: 'rows'; readonly rows: readonly Row[] }
  | { readonly is: 'refused'; readonly errno: number; readonly sqlState: string; readonly says: Said }
  | { readonly is: 'lost' };

/** What the text of a refusal says, where numbers are not published. The text itself stays here. */
export type Said = 'read-only' | 'not-supported' | null;

const lost: Answer = { is: 'lost' };

/** Greeting, TLS and login together. */
const loginMs = 10_000;
const goodbyeMs = 1_000;

/**
 * Errors that end a statement somewhere in the middle: shutdown, killed query or connection, and a node of the cluster
 * that lost another. The numbers are MySQL's; SQLSTATE class 08 (connection) and 70100 (query interrupted) say the same
 * of those not listed: SingleStore has numbers of its own.
 */
const undecided = new Set([
  1053, 1077, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 2006, 2013, 2055, 3024, 4031,
]);

/** One connection, logged in. The only place that touches the driver, whose errors quote whole statements: none leaves. */
export class Session {
  readonly user: string;
  readonly #connection: Connection;
  readonly #socket: Socket;
  #alive = true;
  #pending = 0;
  #database: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(user: string, connection: Connection, socket: Socket) {
    this.user = user;
    this.#connection = connection;
    this.#socket = socket;
    // Also keeps a connection that breaks while idle from ending the process.
    connection.on('error', () => {
      this.destroy();
    });
  }

  /** @throws CONNECTION_REFUSED, TLS_REFUSED (before the password is sent), LOGIN_REFUSED */
  static async open(to: ConnectionSecret, ssl: SslOptions | undefined): Promise<Session> {
    const socket = dial(to);
    const connection = createConnection({
      stream: () => socket,
      host: to.host,
      port: to.port,
      user: to.username,
      password: to.password.reveal(),
      ...(ssl === undefined ? {} : { ssl }),
      connectTimeout: 0, // ours is below
      flags: ['-LOCAL_FILES'], // no server may ask for a file
      disableEval: true, // no code is made out of what a server says
      maxPreparedStatements: 1, // nothing is prepared, and the driver makes room for 16,000 of them: a megabyte a connection
    });
    const session = new Session(to.username, connection, socket);
    const failure = await new Promise<RotationError | null>((resolve) => {
      const deadline = setTimeout(() => {
        resolve(closedAtLogin(to, `no answer within ${loginMs / 1000} s`));
      }, loginMs);
      const settle = (outcome: RotationError | null): void => {
        clearTimeout(deadline);
        resolve(outcome);
      };
      connection.once('connect', () => {
        settle(null);
      });
      connection.once('error', (error: QueryError) => {
        settle(loginError(error, to, Reflect.get(connection, 'stream')));
      });
    });
    if (failure === null) return session;
    session.destroy();
    throw failure;
  }

  /** The server's number for this connection, from its greeting. */
  get id(): number {
    return this.#connection.threadId;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Sends one statement when those before it are answered; its time counts from then. Without an answer in time the
   * connection is given up: the server may answer later, and must not answer the next question with it.
   */
  async send(statement: Statement, timeoutMs: number): Promise<Answer> {
    const turn = this.#turn.then(() => this.#inDatabase(statement, timeoutMs));
    this.#turn = turn;
    this.#pending += 1;
    return turn.finally(() => (this.#pending -= 1));
  }

  async #inDatabase(statement: Statement, timeoutMs: number): Promise<Answer> {
    const { database } = statement;
    if (database !== undefined && database !== this.#database) {
      const answer = await this.#ask(useDatabase(database), timeoutMs);
      if (answer.is !== 'rows') return answer;
      this.#database = database;
    }
    return this.#ask(statement, timeoutMs);
  }

  #ask(statement: Statement, timeoutMs: number): Promise<Answer> {
    if (!this.#alive) return Promise.resolve(lost);
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        clearTimeout(deadline);
        if (answer.is === 'lost') this.destroy();
        resolve(answer);
      };
      const deadline = setTimeout(() => {
        settle(lost);
      }, timeoutMs);
      // all as bytes, of which text is made here: the server's own types differ between versions
      const query = { sql: statement.text.reveal(), typeCast: false, rowsAsArray: true };
      this.#connection.query(query, (error, result, fields) => {
        settle(error === null ? { is: 'rows', rows: rowsOf(result, fields) } : refusal(error, statement));
      });
    });
  }

  /** Ends the connection without a word; what is under way is `lost`. */
  destroy(): void {
    this.#alive = false;
    this.#socket.destroy();
  }

  /** Says goodbye, unless an answer is still due. Never throws, lasts at most a second. */
  async close(): Promise<void> {
    if (!this.#alive || this.#pending > 0) {
      this.destroy();
      return;
    }
    this.#alive = false;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(deadline);
        this.#socket.destroy();
        resolve();
      };
      const deadline = setTimeout(end, goodbyeMs);
      this.#socket.once('close', end);
      this.#connection.end();
    });
  }
}

/** No number is published for a workspace that has the database attached read-only (facts: singlestore, section 3.3), so the text decides, without the names in it. */
function saidIn(message: string, { text, needs }: Statement): Said {
  const named = [...text.reveal().matchAll(/`((?:[^`]|``)+)`/g)].map(([, name = '']) => name.replaceAll('``', '`'));
  const literally = [...named, ...(needs === undefined ? [] : [needs.database])].map((name) =>
    name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  );
  const names = [
    '`(?:[^`]|``)*`',
    "(?<!\\w)'[^']*'",
    '"[^"]*"',
    ...literally.map((name) => `(?<![\\w-])${name}(?![\\w-])`),
  ];
  const said = message.replaceAll(new RegExp(names.join('|'), 'g'), ' ');
  if (/\bread[-_ ]?only\b/i.test(said)) return 'read-only';
  return /(?:\bnot|n't) (?:yet )?support|\bunsupported\b/i.test(said) ? 'not-supported' : null;
}

function refusal({ errno, sqlState, message }: QueryError, statement: Statement): Answer {
  const unanswered = errno === undefined || errno <= 0 || undecided.has(errno) || /^(08|70100$)/.test(sqlState ?? '');
  if (unanswered) return lost;
  return { is: 'refused', errno, sqlState: sqlState ?? '', says: saidIn(message, statement) };
}

/** An answer without rows is no array, and has no fields. */
function rowsOf(result: unknown, fields: readonly FieldPacket[] | undefined): readonly Row[] {
  if (!Array.isArray(result)) return [];
  const columns = (fields ?? []).map(({ name }) => name.toLowerCase());
  return result.map((values: readonly (Buffer | null)[]) => {
    const row: Record<string, string | null> = {};
    columns.forEach((column, at) => (row[column] = values[at]?.toString() ?? null));
    return row;
  });
}
