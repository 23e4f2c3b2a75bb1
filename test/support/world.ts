import { Credentials } from '../../lambda/core/credentials';
import type { RotationDefinition } from '../../lambda/core/definition';
import { qualified, type QualifiedName } from '../../lambda/core/names';
import type { VersionId } from '../../lambda/core/version';
import type { Invocation, Log, LogFields, MetricName } from '../../lambda/ports';
import { VirtualClock } from './clock';
import { clustersPort } from './memoryCluster';
import { MemoryKeys } from './memoryKeys';
import { isRunning, type MemoryLink, type MemoryPipeline, type Source, type Transition } from './memoryPipelines';
import { MemorySecrets } from './memorySecrets';
import { MemoryServer } from './memoryServer';
import { MemoryTable } from './memoryTable';
import { Death, never, Points, Process, type Faults } from './points';
import {
  clusterId,
  connectionSecretId,
  defaultCluster,
  definition,
  secretId,
  userName,
  type ClusterSpec,
} from './scenario';

export interface WorldOptions {
  /** Changes to the one rotation definition of the default scenario. */
  readonly definition?: Partial<RotationDefinition>;
  /** By `host:port`. Default: the one cluster of the default scenario. */
  readonly clusters?: Readonly<Record<string, ClusterSpec>>;
  /** The value of the rotated secret; `null` for the key pair of the user's first key. */
  readonly secretValue?: string | null;
}

interface Line {
  readonly at: number;
  readonly holder: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly action: string;
  readonly fields: LogFields;
}

interface Metric {
  readonly name: MetricName;
  readonly values: readonly number[];
  readonly unit: string;
}

const start = Date.UTC(2026, 0, 1);
const day = 86_400_000;
/** Every secret text holds this, and nothing else does. */
export const canary = 'cAnArY';

