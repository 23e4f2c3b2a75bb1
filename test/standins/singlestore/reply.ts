import { assumed } from './assumed';
import type { SourceRequest } from './batches';

export type Value = string | number | bigint | boolean | null;

/** How a column travels: the client decides by it what it makes of the text. */
export type ColumnType = 'text' | 'integer' | 'decimal' | 'datetime';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

export interface OkReply {
  readonly type: 'ok';
  readonly affectedRows: number;
}
export interface ErrorReply {
  readonly type: 'error';
  readonly errno: number;
  readonly sqlState: string;
  readonly message: string;
}
export interface RowsReply {
  readonly type: 'rows';
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
}
/** The statement took effect, but its client hears of it only when `settle` (batches.ts) says so. */
export interface WaitReply {
  readonly type: 'wait';
  readonly waiting: Waiting;
}
/** The statement needs the source's answer first: execute it again with `context.source`. Nothing has changed yet. */
export interface AskReply {
  readonly type: 'ask';
  readonly request: SourceRequest;
}
/** Who waits for what: a STOP for the end of a batch, a foreground START or a TEST for its own end. */
export interface Waiting {
  readonly connectionId: number;
  readonly pipeline: string;
  readonly forStop: boolean;
}

export type FinalReply = OkReply | ErrorReply | RowsReply;
export type Reply = FinalReply | WaitReply | AskReply;

export const ok: OkReply = { type: 'ok', affectedRows: 0 };

export function errorReply(errno: number, sqlState: string, message: string): ErrorReply {
  return { type: 'error', errno, sqlState, message };
}

/** MySQL's own text. It quotes the statement from the place it could not read, secrets and all. */
export function syntaxError(near: string, line: number): ErrorReply {
  return errorReply(
    assumed.unknownStatement,
    '42000',
    'You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version ' +
      `for the right syntax to use near '${near.slice(0, 80)}' at line ${line}`,
  );
}

export const unknownDatabase = (name: string): ErrorReply => errorReply(1049, '42000', `Unknown database '${name}'`);
export const noDatabase: ErrorReply = errorReply(1046, '3D000', 'No database selected');

/** The documented pattern, with a link's or pipeline's name where MySQL has a table's (the STOP PIPELINE page). */
export function denied(command: string, user: string, object: string): ErrorReply {
  return errorReply(1142, '42000', `${command} command denied to user '${user}'@'%' for table '${object}'`);
}
