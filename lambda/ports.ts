import type { ConnectionSecret } from './core/connection';
import type { Credentials } from './core/credentials';
import type { RotationDefinition } from './core/definition';
import type { RotationError } from './core/errors';
import type { BatchHistory } from './core/expect';
import type { PauseSpan } from './core/history';
import type { Items, Kind } from './core/journal';
import type { QualifiedName } from './core/names';
import type { PipelineRow } from './core/pipeline';
import type { SecretDescription, VersionId } from './core/version';

/*
 * The outside, as small interfaces. A call of a port either answers, or throws a RotationError, or, where a change of
 * the world is at stake, says that the outcome is unknown: no answer is not a failure.
 */

/** Time enters here and nowhere else. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export interface Secrets {
  /** @throws SECRET_UNREADABLE when there is no such secret or no right to it. */
  describe(secretId: string): Promise<SecretDescription>;
  /**
   * The value of a version (or of a label), as text.
   *
   * @returns `null` when the version has no value: ordinary between the start of a rotation and createSecret.
   */
  read(
    secretId: string,
    version: { readonly version: VersionId } | { readonly label: 'AWSCURRENT' | 'AWSPREVIOUS' },
  ): Promise<SecretValue | null>;
  /**
   * Gives `version` its value and the label AWSPENDING. The first writer wins: a version is immutable.
   *
   * @returns whether the value stands there now. `false`: another value stood there first. An unanswered call is repeated, which is safe.
   */
  put(secretId: string, version: VersionId, value: Credentials, rotationToken: string | undefined): Promise<boolean>;
  /**
   * Moves a label by compare-and-swap; `to` null removes it, `from` null: it must be on no version.
   *
   * @returns whether it was done. `false`: the label was not on `from`; read again and decide.
   */
  moveLabel(secretId: string, label: string, from: VersionId | null, to: VersionId | null): Promise<boolean>;
  /** Starts a rotation, as "Rotate secret immediately" does. @returns its version; `null`: a previous one is not complete, and will be tried again by itself. */
  rotate(secretId: string): Promise<VersionId | null>;
}

