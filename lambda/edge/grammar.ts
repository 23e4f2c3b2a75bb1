import type { Grammar } from '../ports';
import { ask, failureOf, missingGrant } from './reading';
import type { Session } from './session';
import { probeAlter, probeReplace, type Statement } from './statements';

/** The server does not know the statement, or does not support it (facts: singlestore, sections 3.6 and 6): it may log such a one literally. */
const unknownStatement: ReadonlySet<number> = new Set([1064, 1706]);

/**
 * How links are changed on this server, asked of its parser: a statement that it cannot parse may be written to its
 * audit log literally, so none that holds a secret is sent before this is known. The version says nothing: Helios has
 * statements before its engine's release does.
 *
 * @param random for names that nobody has.
 * @throws PRIVILEGE_MISSING, CONNECTION_LOST
 */
export async function readGrammar(database: string, random: string, session: Session): Promise<Grammar | null> {
  if (await isKnown(probeAlter(database, random), session)) return 'alter';
  return (await isKnown(probeReplace(random), session)) ? 'replace' : null;
}

/** A refusal that is not about grammar is about the object: the statement itself was understood. */
async function isKnown(probe: Statement, session: Session): Promise<boolean> {
  const answer = await ask(session, probe);
  if (answer.is === 'rows') return true;
  if (answer.is === 'lost' || missingGrant(answer.errno, session, probe) !== undefined)
    throw failureOf(answer, session, probe);
  return !unknownStatement.has(answer.errno);
}