/** Everything outside, in memory and in virtual time, with every call a numbered point where something can go wrong. */
export class MemoryWorld {
  readonly clock = new VirtualClock(start);
  readonly #points = new Points(this.clock);
  readonly #now = (): number => this.clock.now();
  #ids = 0;
  readonly #canaries: string[] = [];
  readonly secrets = new MemorySecrets(this.#now);
  readonly table = new MemoryTable(this.#now);
  readonly keys = new MemoryKeys(this.#now, () => this.newCanary());
  readonly servers = new Map<string, MemoryServer>();
  readonly logs: Line[] = [];
  readonly metrics: Metric[] = [];
  readonly definitions: RotationDefinition[];
  readonly #ranAtFirst: readonly MemoryPipeline[];

  constructor(options: WorldOptions) {
    this.definitions = [{ ...definition, ...options.definition }];
    this.keys.users.add(userName);
    this.keys.beforeChange = () => {
      for (const server of this.servers.values()) server.settle();
    };
    const key = this.keys.add(userName, start - 90 * day);
    const pair = JSON.stringify({ aws_access_key_id: key.keyId, aws_secret_access_key: key.secret });
    this.secrets.add(secretId, this.newId(), options.secretValue ?? pair);
    const clusters = options.clusters ?? { [clusterId]: defaultCluster };
    for (const [id, cluster] of Object.entries(clusters)) this.#addCluster(id, cluster, pair);
    this.#ranAtFirst = this.pipelines().filter(isRunning);
  }

  /** The first cluster's connection secret is the default scenario's; another's has the cluster's name. */
  #addCluster(id: string, spec: ClusterSpec, credentials: string): void {
    const source: Source = (held, bucket, at) => this.#refusal(held, bucket, at);
    const server = new MemoryServer(id, this.clock, source);
    const [host = '', port = ''] = id.split(':');
    const password = this.newCanary();
    server.users.set('rotator', password);
    const connection = { host, port: Number(port), username: 'rotator', password };
    const connectionSecret = this.servers.size === 0 ? connectionSecretId : connectionSecretFor(id);
    this.secrets.add(connectionSecret, this.newId(), JSON.stringify(connection));
    for (const link of spec.links) {
      server.links.set(link.name, { type: 'S3', config: '{"region":"us-east-1"}', credentials, ...link });
    }
    for (const pipeline of spec.pipelines) {
      const added = server.add(pipeline);
      if (added.state === 'Error') server.fail(added, 1366, "Incorrect integer value: 'x' for column 'n'", start - day);
    }
    this.servers.set(id, server);
  }

  #refusal(credentials: string, bucket: string, at: number): string | null {
    const held = JSON.parse(credentials) as Readonly<Record<string, string>>;
    const { aws_access_key_id: keyId = '', aws_secret_access_key: secret = '' } = held;
    const verdict = this.keys.judge(keyId, secret, bucket, at);
    if (verdict === 'accepted') return null;
    return `${verdict === 'denied' ? 'AccessDenied' : 'InvalidAccessKeyId'} (the source's own words: ${secret})`;
  }

  // ---- what a test arranges

  /** What goes wrong, by the number of the point or as a function, which may also use the moment to change the world. */
  set faults(faults: Faults) {
    this.#points.faults = faults;
  }
  set latency(latency: Points['latency']) {
    this.#points.latency = latency;
  }
  set lateMs(milliseconds: number) {
    this.#points.lateMs = milliseconds;
  }
  /** Called after each effect: what it throws ends the process, and `run` throws it. */
  set afterEffect(check: Points['afterEffect']) {
    this.#points.afterEffect = check;
  }

  newId(): string {
    return `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`;
  }

  /** A new secret text, which no output may hold. */
  newCanary(): string {
    const text = `${canary}/${String(this.#canaries.length).padStart(4, '0')}+wJalrXUtnFEMI7MDENGbPxRf`;
    this.#canaries.push(text);
    return text;
  }

  /** Secrets Manager begins a rotation. @returns the version: AWSPENDING, without a value. */
  startRotation(): VersionId {
    const version = this.newId();
    this.secrets.stage(secretId, version, null);
    return version;
  }

  /** `RotateImmediately=false`: AWSPENDING with the current value, and only testSecret is called. */
  testOnly(): VersionId {
    const version = this.newId();
    const current = this.secrets.holder(secretId, 'AWSCURRENT');
    this.secrets.stage(secretId, version, current === null ? null : this.secrets.value(secretId, current));
    return version;
  }

  // ---- what a test runs

  /** One invocation, by a holder of its own. Its time runs out by `endsAt` alone; `run` also ends it there. */
  invocation({ seconds = 900 } = {}): Invocation & { readonly process: Process } {
    const process = new Process(this.newId());
    const ask = this.#points.of(process);
    const log =
      (level: Line['level']) =>
      (action: string, fields: LogFields = {}): void => {
        if (process.alive) this.logs.push({ at: this.clock.now(), holder: process.holder, level, action, fields });
      };
    const lines: Log = { info: log('info'), warn: log('warn'), error: log('error') };
    return {
      process,
      holder: process.holder,
      endsAt: this.clock.now() + seconds * 1000,
      clock: {
        now: this.#now,
        sleep: (milliseconds) => this.clock.sleep(milliseconds).then(() => (process.alive ? undefined : never())),
      },
      newId: () => this.newId(),
      secrets: this.secrets.port(ask),
      table: this.table.port(ask, process.holder),
      clusters: clustersPort(this.servers, ask),
      keys: this.keys.port(ask),
      trials: this.keys.trials(ask),
      log: lines,
      metrics: {
        put: (name, values, unit) => {
          if (process.alive) this.metrics.push({ name, values: typeof values === 'number' ? [values] : values, unit });
        },
      },
      definitions: this.definitions,
    };
  }

  /** Starts work in an invocation of its own; time passes in `clock.run`. @throws Death when it dies or its time is up. */
  async begin<T>(work: (invocation: Invocation) => Promise<T>, { seconds = 900 } = {}): Promise<T> {
    const { process, ...invocation } = this.invocation({ seconds });
    const callOff = this.clock.at(invocation.endsAt, () => {
      process.end(new Death(`${seconds} seconds were up`));
    });
    try {
      return await Promise.race([work(invocation), process.died]);
    } finally {
      callOff();
      process.end(new Death('the work was done'));
    }
  }

  /** Runs work to its end in virtual time. @throws what it throws; Death; or what a check of `afterEffect` threw. */
  async run<T>(work: (invocation: Invocation) => Promise<T>, options: { seconds?: number } = {}): Promise<T> {
    const begun = this.begin(work, options);
    begun.catch(() => undefined);
    const result = await this.clock.run(
      begun.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
    if (this.#points.broken !== null) throw this.#points.broken;
    if ('error' in result) throw result.error;
    return result.value;
  }

  /** Lets time pass. */
  pass(milliseconds: number): Promise<void> {
    return this.clock.run(this.clock.sleep(milliseconds));
  }

  // ---- what a test sees

  /** The names of all calls so far; point n is at index n - 1. */
  get points(): readonly string[] {
    return this.#points.names;
  }

  server(id = [...this.servers.keys()][0] ?? ''): MemoryServer {
    const server = this.servers.get(id);
    if (server === undefined) throw new Error(`there is no cluster ${id}`);
    server.settle();
    return server;
  }

  /** Of all clusters. */
  pipelines(): readonly MemoryPipeline[] {
    return [...this.servers.keys()].flatMap((id) => [...this.server(id).pipelines.values()]);
  }

  pipeline(database: string, name: string, cluster?: string): MemoryPipeline {
    const pipeline = this.server(cluster).get(qualified(database, name));
    if (pipeline === undefined) throw new Error(`there is no pipeline ${database}.${name}`);
    return pipeline;
  }

  link(database: string, name: string, cluster?: string): MemoryLink {
    const link = this.server(cluster).links.get(qualified(database, name));
    if (link === undefined) throw new Error(`there is no link ${database}.${name}`);
    return link;
  }

  /** The access key id in the link's credentials. */
  linkKeyId(database: string, name: string, cluster?: string): string | undefined {
    const held = JSON.parse(this.link(database, name, cluster).credentials) as { aws_access_key_id?: string };
    return held.aws_access_key_id;
  }

  /** Pipelines that ran at the start and do not run now; a dropped one is not among them. */
  paused(): readonly QualifiedName[] {
    const all = new Set(this.pipelines());
    return this.#ranAtFirst.filter((pipeline) => all.has(pipeline) && !isRunning(pipeline)).map(({ name }) => name);
  }

  /** Changes of state on all clusters, oldest first. */
  get transitions(): readonly Transition[] {
    return [...this.servers.values()].flatMap(({ transitions }) => transitions).sort((a, b) => a.at - b.at);
  }

  label(label: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'): VersionId | null {
    return this.secrets.holder(secretId, label);
  }

  /** The secret's value of a version as an object. */
  secretValue(version: VersionId): Readonly<Record<string, string>> | null {
    const value = this.secrets.value(secretId, version);
    return value === null ? null : (JSON.parse(value) as Record<string, string>);
  }

  /** All that the product has put out, as text; `also`: errors and results that a test got. */
  everythingWritten(...also: readonly unknown[]): string {
    const errors = also.map((thing) => (thing instanceof Error ? [thing.message, thing.stack, { ...thing }] : thing));
    return JSON.stringify([this.logs, this.metrics, this.table.history, errors]);
  }

  /** The secrets found in all that was put out, plain or in the usual encodings. */
  leaks(...also: readonly unknown[]): readonly string[] {
    const written = this.everythingWritten(...also);
    const forms = (text: string): string[] => [
      ...[text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)],
      ...(['base64', 'base64url', 'hex'] as const).map((encoding) => Buffer.from(text).toString(encoding)),
    ];
    return this.#canaries.filter((text) => forms(text).some((form) => written.includes(form)));
  }
}

/** The id of the connection secret of a cluster that is not the first. */
export const connectionSecretFor = (cluster: string): string =>
  `arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/${cluster.replaceAll(/[.:]/g, '-')}-AbCdEf`;

export const createWorld = (options: WorldOptions = {}): MemoryWorld => new MemoryWorld(options);
export const credentialsOf = (value: Readonly<Record<string, unknown>>): Credentials =>
  new Credentials(JSON.stringify(value));
