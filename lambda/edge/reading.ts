import { RotationError } from '../core/errors';
import type { QualifiedName } from '../core/names';
import { definitionOf } from './catalogue';
import type { Answer, Row, Session } from './session';
import { grantOf, showCreatePipeline, type Statement } from './statements';

/** Time for an answer that changes nothing. DDL waits up to 180 s for locks (facts: singlestore, section 3.4); reads do not. */
const readMs = 15_000;

/** The user lacks a privilege (facts: singlestore, section 6); by MySQL's numbers, every privilege in a database, or one above databases. */
const denied: ReadonlySet<number> = new Set([1142, 1044, 1227]);
/** MySQL's number for a database that is not there; a workspace says the same of one that is not attached to it. */
export const unknownDatabase = 1049;

/** Asks what changes nothing. */
export const ask = (session: Session, statement: Statement): Promise<Answer> => session.send(statement, readMs);

/** As {@link ask}, for rows. @throws CONNECTION_LOST, PRIVILEGE_MISSING, WORKSPACE_WRONG, STATEMENT_REFUSED */
export async function read(session: Session, statement: Statement): Promise<readonly Row[]> {
  const answer = await ask(session, statement);
  if (answer.is === 'rows') return answer.rows;
  throw failureOf(answer, session, statement);
}

/** What an answer without rows means to somebody who needed them. */
export function failureOf(
  answer: Exclude<Answer, { is: 'rows' }>,
  session: Session,
  statement: Statement,
): RotationError {
  const { name, needs } = statement;
  if (answer.is === 'lost')
    return new RotationError(
      'CONNECTION_LOST',
      `no answer to: ${name}. The question changes nothing; the next call asks again. If it goes on so, look why the connection to the server breaks.`,
    );
  const { errno, sqlState } = answer;
  const readOnly = answer.says === 'read-only';
  const grant = missingGrant(errno, session, statement);
  if (grant !== undefined)
    return new RotationError(
      'PRIVILEGE_MISSING',
      `SingleStore does not allow this user: ${name}. It was not done; the next call tries again. Allow it with: ${grant}`,
    );
  if (readOnly || (needs !== undefined && errno === unknownDatabase)) {
    const how = readOnly ? 'attached read-only to' : 'not known to, or not attached to,';
    return new RotationError(
      'WORKSPACE_WRONG',
      `SingleStore refused: ${name} (error ${errno}), because the database is ${how} the workspace that answers. It was not done; the next call tries again. Name the endpoint of the workspace that has it attached read-write in the connection secret.`,
    );
  }
  return new RotationError(
    'STATEMENT_REFUSED',
    `SingleStore refused: ${name} (error ${errno}, SQLSTATE ${sqlState}). It was not done; the next call tries again. Look the number up in SingleStore's list of errors.`,
  );
}

/**
 * Why the server would not let this user do what a statement without effect stands for; `null` when it says nothing of the
 * kind: any other refusal is about the object, which nobody has.
 *
 * @returns PRIVILEGE_MISSING or WORKSPACE_WRONG
 * @throws CONNECTION_LOST
 */
export async function obstacleTo(statement: Statement, session: Session): Promise<RotationError | null> {
  const answer = await ask(session, statement);
  if (answer.is === 'rows') return null;
  const failure = failureOf(answer, session, statement);
  if (answer.is === 'lost') throw failure;
  return failure.code === 'STATEMENT_REFUSED' ? null : failure;
}

/** The GRANT that would have prevented a refusal; `undefined` when none would. */
export function missingGrant(errno: number, session: Session, { needs }: Statement): string | undefined {
  return denied.has(errno) && needs !== undefined ? grantOf(needs, session.user) : undefined;
}

/** What SHOW CREATE PIPELINE said: a definition, or why there is none. */
export type Definitions = ReadonlyMap<QualifiedName, string | RotationError>;

/**
 * Asks for each pipeline's definition over all `sessions` at once. Should one break, the others do its share.
 *
 * @throws CONNECTION_LOST when none is left.
 */
export async function readDefinitions(
  pipelines: readonly QualifiedName[],
  sessions: readonly Session[],
): Promise<Definitions> {
  const definitions = new Map<QualifiedName, string | RotationError>();
  // Sorted, so that a session changes its database only where one ends: names begin with it.
  const todo = [...pipelines].sort();
  const work = async (session: Session): Promise<void> => {
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const statement = showCreatePipeline(next);
      const answer = await ask(session, statement);
      if (answer.is === 'lost') {
        todo.push(next);
        return;
      }
      definitions.set(next, answer.is === 'rows' ? definitionOf(answer.rows) : failureOf(answer, session, statement));
    }
  };
  await Promise.all(sessions.map(work));
  if (todo.length > 0)
    throw new RotationError(
      'CONNECTION_LOST',
      `connections broke before ${todo.length} pipelines were read. Reading changes nothing; the next call reads again. If it goes on so, lower limits.connections, or look why the server closes them.`,
    );
  return definitions;
}
