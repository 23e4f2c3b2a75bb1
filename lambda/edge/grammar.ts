import type { RotationError } from '../core/errors';
import { partsOf } from '../core/names';
import type { Grammar, LinkRow } from '../ports';
import { ask, failureOf, obstacleTo } from './reading';
import type { Answer, Session } from './session';
import { probeAlter, probeCreate, probePrivilege, probeReplace, type Statement } from './statements';

/**
 * The server does not know the statement, or does not support it (facts: singlestore, sections 3.6 and 6): it may log such a one
 * literally. The others are MySQL's numbers for the same.
 */
const unknownStatement: ReadonlySet<number> = new Set([1064, 1706, 1149, 1235, 1295]);

/**
 * How links are changed on this server, asked of its parser: a statement that it cannot parse may be written to its
 * audit log literally, so none that holds a secret is sent before this is known. The version says nothing: Helios has
 * statements before its engine's release does.
 *
 * @param link one that is there: the answer holds for its database.
 * @param mayCreate the grants show that the user may create links: then that is not asked.
 * @param random for names that nobody has.
 * @throws PRIVILEGE_MISSING, WORKSPACE_WRONG, CONNECTION_LOST
 */
export async function readGrammar(
  link: LinkRow,
  mayCreate: boolean,
  random: string,
  session: Session,
): Promise<Grammar | null> {
  if (await isKnown(probeAlter(partsOf(link.link).database, random), session)) return 'alter';
  if (!(await isKnown(probeReplace(random), session))) return null;
  const obstacle = mayCreate ? null : await obstacleTo(probeCreate(link), session);
  if (obstacle !== null) throw obstacle;
  // a START of a pipeline that nobody has: this server has no change of a link that would tell
  const closed = await obstacleTo(probePrivilege('START PIPELINE', partsOf(link.link).database, random), session);
  if (closed?.code === 'WORKSPACE_WRONG') throw closed;
  return 'replace';
}

/**
 * Whether a database can be written to, asked of one where the grants show what it takes, with a change of a link that nobody has.
 *
 * @returns WORKSPACE_WRONG; `null`: it can, as far as the server says; `undefined`: this server cannot be asked so
 */
export async function unwritable(
  database: string,
  random: string,
  session: Session,
): Promise<RotationError | null | undefined> {
  const probe = probeAlter(database, random);
  const answer = await ask(session, probe);
  if (answer.is === 'rows') return null;
  const failure = failureOf(answer, session, probe);
  if (answer.is === 'lost') throw failure;
  if (isUnknown(answer)) return undefined;
  return failure.code === 'WORKSPACE_WRONG' ? failure : null;
}

const isUnknown = ({ errno, says }: Extract<Answer, { is: 'refused' }>): boolean =>
  unknownStatement.has(errno) || says === 'not-supported';

/** A refusal that is not about grammar is about the object: the statement itself was understood. */
async function isKnown(probe: Statement, session: Session): Promise<boolean> {
  const answer = await ask(session, probe);
  if (answer.is === 'rows') return true;
  if (answer.is === 'refused' && isUnknown(answer)) return false;
  const failure = failureOf(answer, session, probe);
  if (failure.code !== 'STATEMENT_REFUSED') throw failure;
  return true;
}
