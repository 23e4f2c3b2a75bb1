import { RotationError, type ErrorCode } from '../../lambda/core/errors';
import type { VirtualClock } from './clock';

/**
 * What goes wrong at one call of a port.
 *
 * `not-sent`: no effect and no answer. `refused`: no effect, and the answer says no. `lost`: the effect, but no answer.
 * `late`: no answer, and the effect comes `lateMs` afterwards. `after-retry`: it comes while a later invocation is at work.
 * `dies-before` and `dies`: the process ends before or after the effect. `freezes`: the process is suspended before the
 * call, wakes `frozenMs` afterwards, and goes on as if nothing had been. `naps`: the same, for `napMs`.
 */
export type Fault =
  'not-sent' | 'refused' | 'lost' | 'late' | 'after-retry' | 'dies-before' | 'dies' | 'freezes' | 'naps';
export type Faults = ReadonlyMap<number, Fault> | ((point: number, name: string) => Fault | undefined);

/** The end of a process: by a fault, or because its time was up. The code under test never sees it: nothing answers it any more. */
export class Death extends Error {
  constructor(reason: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0; // every process ends by one, and where is in its message
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'Death';
  }
}

/** One running process. Once it has ended nothing answers it: not even its `catch` and `finally` blocks run on. */
export class Process {
  #alive = true;
  #tell: (reason: Error) => void = () => undefined;
  /** Rejects when the process ends before its work is done. */
  readonly died = new Promise<never>((_, reject) => {
    this.#tell = reject;
  });

  /** Rejects when the process is suspended: nobody waits for its answer. */
  readonly froze: Promise<never>;
  #tellFrozen: (reason: Error) => void = () => undefined;
  /** Resolves when it wakes; `null` while it is awake. */
  thaw: Promise<void> | null = null;
  /** When it woke, epoch milliseconds; `null`: it was never suspended, or is still. */
  wokeAt: number | null = null;
  /** The calls before which it was suspended. */
  readonly sleptBefore: string[] = [];

  constructor(readonly holder: string) {
    this.died.catch(() => undefined);
    this.froze = new Promise<never>((_, reject) => {
      this.#tellFrozen = reject;
    });
    this.froze.catch(() => undefined);
  }
  freeze(thaw: Promise<void>, reason: Error): void {
    this.thaw = thaw;
    this.#tellFrozen(reason);
  }
  wake(now: number): void {
    this.thaw = null;
    this.wokeAt = now;
  }
  isAlive(): boolean {
    return this.#alive;
  }
  end(reason: Error): void {
    this.#alive = false;
    this.#tell(reason);
  }
}

export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** What a caller gets without an answer, and when the answer is no. Either may throw. */
export interface Answers<T> {
  readonly lost: () => T;
  readonly refused: () => T;
}

/** One call of a port by one process. */
export type Ask = <T>(name: string, effect: () => T | Promise<T>, answers: Answers<T>) => Promise<T>;

/** The answers of a call that can only throw; one and the same where both have the same code, since the caller cannot tell them apart. */
export function throwing<T>(name: string, lost: ErrorCode, refused: ErrorCode = lost): Answers<T> {
  const answer = (code: ErrorCode, what: string) => (): T => {
    throw new RotationError(code, `${name} ${what}`);
  };
  if (lost === refused) {
    const failed = answer(lost, 'failed');
    return { lost: failed, refused: failed };
  }
  return { lost: answer(lost, 'got no answer'), refused: answer(refused, 'was refused') };
}

/** What became of a call, as far as it tells which faults of it are alike. */
export interface Trace {
  readonly name: string;
  readonly holder: string;
  /** It is the first call of its process. */
  readonly first: boolean;
  /** It changed the world: the world's version before and after its effect differ. */
  changed: boolean;
  /** A refusal and silence look the same to the caller. */
  readonly alike: boolean;
}

/** Milliseconds after which a process that `naps` wakes: shorter than a lease and a retry, longer than most waiting. */
const napMs = 25_000;
/** An effect that comes `after-retry` waits for an invocation that begins so long after it was asked for, or so long at most. Milliseconds. */
const retryMs = { from: 30_000, until: 60_000 };

