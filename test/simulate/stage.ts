import { RotationError } from '../../lambda/core/errors';
import { rotationSteps, type Step } from '../../lambda/core/event';
import { recover, type Recovery } from '../../lambda/steps/recover';
import { rotate } from '../../lambda/steps/rotate';
import type { Invocation } from '../../lambda/ports';
import { secretId } from '../support/scenario';
import type { Fault } from '../support/points';
import type { MemoryWorld } from '../support/world';
import { fingerprint } from './fingerprint';
import type { Witness } from './invariants';

/** A moment between two invocations, and what the world was like then. */
export interface Boundary {
  /** Calls made before it. */
  readonly point: number;
  /** Equal ones have equal futures, up to the hour they take place at; `null`: something is still under way. */
  readonly fingerprint: string | null;
}

/** The play is over before its end: a promise is broken already, or the rest is known. */
export class Halt extends Error {}

export interface StageOptions {
  readonly fault: (point: number, name: string) => Fault | undefined;
  /** Whether what follows a boundary is known, by what can differ in it. Absent: boundaries are not told apart, which takes time. */
  readonly isKnown?: ((point: number, state: string) => boolean) | undefined;
}

/** What a scenario does to the product: Secrets Manager's calls, the watchdog, and other people. */
export class Stage {
  readonly errors: unknown[] = [];
  readonly results: unknown[] = [];
  readonly boundaries: Boundary[] = [];
  /** What the story found wrong on its way. */
  readonly found: string[] = [];
  /** The error of the last call of each step that failed, and `null` once a whole rotation succeeded. */
  lastError: unknown = null;
  /** From here on nothing fails any more. */
  calmAt = Infinity;
  #position = 0;
  #running = 0;
  readonly #moments = new Map<number, () => void>();
  readonly #lasting = new Map<string, Fault>();
  readonly #habits: { readonly name: string; readonly act: () => void }[] = [];
  readonly #triggers: { readonly name: string; left: number; readonly act: () => Fault | undefined }[] = [];

