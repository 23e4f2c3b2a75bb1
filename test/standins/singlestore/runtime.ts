import { abandon, advance, dueAt, finishBatch, settle } from './batches';
import type { Cluster, PipelineState } from './cluster';
import { withoutSession } from './cluster';
import { execute } from './engine';
import type { ReadSource } from './loader';
import { parse } from './parser';
import { errorReply } from './reply';
import type { FinalReply, Waiting } from './reply';
import type { Statement } from './statement';
import { normalize } from './tokenizer';

export interface StatementInfo {
  readonly connectionId: number;
  readonly sql: string;
  readonly parsed: boolean;
  /** The statement with every literal as `?`. */
  readonly normalized: string;
}

/** What to do with a statement instead of just running it. */
export type Verdict =
  | 'ok'
  | 'drop-before'
  | 'drop-after'
  | { readonly errno: number; readonly sqlState: string; readonly message: string }
  | { readonly delayMs: number };
export type OnStatement = (info: StatementInfo) => Verdict | Promise<Verdict>;

/** One received statement; `ms` and `outcome` are filled in when it has ended. */
export interface StatementRecord {
  readonly at: number;
  readonly connectionId: number;
  readonly user: string;
  readonly sql: string;
  readonly parsed: boolean;
  readonly kind: Statement['kind'] | 'unparsed';
  readonly ms: number | undefined;
  readonly outcome: 'running' | 'ok' | 'killed' | 'dropped' | `error ${number}`;
}

export interface Transition {
  readonly at: number;
  readonly database: string;
  readonly pipeline: string;
  readonly from: PipelineState;
  readonly to: PipelineState;
}

interface Waiter {
  readonly waiting: Waiting;
  readonly resolve: (reply: FinalReply | undefined) => void;
}

const interrupted = errorReply(1317, '70100', 'Query execution was interrupted');

/** Owns the current cluster: runs statements on it one by one, and the loops of its running pipelines. */
export class Runtime {
  readonly statements: StatementRecord[] = [];
  readonly transitions: Transition[] = [];
  readonly #timers = new Map<string, { readonly due: number; readonly timer: NodeJS.Timeout }>();
  readonly #waiters = new Map<number, Waiter>();
  readonly #hangUps = new Map<number, () => void>();
  /** Epoch ms. */
  readonly startedAt: number;
  #cluster: Cluster;
  #stopped = false;

  constructor(
    cluster: Cluster,
    readonly now: () => number,
    private readonly read: ReadSource,
    private readonly onStatement?: OnStatement,
  ) {
    this.#cluster = cluster;
    this.startedAt = now();
  }

  get cluster(): Cluster {
    return this.#cluster;
  }

