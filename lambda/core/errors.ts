/**
 * Everything that can go wrong, as a closed set. A code is stable: alarms and the callers of the function may rely on it.
 */
export type ErrorCode =
  // what we were asked or told
  | 'EVENT_INVALID'
  | 'CONFIG_INVALID'
  | 'SECRET_NOT_CONFIGURED'
  | 'SECRET_UNREADABLE'
  | 'SECRET_SHAPE'
  | 'ROTATION_OFF'
  | 'VERSION_UNKNOWN'
  | 'VERSION_NOT_PENDING'
  | 'PENDING_WITHOUT_VALUE'
  | 'STEP_OUT_OF_ORDER'
  // the credentials
  | 'KEY_QUOTA'
  | 'CREATE_REFUSED'
  | 'CREDENTIALS_NOT_ACCEPTED'
  | 'CREDENTIALS_DENIED'
  | 'VERSION_GIVEN_UP'
  // the cluster
  | 'CONNECTION_SECRET_SHAPE'
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_LOST'
  | 'LOGIN_REFUSED'
  | 'TLS_REFUSED'
  | 'SQL_MODE_UNSAFE'
  | 'STATEMENT_REFUSED'
  | 'GRAMMAR_UNKNOWN'
  | 'PRIVILEGE_MISSING'
  | 'WORKSPACE_WRONG'
  | 'LINK_MISSING'
  | 'SOURCE_HIDDEN'
  | 'PIPELINE_BUSY'
  // the bracket
  | 'TIME_SHORT'
  | 'DRAIN_EXCEEDED'
  | 'STOP_UNANSWERED'
  | 'STOP_REFUSED'
  | 'NEWCOMERS'
  | 'ALTER_REFUSED'
  | 'ALTER_UNANSWERED'
  | 'RESUME_FAILED'
  | 'LEASE_HELD'
  | 'LEASE_LOST'
  // proof and promotion
  | 'PROOF_FAILED'
  | 'LABEL_MOVED'
  // the outside
  | 'AWS_REFUSED'
  | 'INTERNAL';

/**
 * The only error that leaves this program. Its message is written for the person woken at night: what failed, where
 * (link, pipeline, version, step), what state was left behind, what happens next, what to do. It never holds a secret
 * and never a driver's own text: mysql2 puts the whole statement into its errors.
 */
export class RotationError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.name = 'RotationError';
    this.code = code;
  }
}

/** A message without the code in front, for where the code is said beside it. */
export const withoutCode = (message: string, code: string): string =>
  message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;

/** Any thrown value as a {@link RotationError}. Of a foreign error only the class name is kept: its text may quote its input. */
export function asRotationError(error: unknown): RotationError {
  if (error instanceof RotationError) return error;
  const kind = error instanceof Error ? error.constructor.name : typeof error;
  // a stack begins with the message, which must not be read as a place
  const frames = error instanceof Error ? (error.stack ?? '').replace(error.message, '') : '';
  const place = /^ +at (?:async )?([\w.]+) \(/m.exec(frames)?.[1] ?? 'unknown';
  return defect(`an unexpected ${kind} in ${place}`);
}

/** What cannot be, by this program's own rules. */
export const defect = (what: string): RotationError =>
  new RotationError(
    'INTERNAL',
    `${what}. Whatever is paused stands in the journal and is resumed by the next call or the watchdog. Please report this as a defect.`,
  );
