import type { QualifiedName } from '../../lambda/core/names';
import type { Lane, Outcome } from '../../lambda/ports';
import { errno, type Connection, type MemoryServer } from './memoryServer';
import type { Answers, Ask } from './points';

const unknown: Outcome = { is: 'unknown' };

/** One connection for statements. Those sent at the same time go one after another. */
export class MemoryLane implements Lane {
  readonly connection: Connection;
  #lost = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly server: MemoryServer,
    readonly ask: Ask,
    user: string,
    holder: string,
  ) {
    this.connection = server.connect(user, holder);
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
