import type { SourceAnswer } from './batches';
import { may } from './cluster';
import type { Cluster, Name, Session, User } from './cluster';
import { denied, noDatabase, unknownDatabase } from './reply';
import type { ErrorReply } from './reply';
import type { Ref, Statement } from './statement';

export interface Context {
  readonly connectionId: number;
  /** Epoch ms. */
  readonly now: number;
  /** What the source said, after an `ask` reply. */
  readonly source?: SourceAnswer;
}

/** A statement's context with its session and user looked up. */
export interface Execution extends Context {
  readonly cluster: Cluster;
  readonly session: Session;
  readonly user: User;
}

/** A statement of the given kinds. */
export type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** Makes the name complete, or says why that cannot be: no database chosen, unknown, not attached. */
export function resolve({ database, name }: Ref, { cluster, session }: Execution): Name | ErrorReply {
  const chosen = database ?? session.database;
  if (chosen === undefined) return noDatabase;
  const known = cluster.databases.get(chosen);
  return known?.attached ? { database: chosen, name } : unknownDatabase(chosen);
}

export function isError(value: Name | ErrorReply): value is ErrorReply {
  return 'errno' in value;
}

/** The refusal if the user lacks one of `privileges`, as the STOP PIPELINE page words it. */
export function refusal(
  command: string,
  privileges: readonly string[],
  object: Name,
  user: User,
): ErrorReply | undefined {
  const allowed = privileges.every((privilege) => may(user, privilege, object.database));
  return allowed ? undefined : denied(command, user.name, object.name);
}