  constructor(
    readonly world: MemoryWorld,
    readonly witness: Witness,
    readonly options: StageOptions,
  ) {
    world.faults = (point, name) => {
      witness.sends(point);
      let fault: Fault | undefined;
      if (point <= this.calmAt) this.#moments.get(point)?.();
      for (const trigger of this.#triggers)
        if (trigger.name === name && --trigger.left === 0) fault = trigger.act() ?? fault;
      for (const habit of this.#habits) if (habit.name === name && point <= this.calmAt) habit.act();
      for (const [beginning, always] of this.#lasting) if (name.startsWith(beginning)) fault ??= always;
      return this.calmAt < point ? undefined : (fault ?? options.fault(point, name));
    };
    world.afterEffect = (point) => {
      witness.look(point, true);
    };
  }

  /** Somebody acts just before the `nth` call of this name (from 1) reaches its port. */
  before(name: string, nth: number, act: () => void): void {
    const only = (): undefined => {
      act();
    };
    this.#triggers.push({ name, left: nth, act: only });
  }

  /** Somebody acts just before this call, of whatever name, reaches its port. */
  at(point: number, act: () => void): void {
    this.#moments.set(point, act);
  }

  /** Part of the story: the `nth` call of this name fails. */
  fails(name: string, nth: number, fault: Fault): void {
    this.#triggers.push({ name, left: nth, act: () => fault });
  }

  /** Part of the story: calls whose names begin so fail, all of them. @returns what ends it */
  failsAll(beginning: string, fault: Fault): () => void {
    this.#lasting.set(beginning, fault);
    return () => this.#lasting.delete(beginning);
  }

  /** Somebody acts just before each call of this name reaches its port. */
  each(name: string, act: () => void): void {
    this.#habits.push({ name, act });
  }

  /** Somebody acts now. */
  somebody(act: () => void): void {
    this.#position += 1;
    act();
    this.witness.look(this.world.points.length);
  }

  /** Secrets Manager begins a rotation, or goes on with one that is not complete. @returns its version */
  stage(id = secretId): string {
    const pending = this.world.secrets.holder(id, 'AWSPENDING');
    if (pending !== null && pending !== this.world.secrets.holder(id, 'AWSCURRENT')) return pending;
    const version = this.world.newId();
    this.world.secrets.stage(id, version, null);
    this.witness.look(this.world.points.length);
    return version;
  }

  /** One step. @returns whether it succeeded */
  async step(version: string, step: Step, { seconds = 900, id = secretId, lifeMs = Infinity } = {}): Promise<boolean> {
    const answer = await this.call(
      `${step} of ${id}`,
      (run) => rotate({ type: 'rotation', step, secretId: id, version }, run),
      seconds,
      lifeMs,
    );
    return answer !== undefined;
  }

  /** The four steps, up to the first that fails. */
  async attempt(version: string, options: { seconds?: number; id?: string; lifeMs?: number } = {}): Promise<boolean> {
    for (const step of rotationSteps) if (!(await this.step(version, step, options))) return false;
    this.lastError = null;
    return true;
  }

  /** Secrets Manager: the four steps, and the whole again with the same token after a failure. */
  async rotate(
    version = this.stage(),
    { attempts = 6, seconds = 900, id = secretId, watched = false } = {},
  ): Promise<string> {
    for (let left = attempts; left > 0; left -= 1) {
      if (await this.attempt(version, { seconds, id })) break;
      await this.pass(35_000);
      if (watched) await this.watchdog();
    }
    this.#position += 1;
    return version;
  }

  /** One minute's run of the watchdog. */
  async watchdog(seconds = 60): Promise<Recovery | undefined> {
    const recovery = await this.call('recover', recover, seconds);
    this.#position += 1;
    return recovery;
  }

  /** Several at once. */
  async together(...works: readonly (() => Promise<unknown>)[]): Promise<void> {
    this.#running += 1; // nothing in between is a boundary
    await this.world.clock.run(Promise.all(works.map((work) => work())));
    this.#running -= 1;
    this.#position += 1;
  }

  /** For use in `together`: time passes with that of the others. */
  sleep = (milliseconds: number): Promise<void> => this.world.clock.sleep(milliseconds);

  /** Lets time pass. */
  async pass(milliseconds: number): Promise<void> {
    if (this.#running > 0) return this.sleep(milliseconds);
    await this.world.clock.run(this.sleep(milliseconds));
    this.witness.look(this.world.points.length);
    this.#halt();
  }

  /** Who was suspended wakes, and comes to an end; so does what it has sent. */
  async wake(): Promise<void> {
    const { zombies, clock } = this.world;
    if (zombies.length === 0) return;
    for (const outcome of await clock.run(Promise.allSettled(zombies.map(({ ended }) => ended))))
      if (outcome.status === 'rejected') this.errors.push(outcome.reason);
    await this.pass(61_000);
  }

  /** Everything that goes wrong has gone wrong. */
  calm(): void {
    this.calmAt = Math.min(this.calmAt, this.world.points.length);
    this.world.latency = () => 1;
  }

  /** One invocation to its end. @returns what it returned, or `undefined` when it failed or died */
  async call<T>(
    name: string,
    work: (run: Invocation) => Promise<T>,
    seconds: number,
    lifeMs = Infinity,
  ): Promise<T | undefined> {
    const alone = this.#running === 0;
    if (alone) {
      this.#halt();
      this.#atBoundary(name);
    }
    this.#running += 1;
    try {
      const begun = this.world.begin(work, { seconds, lifeMs });
      const result = await (alone ? this.#settled(begun) : begun);
      this.results.push(result);
      return result ?? (null as T);
    } catch (error) {
      this.errors.push(error);
      this.lastError = error;
      return undefined;
    } finally {
      this.#running -= 1;
      if (alone) this.#halt();
    }
  }

  #atBoundary(name: string): void {
    const { isKnown } = this.options;
    const point = this.world.points.length;
    const state = isKnown === undefined ? null : fingerprint(this.world);
    const left = this.#triggers.map((trigger) => Math.max(0, trigger.left));
    const here = state === null ? null : `${this.#position} ${name} ${left.join()} ${state}`;
    this.boundaries.push({ point, fingerprint: here });
    if (here !== null && isKnown?.(point, `${this.#past()} ${here}`) === true) throw new Halt();
  }

  /** What has been: the claims at the end of a play look at it, too. */
  #past(): string {
    const failed = this.errors.map((error) =>
      error instanceof RotationError ? error.code : String(error).slice(0, 5),
    );
    return `${failed.join()} ${this.found.join()} ${this.world.transitions.length}`;
  }

  /** Lets time pass until a promise has settled, however. */
  async #settled<T>(begun: Promise<T>): Promise<T> {
    begun.catch(() => undefined);
    return this.world.clock.run(begun);
  }

  #halt(): void {
    if (this.witness.violations.length > 0) throw new Halt();
  }
}
