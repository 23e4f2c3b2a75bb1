import { RotationError } from '../../lambda/core/errors';
import { partsOf, type QualifiedName } from '../../lambda/core/names';
import type { Cluster, Clusters, Lane, Outcome } from '../../lambda/ports';
import { errno, type Connection, type MemoryServer } from './memoryServer';
import { throwing, type Answers, type Ask } from './points';

const unknown: Outcome = { is: 'unknown' };

/** The clusters as one process reaches them. */
export function clustersPort(servers: ReadonlyMap<string, MemoryServer>, ask: Ask): Clusters {
  return {
    open: ({ host, port, username, password }, lanes) =>
      ask(
        'clusters.open',
        () => {
          const server = servers.get(`${host}:${port}`);
          const cannot = (code: 'CONNECTION_REFUSED' | 'LOGIN_REFUSED'): RotationError =>
            new RotationError(code, `${host}:${port} as ${username}`);
          if (server === undefined || server.down) throw cannot('CONNECTION_REFUSED');
          if (server.users.get(username) !== password.reveal()) throw cannot('LOGIN_REFUSED');
          return new MemoryCluster(server, ask, username, lanes);
        },
        throwing('clusters.open', 'CONNECTION_REFUSED', 'LOGIN_REFUSED'),
      ),
  };
}

/** One connection for statements. Those sent at the same time go one after another. */
class MemoryLane implements Lane {
  readonly connection: Connection;
  #lost = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly server: MemoryServer,
    readonly ask: Ask,
    user: string,
  ) {
    this.connection = server.connect(user);
  }
  get connectionId(): number {
    return this.connection.id;
  }
  get alive(): boolean {
    return !this.#lost && this.connection.goneAt === Infinity;
  }
  stop(pipeline: QualifiedName, timeoutMs: number): Promise<Outcome> {
    return this.#send('stop', timeoutMs, () => this.server.stop(this.connection, pipeline));
  }
  start(pipeline: QualifiedName, timeoutMs: number): Promise<Outcome> {
    return this.#send('start', timeoutMs, () => this.server.start(this.connection, pipeline));
  }
  alter(change: Parameters<Lane['alter']>[0], timeoutMs: number): Promise<Outcome> {
    return this.#send('alter', timeoutMs, () => this.server.alter(this.connection, change));
  }

  #send(method: string, timeoutMs: number, statement: () => Promise<Outcome>): Promise<Outcome> {
    const answers: Answers<Outcome> = {
      lost: () => this.#die(),
      refused: () => ({ is: 'refused', errno: errno.denied }),
    };
    const sent = this.#last.then(() =>
      this.alive ? this.ask(`lane.${method}`, () => this.#within(timeoutMs, statement()), answers) : unknown,
    );
    this.#last = sent;
    return sent;
  }

  /** The answer, if it comes in time and the connection lives. Time running out does not end the statement on the server. */
  #within(timeoutMs: number, answer: Promise<Outcome>): Promise<Outcome> {
    return new Promise((resolve) => {
      const { clock } = this.server;
      const callOff = clock.at(clock.now() + timeoutMs, () => {
        resolve(this.#die());
      });
      void answer.then((outcome) => {
        callOff();
        resolve(outcome.is === 'unknown' ? this.#die() : outcome);
      });
    });
  }

  #die(): Outcome {
    this.#lost = true;
    return unknown;
  }
}

class MemoryCluster implements Cluster {
  lanes: readonly MemoryLane[];
  #watching: Connection;

  constructor(
    readonly server: MemoryServer,
    readonly ask: Ask,
    readonly user: string,
    lanes: number,
  ) {
    this.lanes = Array.from({ length: lanes }, () => new MemoryLane(server, ask, user));
    this.#watching = server.connect(user);
  }
  get id(): string {
    return this.server.id;
  }

  connections(): readonly number[] {
    return [...this.lanes.map((lane) => lane.connectionId), this.#watching.id];
  }

  /** A reading call. */
  #read<T>(method: string, look: (server: MemoryServer) => T): Promise<T> {
    const name = `cluster.${method}`;
    const effect = (): T => {
      if (this.#watching.goneAt !== Infinity || this.server.down) throw new RotationError('CONNECTION_LOST', name);
      this.server.settle();
      return look(this.server);
    };
    return this.ask(name, effect, throwing(name, 'CONNECTION_LOST', 'STATEMENT_REFUSED'));
  }

  links: Cluster['links'] = (database) =>
    this.#read('links', ({ links }) =>
      [...links.values()]
        .filter(({ name }) => partsOf(name).database === database)
        .map(({ name, type, config }) => ({ link: name, type, description: '', config })),
    );

  pipelines: Cluster['pipelines'] = () =>
    this.#read('pipelines', ({ pipelines }) =>
      [...pipelines.values()].map(({ name, state }) => ({ pipeline: name, state })),
    );

  definitions: Cluster['definitions'] = (names) =>
    this.#read('definitions', ({ pipelines }) => {
      const wanted = new Set(names);
      const found = [...pipelines.values()].filter(({ name }) => wanted.has(name));
      return new Map(found.map(({ name, definition }) => [name, definition]));
    });

  grammar: Cluster['grammar'] = () =>
    this.#read('grammar', ({ grammar }) => {
      if (grammar === 'denied') throw new RotationError('PRIVILEGE_MISSING', 'ALTER LINK');
      return grammar;
    });

  batches: Cluster['batches'] = () =>
    this.#read(
      'batches',
      ({ pipelines }) =>
        new Map([...pipelines.values()].map(({ name, ended, succeeded }) => [name, { ended, succeeded }])),
    );

  newestError: Cluster['newestError'] = () =>
    this.#read('newestError', ({ errors }) => errors.reduce((newest, { at }) => Math.max(newest, at), 0));

  errorsAfter: Cluster['errorsAfter'] = (mark) =>
    this.#read('errorsAfter', ({ errors }) => errors.filter(({ at }) => at > mark).sort((a, b) => a.at - b.at));

  present: Cluster['present'] = (connections) =>
    this.#read('present', (server) => server.processList(this.user).filter((id) => connections.includes(id)));

  kill: Cluster['kill'] = (connection) =>
    this.#read('kill', (server) => {
      if (server.processList(this.user).includes(connection)) server.kill(connection);
    });

  reopen: Cluster['reopen'] = () =>
    this.ask(
      'cluster.reopen',
      () => {
        if (this.server.down) throw new RotationError('CONNECTION_REFUSED', this.id);
        this.lanes = this.lanes.map((lane) => (lane.alive ? lane : new MemoryLane(this.server, this.ask, this.user)));
        if (this.#watching.goneAt !== Infinity) this.#watching = this.server.connect(this.user);
      },
      throwing('cluster.reopen', 'CONNECTION_REFUSED', 'LOGIN_REFUSED'),
    );

  /** Whatever the answer, the connections are closed. */
  close: Cluster['close'] = () => {
    const effect = (): void => {
      for (const connection of [...this.lanes.map((lane) => lane.connection), this.#watching])
        this.server.disconnect(connection);
    };
    return this.ask('cluster.close', effect, { lost: effect, refused: effect });
  };
}