/** All calls of all ports, numbered from 1 in the order they are made. */
export class Points {
  /** The names seen, `port.method`; point n is at index n - 1. */
  readonly names: string[] = [];
  faults: Faults = new Map<number, Fault>();
  /** Milliseconds that each call takes, apart from what it does. */
  latency: (point: number, name: string) => number = () => 1;
  /** Milliseconds after which a `late` effect comes. */
  lateMs = 5_000;
  /** Milliseconds after which a process that `freezes` wakes. */
  frozenMs = 240_000;
  /** Called after each effect: the place for invariants. What it throws ends the process and is what the run fails with. */
  afterEffect: (point: number, name: string) => void = () => undefined;
  /** What `afterEffect` threw first. */
  broken: Error | null = null;

  /** Effects that are still to come. */
  late = 0;
  /** Told when a process begins. */
  readonly #waiting = new Set<() => void>();
  /** Point n is at index n - 1, as in `names`. */
  readonly traces: Trace[] = [];

  /** @param version grows with every change of the world. */
  constructor(
    readonly clock: VirtualClock,
    readonly version: () => number = () => 0,
  ) {}

  /** The calls of one process. */
  of(process: Process): Ask {
    let first = true;
    for (const tell of [...this.#waiting]) tell();
    return async (name, effect, answers) => {
      if (!process.isAlive()) return never();
      const point = this.names.push(name);
      const alike = answers.lost === answers.refused;
      this.traces.push({ name, holder: process.holder, first, changed: false, alike });
      first = false;
      const { faults } = this;
      const fault = typeof faults === 'function' ? faults(point, name) : faults.get(point);
      if ((fault === 'freezes' || fault === 'naps') && process.thaw === null)
        this.#freeze(process, fault === 'naps' ? napMs : this.frozenMs, name, point);
      // what others of the process were about to send just then waits with it
      if (process.thaw !== null) await process.thaw;
      if (fault === 'dies-before') process.end(new Death(`died before ${name}, point ${point}`));
      else await this.clock.sleep(this.latency(point, name));
      if (!process.isAlive()) return never();
      if (fault === 'refused') return answers.refused();
      if (fault === 'not-sent') return answers.lost();
      const isLate = fault === 'late' || fault === 'after-retry';
      const happening = this.#happen(point, name, effect, process, isLate ? fault : null);
      if (isLate) {
        happening.catch(() => undefined);
        return answers.lost();
      }
      const result = await happening.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      if (fault === 'dies') process.end(new Death(`died after ${name}, point ${point}`));
      if (process.thaw !== null) await process.thaw;
      if (!process.isAlive()) return never();
      if (fault === 'lost') return answers.lost();
      if ('error' in result) throw result.error;
      return result.value;
    };
  }

  /** Until it wakes it asks nothing and hears nothing; what it had sent goes on. */
  #freeze(process: Process, milliseconds: number, name: string, point: number): void {
    process.sleptBefore.push(name);
    const thaw = this.clock.sleep(milliseconds).then(() => {
      process.wake(this.clock.now());
    });
    process.freeze(thaw, new Death(`was suspended before ${name}, point ${point}`));
  }

  /** Until a later invocation has made some calls: how many differs from point to point. */
  #laterInvocation(point: number): Promise<void> {
    const { clock } = this;
    const asked = clock.now();
    return new Promise((resolve) => {
      const tell = (): void => {
        if (clock.now() < asked + retryMs.from) return;
        come();
        clock.at(clock.now() + 1 + ((point * 7) % 60), resolve);
      };
      const come = (): void => {
        callOff();
        this.#waiting.delete(tell);
      };
      const callOff = clock.at(asked + retryMs.until, () => {
        come();
        resolve();
      });
      this.#waiting.add(tell);
    });
  }

  async #happen<T>(
    point: number,
    name: string,
    effect: () => T | Promise<T>,
    process: Process,
    late: 'late' | 'after-retry' | null,
  ): Promise<T> {
    if (late !== null) {
      this.late += 1;
      await (late === 'late' ? this.clock.sleep(this.lateMs) : this.#laterInvocation(point));
      this.late -= 1;
    }
    const before = this.version();
    const value = await effect();
    const trace = this.traces[point - 1];
    if (trace !== undefined) trace.changed = this.version() !== before;
    try {
      this.afterEffect(point, name);
    } catch (error) {
      this.broken ??= error instanceof Error ? error : new Error(String(error));
      process.end(this.broken);
    }
    return value;
  }
}
