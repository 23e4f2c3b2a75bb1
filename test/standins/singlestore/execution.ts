import { assumed } from './assumed';
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
  if (known === undefined) return unknownDatabase(chosen);
  return known.attached ? { database: chosen, name } : assumed.unattachedDatabase(chosen);
}

export function isError(value: Name | ErrorReply): value is ErrorReply {
  return 'errno' in value;
}

/** STOP needs START PIPELINE: there is no privilege of its own name (the STOP PIPELINE page). */
const DOCUMENTED = {
  'CREATE LINK': ['CREATE LINK'],
  'DROP LINK': ['DROP LINK'],
  'SHOW LINKS': ['SHOW LINK'],
  'CREATE PIPELINE': ['CREATE PIPELINE'],
  'DROP PIPELINE': ['DROP PIPELINE'],
  'START PIPELINE': ['START PIPELINE'],
  'STOP PIPELINE': ['START PIPELINE'],
  'SHOW PIPELINES': ['SHOW PIPELINE'],
} as const;
export type Command = keyof typeof DOCUMENTED | keyof typeof assumed.needs;

/** What a statement on one link, pipeline or function is called. */
export function commandOf(kind: OnOne): Command {
  return kind.replaceAll('-', ' ').toUpperCase() as Command;
}
type OnOne = Extract<Statement['kind'], `${string}-link` | `${string}-pipeline` | `${string}-function`>;

const isDocumented = (command: Command): command is keyof typeof DOCUMENTED => command in DOCUMENTED;

/** The refusal if the user lacks a privilege that the command needs, as the STOP PIPELINE page words it. */
export function refusal(command: Command, object: Name, user: User): ErrorReply | undefined {
  const needs = isDocumented(command) ? DOCUMENTED[command] : assumed.needs[command];
  const allowed = needs.every((privilege) => may(user, privilege, object.database));
  if (allowed) return undefined;
  const said = / LINKS?$/.test(command) ? assumed.linkDenied : denied;
  return said(command, user.name, object.name);
}
