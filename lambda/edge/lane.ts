import type { QualifiedName } from '../core/names';
import type { Lane, LinkChange, Outcome } from '../ports';
import { missingGrant } from './reading';
import type { Session } from './session';
import { changeLink, startPipeline, stopPipeline, type Statement } from './statements';

export class SessionLane implements Lane {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }
  get connectionId(): number {
    return this.session.id;
  }
  get alive(): boolean {
    return this.session.alive;
  }
  async stop(pipeline: QualifiedName, timeoutMs: number): Promise<Outcome> {
    return this.#change(stopPipeline(pipeline), timeoutMs);
  }
  async start(pipeline: QualifiedName, timeoutMs: number): Promise<Outcome> {
    return this.#change(startPipeline(pipeline), timeoutMs);
  }
  async alter(change: LinkChange, timeoutMs: number): Promise<Outcome> {
    return this.#change(changeLink(change), timeoutMs);
  }

  async #change(statement: Statement, timeoutMs: number): Promise<Outcome> {
    const answer = await this.session.send(statement, timeoutMs);
    switch (answer.is) {
      case 'rows':
        return { is: 'done' };
      case 'lost':
        return { is: 'unknown' };
      case 'refused': {
        const grant = missingGrant(answer.errno, this.session, statement);
        return { is: 'refused', errno: answer.errno, ...(grant === undefined ? {} : { grant }) };
      }
    }
  }
}
