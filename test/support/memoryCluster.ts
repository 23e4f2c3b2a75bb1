import { RotationError } from '../../lambda/core/errors';
import { partsOf } from '../../lambda/core/names';
import type { Cluster, Clusters } from '../../lambda/ports';
import { MemoryLane } from './memoryLane';
import type { Connection, MemoryServer } from './memoryServer';
import { throwing, type Ask } from './points';

/** The clusters as one process reaches them. */
export function clustersPort(servers: ReadonlyMap<string, MemoryServer>, ask: Ask, holder: string): Clusters {
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
          return new MemoryCluster(server, ask, username, holder, lanes);
        },
        throwing('clusters.open', 'CONNECTION_REFUSED', 'LOGIN_REFUSED'),
      ),
  };
}

class MemoryCluster implements Cluster {
  lanes: readonly MemoryLane[];
  #watching: Connection;
  /** The answer to a reading call was lost, and with it the connection. */
  #lost = false;

  constructor(
    readonly server: MemoryServer,
    readonly ask: Ask,
    readonly user: string,
    readonly holder: string,
    lanes: number,
  ) {
    this.lanes = Array.from({ length: lanes }, () => new MemoryLane(server, ask, user, holder));
    this.#watching = server.connect(user, holder);
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
    const answers = throwing<T>(name, 'CONNECTION_LOST', 'STATEMENT_REFUSED');
    const lost = (): T => {
      this.#lost = true;
      return answers.lost();
    };
    const effect = (): T => {
      if (this.#watchIsDead() || this.server.down) return lost();
      this.server.settle();
      return look(this.server);
    };
    return this.ask(name, effect, { ...answers, lost });
  }

  #watchIsDead(): boolean {
    return this.#lost || this.#watching.goneAt !== Infinity;
  }

  links: Cluster['links'] = (database) =>
    this.#read('links', ({ links }) =>
      [...links.values()]
        .filter(({ name }) => partsOf(name).database === database)
        .map(({ name, type, config }) => ({ link: name, type, description: '', config })),
    );

  pipelines: Cluster['pipelines'] = () =>
    this.#read('pipelines', ({ pipelines, showsIdentities }) =>
      [...pipelines.values()].map(({ name, state, identity }) => ({
        pipeline: name,
        state,
        ...(showsIdentities ? { identity } : {}),
      })),
    );

  definitions: Cluster['definitions'] = (names) =>
    this.#read('definitions', ({ pipelines }) => {
      const wanted = new Set(names);
      const found = [...pipelines.values()].filter(({ name }) => wanted.has(name));
      return new Map(found.map(({ name, definition }) => [name, definition]));
    });

  preview: Cluster['preview'] = ({ link }, grammar, pipelines) => [
    ...pipelines.map((pipeline) => `stop ${pipeline}`),
    `${grammar} ${link}`,
    ...pipelines.map((pipeline) => `start ${pipeline}`),
  ];

  grammar: Cluster['grammar'] = () =>
    this.#read('grammar', ({ grammar }) => {
      if (grammar === 'denied') throw new RotationError('PRIVILEGE_MISSING', 'ALTER LINK');
      return grammar;
    });

  lacks: Cluster['lacks'] = (privilege, database) =>
    this.#read('lacks', ({ lacking }) =>
      lacking.has(`${privilege} ON ${database}`)
        ? new RotationError('PRIVILEGE_MISSING', `${privilege} ON ${database}`)
        : null,
    );

  isGranted: Cluster['isGranted'] = (database) => this.#read('isGranted', ({ granted }) => granted.has(database));

  databases: Cluster['databases'] = () =>
    this.#read('databases', ({ tells, links, pipelines }) =>
      tells ? [...new Set([...links.keys(), ...pipelines.keys()].map((name) => partsOf(name).database))] : null,
    );

  functions: Cluster['functions'] = (database) =>
    this.#read('functions', ({ tells, functions }) =>
      tells ? functions.filter(({ name }) => partsOf(name).database === database) : null,
    );

  batches: Cluster['batches'] = () =>
    this.#read(
      'batches',
      ({ pipelines }) =>
        new Map([...pipelines.values()].map(({ name, ended, succeeded }) => [name, { ended, succeeded }])),
    );

  /** A STOP waits for as long as a batch takes. */
  batchHistory: Cluster['batchHistory'] = () =>
    this.#read('batchHistory', ({ tells, pipelines }) => {
      if (!tells) return null;
      return new Map(
        [...pipelines.values()].map(({ name, state, idle, drainMs, usualMs }) => {
          const took = usualMs ?? (Number.isFinite(drainMs) ? drainMs : null);
          const batches = took === null ? 0 : 10;
          return [name, { inProgress: state === 'Running' && !idle, batches, medianMs: took, slowestMs: took }];
        }),
      );
    });

  stopsOnError: Cluster['stopsOnError'] = () =>
    this.#read('stopsOnError', ({ tells, skips }) => (tells ? !skips : null));

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
        this.lanes = this.lanes.map((lane) =>
          lane.alive ? lane : new MemoryLane(this.server, this.ask, this.user, this.holder),
        );
        if (this.#watchIsDead()) this.#watching = this.server.connect(this.user, this.holder);
        this.#lost = false;
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
