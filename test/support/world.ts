import { qualified, type QualifiedName } from '../../lambda/core/names';
import type { VersionId } from '../../lambda/core/version';
import type { Invocation, Log, LogFields } from '../../lambda/ports';
import { asText, foundIn } from './leaks';
import { clustersPort } from './memoryCluster';
import { isRunning, type MemoryLink, type MemoryPipeline, type Transition } from './memoryPipelines';
import type { MemoryServer } from './memoryServer';
import { connectionSecretFor, Outside, type Line, type WorldOptions } from './outside';
import { Death, never, Process, throwing, type Faults, type Points, type Trace } from './points';
import { connectionSecretId, secretId } from './scenario';

/** The scenario with every call a numbered point where something can go wrong, and the questions that tests ask. */
export class MemoryWorld extends Outside {
  readonly #ranAtFirst = this.pipelines().filter(isRunning);
  /** AWSCURRENT of the rotated secret when the world began, and the keys that there were. */
  readonly firstVersion = this.label('AWSCURRENT');
  readonly firstKeys = this.keys.all.map(({ keyId }) => keyId);

  // ---- what a test arranges

  /** Whether people want to hear of what went well, too. */
  tellsSuccesses = true;

  /** What goes wrong, by the number of the point or as a function, which may also use the moment to change the world. */
  set faults(faults: Faults) {
    this.calls.faults = faults;
  }
  set latency(latency: Points['latency']) {
    this.calls.latency = latency;
  }
  set lateMs(milliseconds: number) {
    this.calls.lateMs = milliseconds;
  }
  set frozenMs(milliseconds: number) {
    this.calls.frozenMs = milliseconds;
  }
  /** Called after each effect: what it throws ends the process, and `run` throws it. */
  set afterEffect(check: Points['afterEffect']) {
    this.calls.afterEffect = check;
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

  /** Invocations that were suspended, and what comes of them. */
  readonly zombies: { readonly process: Process; readonly ended: Promise<unknown> }[] = [];

  // ---- what a test runs

  /** One invocation, by a holder of its own. Its time runs out by `endsAt` alone; `run` also ends it there. */
  invocation({ seconds = 900 } = {}): Invocation & { readonly process: Process } {
    const process = new Process(this.newId());
    const ask = this.calls.of(process);
    const log =
      (level: Line['level']) =>
      (action: string, fields: LogFields = {}): void => {
        if (process.isAlive()) this.logs.push({ at: this.clock.now(), holder: process.holder, level, action, fields });
      };
    const lines: Log = { info: log('info'), warn: log('warn'), error: log('error') };
    return {
      process,
      holder: process.holder,
      endsAt: this.clock.now() + seconds * 1000,
      functionName: 'rotation',
      logs: `https://logs.example/${process.holder}`,
      pauses: [],
      clock: {
        now: this.now,
        sleep: async (milliseconds) => {
          await this.clock.sleep(milliseconds);
          if (process.thaw !== null) await process.thaw;
          if (!process.isAlive()) await never();
        },
      },
      newId: () => this.newId(),
      secrets: this.secrets.port(ask),
      table: this.table.port(ask, process.holder),
      clusters: clustersPort(this.servers, ask, process.holder),
      keys: this.keys.port(ask),
      trials: this.keys.trials(ask),
      log: lines,
      metrics: {
        put: (name, values, unit) => {
          if (process.isAlive())
            this.metrics.push({ name, values: typeof values === 'number' ? [values] : values, unit });
        },
      },
      notices: {
        wanted: this.tellsSuccesses ? 'all' : 'failures',
        send: (subject, text) =>
          ask(
            'notices.send',
            () => void this.notices.push({ at: this.clock.now(), subject, text }),
            throwing('notices.send', 'AWS_REFUSED'),
          ),
      },
      definitions: this.definitions,
      problem: null,
    };
  }

  /**
   * Starts work in an invocation of its own; time passes in `clock.run`. `lifeMs`: it is killed then, and does not know.
   *
   * @throws Death when it dies, its time is up, or it is suspended: then it goes on by itself once it wakes, see `zombies`. */
  async begin<T>(work: (invocation: Invocation) => Promise<T>, { seconds = 900, lifeMs = Infinity } = {}): Promise<T> {
    const { process, ...invocation } = this.invocation({ seconds });
    const callOff = this.clock.at(Math.min(invocation.endsAt, this.clock.now() + lifeMs), () => {
      process.end(new Death(`${Math.min(seconds, lifeMs / 1_000)} seconds were up`));
    });
    const whole = Promise.race([work(invocation), process.died]).finally(() => {
      callOff();
      process.end(new Death('the work was done'));
    });
    const frozen = process.froze.catch((reason: unknown) => {
      this.zombies.push({ process, ended: whole });
      throw reason;
    });
    return Promise.race([whole, frozen]);
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
    if (this.calls.broken !== null) throw this.calls.broken;
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
    return this.calls.names;
  }

  get traces(): readonly Trace[] {
    return this.calls.traces;
  }

  /** Nothing is under way that may still take effect: no late call, no statement, nobody who sleeps. */
  get isQuiet(): boolean {
    return (
      this.zombies.every(({ process }) => !process.isAlive()) &&
      this.calls.late === 0 &&
      [...this.servers.values()].every((server) => server.isQuiet)
    );
  }

  /** The cluster that a connection secret named at first. */
  serverOf(secret: string): MemoryServer | undefined {
    return [...this.servers.values()].find(
      ({ id }, at) => (at === 0 ? connectionSecretId : connectionSecretFor(id)) === secret,
    );
  }

  /** Access key ids in all labelled values of the rotated secrets. */
  keysInLabels(): readonly string[] {
    return this.definitions.flatMap(({ secretId: id }) =>
      [...this.secrets.secret(id).versions.values()].flatMap(({ labels, value }) =>
        labels.size === 0 || value === null
          ? []
          : ((JSON.parse(value) as Record<string, string>)['aws_access_key_id'] ?? []),
      ),
    );
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
    return asText([this.logs, this.metrics, this.notices, this.table.history, also]);
  }

  /** The secrets found in all that was put out, plain or in a usual encoding. */
  leaks(...also: readonly unknown[]): readonly string[] {
    return foundIn(this.everythingWritten(...also), this.canaries);
  }
}

export const createWorld = (options: WorldOptions = {}): MemoryWorld => new MemoryWorld(options);
