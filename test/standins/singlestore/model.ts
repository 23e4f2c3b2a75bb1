import type { Table } from './table';

export type JsonObject = Readonly<Record<string, unknown>>;
export type Version = '8.9' | '9.0' | '9.1' | 'helios';

/** Everything about the server's behaviour that a test may choose. Times in milliseconds. */
export interface Settings {
  readonly version: Version;
  readonly orReplaceLink: boolean;
  readonly auditLogging: boolean;
  /** A batch in progress at STOP: the two pages of SingleStore that speak of it disagree. */
  readonly stopMode: 'finish' | 'cancel';
  /** How long STATE stays Running after STOP PIPELINE has returned. */
  readonly stopLagMs: number;
  /** What becomes of a STOP whose connection is killed while it waits. */
  readonly killedStop: 'withdrawn' | 'goes-on';
  /** Whether SHOW CREATE PIPELINE leaves the whole source out, link included, for users without SUPER. */
  readonly hidesSources: boolean;
  /** Retries of a failing batch before the pipeline gives up, unless the pipeline says otherwise. */
  readonly retries: number;
  /** Batches take at least this long. */
  readonly batchMs: number;
  /** Where S3 links without an endpoint_url go. Without any endpoint a source is reachable and empty. */
  readonly s3Endpoint: string | undefined;
}

export interface Cluster {
  readonly settings: Settings;
  readonly users: Table<User>;
  readonly databases: Table<Database>;
  readonly links: Table<Link>;
  readonly pipelines: Table<Pipeline>;
  readonly tables: Table<LoadedTable>;
  readonly functions: Table<ExternalFunction>;
  readonly sessions: Table<Session>;
  readonly lastId: number;
}

export interface User {
  readonly name: string;
  readonly password: string;
  readonly requireTls: boolean;
  readonly grants: readonly Grant[];
}
export interface Grant {
  readonly privileges: readonly string[]; // upper case; 'ALL' means every one, SUPER included
  readonly database: string; // '*' for all
}
export interface Database {
  readonly name: string;
  /** Not attached: its pipelines' metadata is hidden from this workspace. */
  readonly attached: boolean;
  readonly readOnly: boolean;
}
export interface LoadedTable {
  readonly database: string;
  readonly name: string;
  readonly rows: number;
}
export interface Session {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly database: string | undefined;
  /** The statement that runs now, and since when. */
  readonly running: { readonly sql: string; readonly since: number } | undefined;
  readonly since: number;
}

export interface Name {
  readonly database: string;
  readonly name: string;
}
export interface Link extends Name {
  readonly type: string;
  readonly description: string;
  /** As written by the user; parsed and written anew only by `SET CONFIG ::key`. */
  readonly config: string;
  readonly credentials: JsonObject;
}

/** An external function, of which only what names its link matters: nothing calls it. */
export interface ExternalFunction extends Name {
  readonly definer: string;
  readonly format: string;
  readonly runtime: 'Remote Service' | 'Collocated Service';
  readonly link: Name | undefined;
  /** What SHOW CREATE FUNCTION prints. */
  readonly definition: string;
}

export type PipelineState =
  'Running' | 'Running...Foreground' | 'Testing' | 'Profiling' | 'Stopped' | 'Error' | 'Detached';

export interface Pipeline extends Name {
  readonly id: number;
  readonly aggregator: boolean;
  readonly source: { readonly link: Name } | { readonly inline: InlineSource };
  readonly sourceType: string;
  readonly path: string;
  readonly table: string;
  /** What SHOW CREATE PIPELINE prints after LOAD DATA; inline credentials are not in it. */
  readonly definition: { readonly source: string; readonly rest: string };
  readonly batchIntervalMs: number;
  readonly stopOnError: boolean | null;
  readonly retries: number | null;
  readonly createdAt: number;
  readonly state: PipelineState;
  readonly run: Run | undefined;
  /** How the last foreground run or test ended, for the connection that waits for it. */
  readonly ended: Ended | undefined;
  readonly files: Table<SourceFile>;
  readonly batches: readonly Batch[];
  readonly errors: readonly PipelineError[];
  readonly lastBatchId: number;
  readonly skippedBatches: number;
}
export interface InlineSource {
  readonly type: string;
  readonly config: JsonObject;
  readonly credentials: JsonObject;
}
/** What a pipeline in a running state is about to do. */
export interface Run {
  readonly nextBatchAt: number;
  readonly batchId: number | undefined;
  readonly failures: number;
  readonly stop:
    { readonly by: readonly number[]; readonly to: PipelineState; readonly at: number | undefined } | undefined;
  readonly foreground: { readonly by: number; readonly batchesLeft: number; readonly rows: number } | undefined;
}
export interface Ended {
  readonly by: number;
  readonly rows: number;
  readonly error: PipelineError | undefined;
}
export interface SourceFile {
  readonly name: string;
  readonly size: number;
  readonly state: 'Loaded' | 'Unloaded' | 'Skipped';
}
export type BatchState = 'In Progress' | 'Succeeded' | 'Failed' | 'Cancelled';
export interface Batch {
  readonly id: number;
  readonly state: BatchState;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}
export interface PipelineError {
  readonly at: number;
  readonly batchId: number;
  readonly errno: number;
  readonly message: string;
}
