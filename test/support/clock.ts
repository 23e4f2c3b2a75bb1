import type { Clock } from '../../lambda/ports';

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

/** Time that moves only when everybody waits, and then straight to the next thing that is due. Nothing ever sleeps for real. */
export class VirtualClock implements Clock {
  #now: number;
  /** By time; those of one instant in the order they were set. */
  readonly #timers: Timer[] = [];

  /** @param now epoch milliseconds. */
  constructor(now: number) {
    this.#now = now;
  }

  /** Between two timers: all microtasks are done by then. Who waits for the real world as well needs a turn of its event loop. */
  turn = (): Promise<void> =>
    new Promise((resolve) => {
      process.nextTick(resolve);
    });

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.at(this.#now + Math.max(0, milliseconds), resolve));
  }

  /**
   * Has something happen at a time (epoch milliseconds; `Infinity`: never).
   *
   * @returns what calls it off.
   */
  at(time: number, action: () => void): () => void {
    if (time === Infinity) return () => undefined;
    const timer = { at: Math.max(time, this.#now), action };
    const next = this.#timers.findLastIndex((other) => other.at <= timer.at) + 1;
    this.#timers.splice(next, 0, timer);
    return () => {
      const place = this.#timers.indexOf(timer);
      if (place >= 0) this.#timers.splice(place, 1);
    };
  }

  /**
   * Lets time pass until `work` settles. One timer fires at a time, and all that follows from it is done before the
   * next one: equal schedules give equal runs.
   *
   * @throws when `work` waits for something that no timer will bring.
   */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false as boolean;
    const settle = (): void => {
      settled = true;
    };
    work.then(settle, settle);
    for (;;) {
      await this.turn();
      if (settled) return work;
      const timer = this.#timers.shift();
      if (timer === undefined) throw new Error('everybody waits and nothing is due: the work would never settle');
      this.#now = timer.at;
      timer.action();
    }
  }
}