export interface SecretValue {
  readonly version: VersionId;
  readonly value: Credentials;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/**
 * A table of items, each written as a whole. All reads are strongly consistent.
 *
 * @throws AWS_REFUSED when the table is out of reach; a write may then have happened or not, so read before writing again.
 */
export interface Table {
  read<K extends Kind>(kind: K, key: string): Promise<Stored<Items[K]> | null>;
  list<K extends Kind>(kind: K): Promise<readonly (Stored<Items[K]> & { readonly key: string })[]>;
  /** @param revision of the item this one replaces; 0: there must be none. @returns the new revision, or `null`: somebody else wrote first, nothing has changed. */
  write<K extends Kind>(kind: K, key: string, item: Items[K], revision: number): Promise<number | null>;
  /** An item that is not there is no error. @param revision of the item that is meant; absent: whatever is there. @returns `false`: somebody else wrote meanwhile, and it stays */
  remove(kind: Kind, key: string, revision?: number): Promise<boolean>;
}

export interface Stored<T> {
  readonly item: T;
  readonly revision: number;
}

export type { ConnectionSecret };

export interface Clusters {
  /**
   * Logs in with `lanes` connections for statements and one that watches.
   *
   * @throws CONNECTION_REFUSED, TLS_REFUSED (before the password is sent), LOGIN_REFUSED, SQL_MODE_UNSAFE
   */
  open(connection: ConnectionSecret, lanes: number): Promise<Cluster>;
}

/**
 * The outcome of a statement that changes something. `unknown`: the answer was lost, so the server may have done it, may be doing it
 * still, or may never do it. `errno` is the server's number; its text stays at the edge. `grant`: the statement that
 * gives the privilege this user lacks, when that is the reason.
 */
export type Outcome =
  | { readonly is: 'done' }
  | { readonly is: 'refused'; readonly errno: number; readonly grant?: string }
  | { readonly is: 'unknown' };

/** One connection. Statements are sent one at a time; a lane whose answer was lost is dead and answers `unknown` from then on without sending. */
export interface Lane {
  readonly connectionId: number;
  readonly alive: boolean;
  /** `STOP PIPELINE IF RUNNING`: this product's pause. May take as long as a batch. */
  stop(pipeline: QualifiedName, timeoutMs: number): Promise<Outcome>;
  /** `START PIPELINE IF NOT RUNNING`: this product's resume. */
  start(pipeline: QualifiedName, timeoutMs: number): Promise<Outcome>;
  /** Gives a link new CREDENTIALS, and CONFIG where given, in one statement. */
  alter(change: LinkChange, timeoutMs: number): Promise<Outcome>;
}

export interface LinkChange {
  readonly link: QualifiedName;
  /** The whole JSON object. */
  readonly credentials: Credentials;
  /** The whole JSON object; absent: CONFIG is left as it is. */
  readonly config?: string;
  readonly grammar: Grammar;
  /** For `replace`, which must repeat the rest of the link. */
  readonly existing: LinkRow;
}

/** How links are changed on this server. */
export type Grammar = 'alter' | 'replace';

export interface LinkRow {
  readonly link: QualifiedName;
  /** As the catalogue says it, for example `S3`. */
  readonly type: string;
  readonly description: string;
  /** JSON text, as the server says it; empty: there is none. */
  readonly config: string;
}

/** What the steps of a rotation take; to change a link takes more, see {@link Cluster.grammar}. */
export type Privilege = 'SHOW LINK' | 'SHOW PIPELINE' | 'START PIPELINE';

export interface LinkedFunction {
  readonly name: QualifiedName;
  readonly link: QualifiedName;
}

/** Reading methods throw CONNECTION_LOST or STATEMENT_REFUSED; they change nothing and may be repeated. */
export interface Cluster {
  /** `host:port`. */
  readonly id: string;
  readonly lanes: readonly Lane[];
  /** Connection ids of all lanes and the watching connection. */
  connections(): readonly number[];
  /** The links of one database. Where the catalogue shows no CONFIG, `SHOW CREATE LINK` is asked, which servers do not have for HTTP links. */
  links(database: string): Promise<readonly LinkRow[]>;
  /** All pipelines of all databases that this user can see. */
  pipelines(): Promise<readonly PipelineRow[]>;
  /** `SHOW CREATE PIPELINE` for each, over all lanes; a pipeline dropped meanwhile is missing from the answer. */
  definitions(pipelines: readonly QualifiedName[]): Promise<ReadonlyMap<QualifiedName, string>>;
  /**
   * Asks the parser, with statements that hold no secret and have no effect, how links are changed.
   *
   * @param link one that is there: the answer holds for its database.
   * @throws PRIVILEGE_MISSING when the server knows the statement and refuses it to this user; WORKSPACE_WRONG when the
   *   database is not attached to the workspace that answers, or read-only.
   * @returns `null` when the server knows neither form.
   */
  grammar(link: LinkRow): Promise<Grammar | null>;
  /**
   * Asks, with statements that have no effect, whether this user has a privilege in a database.
   *
   * @returns PRIVILEGE_MISSING with the GRANT; WORKSPACE_WRONG; `null`: the server says neither.
   */
  lacks(privilege: Privilege, database: string): Promise<RotationError | null>;
  /** Whether the grants of this user name a database, so that it is meant to work there. `false` also where the server does not tell. */
  isGranted(database: string): Promise<boolean>;
  /** The databases that this user can see, without the server's own; `null`: it refuses to say. */
  databases(): Promise<readonly string[] | null>;
  /** The functions of a database that call a service through a link; `null`: the server refuses to say. */
  functions(database: string): Promise<readonly LinkedFunction[] | null>;
  /** The statements of a bracket as they would be sent, with secrets shown as `<redacted>` and, where CONFIG changes too, its merged value as `<merged>`. */
  preview(
    link: LinkRow,
    grammar: Grammar,
    pipelines: readonly QualifiedName[],
    changesConfig: boolean,
  ): readonly string[];
  /** Newest batches, by pipeline. */
  batches(): Promise<ReadonlyMap<QualifiedName, BatchMarks>>;
  /** How long batches take, by pipeline, as far as the server remembers; `null`: it does not tell. */
  batchHistory(): Promise<ReadonlyMap<QualifiedName, BatchHistory> | null>;
  /** Whether a pipeline that does not say otherwise stops at what it cannot read, rather than skip it; `null`: the server does not tell. */
  stopsOnError(): Promise<boolean | null>;
  /** The newest ERROR_UNIX_TIMESTAMP in the cluster, seconds by the server's clock; 0 without errors. */
  newestError(): Promise<number>;
  /** Errors newer than the mark, oldest first. */
  errorsAfter(mark: number): Promise<readonly PipelineError[]>;
  /** Which of these connections the server still has, and are this user's. */
  present(connections: readonly number[]): Promise<readonly number[]>;
  /** `KILL CONNECTION`; one that is gone already is no error. */
  kill(connection: number): Promise<void>;
  /** Opens new connections for those that died. Their ids must be recorded before they are used. @throws as `open` */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export interface BatchMarks {
  /** Highest id of a batch that has ended, however; 0 without one. */
  readonly ended: number;
  /** Highest id of a batch in state Succeeded; 0 without one. */
  readonly succeeded: number;
}

/** A row of PIPELINES_ERRORS. */
export interface PipelineError {
  readonly pipeline: QualifiedName;
  /** Seconds by the server's clock. */
  readonly at: number;
  /** The batch that failed; `null`: the server does not say. */
  readonly batch: number | null;
  readonly code: number;
  /** The source's own text: for the judgement of `core/proof.ts` only, never logged. */
  readonly message: Credentials;
}

/** IAM access keys of one user. */
export interface AccessKeys {
  list(userName: string): Promise<readonly AccessKey[]>;
  /**
   * Sent once, never repeated by itself.
   *
   * @returns the key; `refused` with AWS's error code when AWS answered no (nothing was made); `unknown` when no answer came.
   */
  create(
    userName: string,
  ): Promise<
    | { readonly is: 'made'; readonly keyId: string; readonly secret: Credentials }
    | { readonly is: 'refused'; readonly code: string }
    | { readonly is: 'unknown' }
  >;
  /** A key that is gone already is no error. */
  remove(userName: string, keyId: string): Promise<void>;
  deactivate(userName: string, keyId: string): Promise<void>;
  /** Takes `deactivate` back. A key that is gone already is no error. */
  activate(userName: string, keyId: string): Promise<void>;
  /** `null`: never used, as far as IAM knows yet; its report lags by up to hours. */
  lastUsed(keyId: string): Promise<KeyUse | null>;
}

export interface AccessKey {
  readonly keyId: string;
  readonly active: boolean;
  /** Epoch milliseconds, whole seconds. */
  readonly createdAt: number;
}

export interface KeyUse {
  readonly at: number;
  readonly service: string;
  readonly region: string;
}

/** AWS credentials as a link holds them. */
export interface AwsCredentials {
  readonly keyId: string;
  readonly secret: Credentials;
}

/** Where a link reads from: what the new credentials are tried on. */
export interface ObjectProbe {
  readonly bucket: string;
  readonly prefix: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/**
 * Tries AWS credentials. `unaccepted`: not known there, or not yet. `denied`: known, and not allowed. `unreachable`: no verdict, with
 * what was in the way (an error code or class, never a text).
 */
export type Trial =
  | { readonly is: 'accepted' }
  | { readonly is: 'unaccepted' }
  | { readonly is: 'denied' }
  | { readonly is: 'unreachable'; readonly why: string };

export interface Trials {
  /** sts:GetCallerIdentity: no policy can forbid it. */
  identity(credentials: AwsCredentials): Promise<Trial>;
  /** s3:ListObjectsV2 with MaxKeys 1. */
  list(credentials: AwsCredentials, probe: ObjectProbe): Promise<Trial>;
}

/** One JSON line for each action. No field is ever a secret. */
export interface Log {
  info(action: string, fields?: LogFields): void;
  warn(action: string, fields?: LogFields): void;
  error(action: string, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export type MetricName =
  | 'RotationSucceeded'
  | 'RotationFailed'
  | 'PipelinesPaused'
  | 'PipelinePauseMilliseconds'
  | 'PipelinesLeftPaused'
  | 'OldestPauseAgeSeconds'
  | 'OldestCredentialAgeHours'
  | 'OldKeyStillUsed'
  | 'VersionGivenUp'
  | 'RecoverFailed'
  | 'Heartbeat';

export interface Metrics {
  /** One value, or one for each pipeline. */
  put(name: MetricName, values: number | readonly number[], unit: 'Count' | 'Milliseconds' | 'Seconds'): void;
}

/** Messages to people. */
export interface Notices {
  /** What they want to be told: `all` of what went well, too; `none`: there is nobody to be told. */
  readonly wanted: 'all' | 'failures' | 'none';
  /** Sends a message; does nothing where nobody is to be told. @throws AWS_REFUSED: nobody was told, or somebody twice. */
  send(subject: string, text: string): Promise<void>;
}

/** Everything outside, opened once for each cold start. */
export interface World {
  readonly clock: Clock;
  /** A new random id. */
  readonly newId: () => string;
  readonly secrets: Secrets;
  readonly table: Table;
  readonly clusters: Clusters;
  readonly keys: AccessKeys;
  readonly trials: Trials;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly notices: Notices;
  readonly definitions: readonly RotationDefinition[];
  /** Why the definitions could not be read; what needs none goes on. */
  readonly problem: RotationError | null;
}

/** One invocation: the world, who acts, and until when. */
export interface Invocation extends World {
  /** The holder of leases: one invocation, not one version. */
  readonly holder: string;
  /** Epoch milliseconds at which the platform ends this invocation. */
  readonly endsAt: number;
  /** Where people find it: the name of the function that rotates, and the address of this invocation's log in the console. `null` outside Lambda. */
  readonly functionName: string | null;
  readonly logs: string | null;
  /** Pauses that have ended in it, until they are kept in the history. */
  readonly pauses: EndedPause[];
}

export interface EndedPause extends PauseSpan {
  /** ARN of the secret that they were for. */
  readonly secretId: string;
}