  /** Replaces the cluster, and draws the consequences: transitions, timers, waiting and killed connections. */
  update(change: (cluster: Cluster) => Cluster): void {
    const before = this.#cluster;
    const after = (this.#cluster = change(before));
    if (after.pipelines !== before.pipelines) {
      for (const [key, then, now] of after.pipelines.changesSince(before.pipelines)) {
        if (then && now && then.state !== now.state) {
          const { database, name: pipeline } = now;
          this.transitions.push({ at: this.now(), database, pipeline, from: then.state, to: now.state });
        }
        this.#schedule(key, now && dueAt(now));
      }
      for (const [id, { waiting, resolve }] of this.#waiters) {
        const reply = settle(after, waiting);
        if (reply === undefined) continue;
        this.#waiters.delete(id);
        resolve(reply);
      }
    }
    if (after.sessions !== before.sessions) {
      for (const [, then, now] of after.sessions.changesSince(before.sessions)) {
        if (then && now === undefined) this.#ended(then.id, true);
        else if (then?.running && now && now.running === undefined) this.#ended(then.id, false);
      }
    }
  }

  /** Calls `hangUp` when this connection is killed. */
  attach(connectionId: number, hangUp: () => void): void {
    this.#hangUps.set(connectionId, hangUp);
  }

  /** The connection has ended by itself. */
  detach(connectionId: number): void {
    this.#hangUps.delete(connectionId);
    this.update((cluster) => withoutSession(cluster, connectionId));
  }

  /** Runs one statement; undefined means that its client must get no answer and lose its connection. */
  async run(connectionId: number, sql: string): Promise<FinalReply | undefined> {
    const at = this.now();
    const began = performance.now();
    const statement = parse(sql, this.#cluster.settings);
    const parsed = 'kind' in statement;
    const kind = parsed ? statement.kind : 'unparsed';
    const user = this.#cluster.sessions.get(String(connectionId))?.user ?? '';
    const index = this.statements.length;
    this.statements.push({ at, connectionId, user, sql, parsed, kind, ms: undefined, outcome: 'running' });
    this.#setRunning(connectionId, { sql, since: at });
    const result = await this.#judge(connectionId, sql, statement);
    const alive = this.#cluster.sessions.has(String(connectionId));
    const outcome =
      result === 'dropped'
        ? 'dropped'
        : !alive
          ? 'killed'
          : result.type === 'error'
            ? (`error ${result.errno}` as const)
            : 'ok';
    this.statements[index] = { ...this.statements[index]!, ms: performance.now() - began, outcome };
    this.#setRunning(connectionId, undefined);
    return result === 'dropped' || !alive ? undefined : result;
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const { resolve } of this.#waiters.values()) resolve(undefined);
    this.#waiters.clear();
  }

  async #judge(
    connectionId: number,
    sql: string,
    statement: ReturnType<typeof parse>,
  ): Promise<FinalReply | 'dropped'> {
    const verdict = this.onStatement
      ? await this.onStatement({ connectionId, sql, parsed: 'kind' in statement, normalized: normalize(sql) })
      : 'ok';
    if (verdict === 'drop-before') return 'dropped';
    if (typeof verdict === 'object') {
      if ('errno' in verdict) return { type: 'error', ...verdict };
      await new Promise((resolve) => setTimeout(resolve, verdict.delayMs));
      if (this.#cluster.sessions.get(String(connectionId))?.running === undefined) return interrupted; // killed meanwhile
    }
    const reply = 'kind' in statement ? await this.execute(connectionId, statement) : statement;
    return verdict === 'drop-after' ? 'dropped' : reply;
  }

  /** Runs a statement to its final reply, unseen by `onStatement` and unrecorded. */
  async execute(connectionId: number, statement: Statement): Promise<FinalReply> {
    let context = {};
    for (;;) {
      const [next, reply] = execute(this.#cluster, statement, { connectionId, now: this.now(), ...context });
      if (next !== this.#cluster) this.update(() => next);
      if (reply.type === 'ask') context = { source: await this.read(reply.request) };
      else if (reply.type === 'wait') return (await this.#wait(reply.waiting)) ?? interrupted;
      else return reply;
    }
  }

  #wait(waiting: Waiting): Promise<FinalReply | undefined> {
    return new Promise((resolve) => this.#waiters.set(waiting.connectionId, { waiting, resolve }));
  }

  /** KILL took the connection out of the process list, or its statement away. */
  #ended(connectionId: number, wholeConnection: boolean): void {
    const waiter = this.#waiters.get(connectionId);
    if (waiter !== undefined) {
      this.#waiters.delete(connectionId);
      this.update((cluster) => abandon(cluster, waiter.waiting, this.now()));
      waiter.resolve(undefined);
    }
    if (!wholeConnection) return;
    this.#hangUps.get(connectionId)?.();
    this.#hangUps.delete(connectionId);
  }

  #setRunning(connectionId: number, running: { readonly sql: string; readonly since: number } | undefined): void {
    const key = String(connectionId);
    const session = this.#cluster.sessions.get(key);
    if (session === undefined) return;
    this.#cluster = { ...this.#cluster, sessions: this.#cluster.sessions.set(key, { ...session, running }) };
  }

  #schedule(key: string, due: number | undefined): void {
    const scheduled = this.#timers.get(key);
    if (this.#stopped || scheduled?.due === due) return;
    if (scheduled !== undefined) clearTimeout(scheduled.timer);
    if (due === undefined) this.#timers.delete(key);
    else this.#timers.set(key, { due, timer: setTimeout(() => void this.#step(key), Math.max(0, due - this.now())) });
  }

  async #step(key: string): Promise<void> {
    this.#timers.delete(key);
    const startedAt = this.now();
    const [next, work] = advance(this.#cluster, key, startedAt);
    if (next === this.#cluster) {
      const pipeline = next.pipelines.get(key); // woken early: the clock is not the timer's
      this.#schedule(key, pipeline && dueAt(pipeline));
      return;
    }
    this.update(() => next);
    if (work === undefined) return;
    const answer = await this.read(work.request);
    const left = startedAt + this.#cluster.settings.batchMs - this.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left).unref());
    if (!this.#stopped) this.update((cluster) => finishBatch(cluster, key, work.batchId, answer, this.now()));
  }
}
