import { openClusters } from '../../lambda/edge/singlestore';
import type { Clusters } from '../../lambda/ports';
import {
  startSingleStore,
  type OnStatement,
  type SingleStoreOptions,
  type SingleStoreStandIn,
} from '../standins/singlestore';
import { connectionSecretId, definition, userName } from '../support/scenario';
import { MemoryWorld } from '../support/world';
import { lineTo, type Line, type Way } from './severed';

/**
 * The world in memory with its cluster behind sockets: the real edge, a line that breaks on command, and the SingleStore
 * stand-in. AWS stays in memory and its time virtual; time stands still while a socket is waited for.
 */
export class SocketWorld extends MemoryWorld {
  /** What becomes of the connection that asks this: a statement with its literals as `?`, or a part of a login. */
  onQuestion: (question: string) => Way | undefined = () => undefined;
  /** As the stand-in's own, for what `onQuestion` leaves alone. */
  onStatement: OnStatement = () => 'ok';
  /** Whether a lane's statement gets no time for its answer. */
  isImpatient: (method: string, subject: unknown) => boolean = () => false;
  #waiting = 0;
  #server: SingleStoreStandIn | undefined;
  #line: Line | undefined;

  static async open(options: SingleStoreOptions = {}): Promise<SocketWorld> {
    const limits = { ...definition.limits, connections: 2 };
    const world = new SocketWorld({ clusters: {}, definition: { limits } });
    world.clock.turn = () => new Promise((resolve) => setImmediate(resolve));
    await world.#start(options);
    return world;
  }

  async #start(options: SingleStoreOptions): Promise<void> {
    const password = this.newCanary();
    let objects = 0;
    const server = await startSingleStore({
      users: [{ name: 'rotator', password }],
      read: ({ credentials }) => {
        const { aws_access_key_id: keyId, aws_secret_access_key: secret } = credentials;
        const verdict = this.keys.judge(String(keyId), String(secret), 'bucket', this.clock.now());
        const refused = `InvalidAccessKeyId: ${String(secret)}`;
        const found = { name: `${(objects += 1)}`, size: 1, rows: 1 };
        return Promise.resolve(verdict === 'accepted' ? { objects: [found] } : { refused });
      },
      onStatement: (info) => {
        const way = this.onQuestion(info.normalized);
        if (way === undefined) return this.onStatement(info);
        if (way === 'before') return 'drop-before';
        this.#line?.breakAtAnswer(info.connectionId, way);
        return 'ok';
      },
      ...options,
    });
    this.#server = server;
    this.#line = await lineTo(server, {
      isOver: (id) => server.cluster.sessions.has(String(id)),
      onPart: (part) => this.onQuestion(`login, part ${part}`),
    });
    const { port } = this.#line;
    const tls = server.ca === '' ? { tls: 'off' } : { ca: server.ca };
    this.secrets.add(
      connectionSecretId,
      this.newId(),
      JSON.stringify({ host: server.host, port, username: 'rotator', password, ...tls }),
    );
    const [key] = this.keys.of(userName);
    const held = JSON.stringify({ aws_access_key_id: key?.keyId, aws_secret_access_key: key?.secret });
    await server.execute('CREATE DATABASE analytics');
    await server.execute(`CREATE LINK analytics.analytics_link AS S3 CONFIG '{}' CREDENTIALS '${held}'`);
    for (const [database, name, state] of [
      ['analytics', 'orders', 'Running'],
      ['analytics', 'archive', 'Stopped'],
      ['sales', 'invoices', 'Running'],
      ['sales', 'returns', 'Error'],
    ] as const) {
      await server.execute(`CREATE DATABASE IF NOT EXISTS ${database}`);
      await server.execute('CREATE TABLE IF NOT EXISTS t (a INT)', database);
      await server.execute(
        `CREATE PIPELINE ${name} AS LOAD DATA LINK analytics.analytics_link 'bucket/${name}/' BATCH_INTERVAL 5 INTO TABLE t`,
        database,
      );
      if (state === 'Running') await server.execute(`START PIPELINE ${name}`, database);
      else server.setPipelineState(database, name, state);
    }
  }

  get singlestore(): SingleStoreStandIn {
    if (this.#server === undefined) throw new Error('not started');
    return this.#server;
  }

  override invocation(options: { seconds?: number } = {}): ReturnType<MemoryWorld['invocation']> {
    const clusters = openClusters({ random: () => 'f00d' });
    const open: Clusters['open'] = async (secret, lanes) => this.#still(await this.#hold(clusters.open(secret, lanes)));
    return { ...super.invocation(options), clusters: { open } };
  }

  /** STATE of each pipeline, by `database.name`. */
  states(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.singlestore.cluster.pipelines.values()].map(({ database, name, state }) => [
        `${database}.${name}`,
        state,
      ]),
    );
  }

  async stop(): Promise<void> {
    await this.#line?.close();
    await this.singlestore.stop();
  }

  /** The same cluster or lane; while one of its promises is pending, time stands still. */
  #still<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (Array.isArray(member)) return member.map((lane: object) => this.#still(lane));
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          const impatient = this.isImpatient(String(name), args[0]);
          const result: unknown = Reflect.apply(member, target, impatient ? [args[0], 0] : args);
          return result instanceof Promise ? this.#hold(result) : result;
        };
      },
    });
  }

  async #hold<T>(answer: Promise<T>): Promise<T> {
    if ((this.#waiting += 1) === 1) this.#holdTime();
    try {
      return await answer;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** A timer that is due now keeps time from going on to the next one. */
  readonly #holdTime = (): void => {
    if (this.#waiting > 0) this.clock.at(this.clock.now(), this.#holdTime);
  };
}
