import type { QualifiedName } from '../../lambda/core/names';
import type { Grammar, LinkChange, Outcome } from '../../lambda/ports';
import type { VirtualClock } from './clock';
import { isRunning, MemoryPipelines, type Source } from './memoryPipelines';

/** The server's numbers: facts, singlestore, section 6, its assumptions included. */
export const errno = { syntax: 1064, denied: 1142, noPipeline: 1935, noLink: 2332, linkInUse: 2470 };
const done: Outcome = { is: 'done' };
const unknown: Outcome = { is: 'unknown' };
const refused = (number: number): Outcome => ({ is: 'refused', errno: number });

export interface Connection {
  readonly id: number;
  readonly user: string;
  /** The process that opened it. */
  readonly holder: string;
  /** When it leaves the process list. */
  goneAt: number;
  /** The statement in progress, when it ends by itself, and when it ends after a KILL; what a KILL does to it. */
  statement: { readonly endsAt: number; readonly endsAtIfKilled: number; readonly kill: () => void } | null;
}

/**
 * What becomes of a STOP whose connection is killed. `cancelled`: nothing. `finishes`: it takes effect, and the connection
 * stays in the process list until then. `outlives`: it takes effect after the connection is gone.
 */
export type KilledStop = 'cancelled' | 'finishes' | 'outlives';

/** One cluster: connections, and the statements that change something. */
export class MemoryServer extends MemoryPipelines {
  /** User name to password. */
  readonly users = new Map<string, string>();
  /** `denied`: the server knows ALTER LINK and refuses it to the user. */
  grammar: Grammar | null | 'denied' = 'alter';
  killedStop: KilledStop = 'cancelled';
  /** How long a statement other than STOP takes. Milliseconds. */
  statementMs = 5;
  /** Privileges that the user lacks, as `START PIPELINE ON analytics`. */
  readonly lacking = new Set<string>();
  /** Whether it lists databases and functions to this user. */
  tells = true;
  /** Its own setting: what pipelines cannot read they skip. */
  skips = false;
  /** Databases that the user's grants name. */
  readonly granted = new Set<string>();
  /** Functions that call through a link. */
  readonly functions: { readonly name: QualifiedName; readonly link: QualifiedName }[] = [];
  /** How long a killed connection stays in the process list. Milliseconds. */
  killMs = 100;
  /** Out of reach. */
  down = false;
  /** Statements that hold a secret and could not be parsed. */
  readonly unparsed: string[] = [];
  readonly #connections = new Map<number, Connection>();

  constructor(
    readonly id: string,
    readonly clock: VirtualClock,
    source: Source,
  ) {
    super(() => clock.now(), source);
  }

  connect(user: string, holder = ''): Connection {
    const id = this.#connections.size + 1;
    const connection = { id, user, holder, goneAt: Infinity, statement: null };
    this.changes += 1;
    this.#connections.set(id, connection);
    return connection;
  }

  connection(id: number): Connection | undefined {
    return this.#connections.get(id);
  }

  /** No statement is under way. */
  get isQuiet(): boolean {
    return [...this.#connections.values()].every(
      ({ statement }) => statement === null || statement.endsAt <= this.now(),
    );
  }

  /** Of a user, or of all. */
  processList(user?: string): readonly number[] {
    const present = [...this.#connections.values()].filter(({ goneAt }) => goneAt > this.now());
    return present.filter((connection) => user === undefined || connection.user === user).map(({ id }) => id);
  }

  kill(id: number): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.goneAt !== Infinity) return;
    this.changes += 1;
    connection.statement?.kill();
    connection.goneAt = Math.max(this.now() + this.killMs, connection.statement?.endsAtIfKilled ?? 0);
  }

  /** The client takes its leave; the server notices when the statement in progress has ended. */
  disconnect(connection: Connection): void {
    this.changes += 1;
    connection.goneAt = Math.min(connection.goneAt, connection.statement?.endsAt ?? this.now());
  }

  async stop(connection: Connection, name: QualifiedName): Promise<Outcome> {
    const pipeline = this.get(name);
    if (pipeline === undefined) return refused(errno.noPipeline);
    if (pipeline.refuses !== null) return refused(pipeline.refuses);
    if (!isRunning(pipeline) || pipeline.stopping) return done; // IF RUNNING
    const stopped = (): void => {
      if (this.get(name) === pipeline && isRunning(pipeline)) this.set(pipeline, 'Stopped', connection.id);
    };
    // what it waits for is the batch in progress: none begins behind it
    if (this.#hears(connection))
      pipeline.nextBatchAt = Math.max(pipeline.nextBatchAt ?? 0, this.now() + pipeline.drainMs);
    return this.#statement(connection, pipeline.drainMs, this.killedStop, () => {
      if (pipeline.lagMs === 0) stopped();
      else {
        pipeline.stopping = true;
        this.clock.at(this.now() + pipeline.lagMs, () => {
          pipeline.stopping = false;
          stopped();
        });
      }
      return done;
    });
  }

  async start(connection: Connection, name: QualifiedName): Promise<Outcome> {
    return this.#statement(connection, this.statementMs, 'cancelled', () => {
      const pipeline = this.get(name);
      if (pipeline === undefined) return refused(errno.noPipeline);
      if (pipeline.refuses !== null) return refused(pipeline.refuses);
      if (!isRunning(pipeline)) this.set(pipeline, 'Running', connection.id);
      return done;
    });
  }

  async alter(connection: Connection, change: LinkChange): Promise<Outcome> {
    return this.#statement(connection, this.statementMs, 'cancelled', () => {
      const link = this.links.get(change.link);
      if (this.grammar === 'denied') return refused(errno.denied);
      if (this.grammar !== change.grammar) return this.#unparsed(link?.name ?? change.link);
      if (link === undefined) return refused(errno.noLink);
      if (this.inUse(link.name)) return refused(errno.linkInUse);
      if (![change.credentials.reveal(), change.config ?? '{}'].every(isObject)) return this.#unparsed(link.name);
      link.credentials = change.credentials.reveal();
      link.config = change.config ?? link.config;
      this.changes += 1;
      this.alterations.push({ at: this.now(), link: link.name, by: connection.id });
      return done;
    });
  }

  #hears = ({ goneAt }: Connection): boolean => !this.down && goneAt === Infinity;

  #unparsed(link: QualifiedName): Outcome {
    this.unparsed.push(`ALTER LINK ${link}`);
    return refused(errno.syntax);
  }

  /** A statement that takes time. On a connection that is gone, or killed, it has no effect. */
  #statement(connection: Connection, ms: number, killed: KilledStop, effect: () => Outcome): Promise<Outcome> {
    if (!this.#hears(connection)) return Promise.resolve(unknown);
    return new Promise((resolve) => {
      const endsAt = this.now() + ms;
      const callOff = this.clock.at(endsAt, () => {
        connection.statement = null;
        resolve(effect());
      });
      const kill = (): void => {
        if (killed === 'cancelled') callOff();
        resolve(unknown);
      };
      connection.statement = { endsAt, endsAtIfKilled: killed === 'finishes' ? endsAt : 0, kill };
    });
  }
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
