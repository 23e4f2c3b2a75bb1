import type { JsonObject } from './cluster';

/** A name as written; `database` is undefined when the context decides. */
export interface Ref {
  readonly database: string | undefined;
  readonly name: string;
}

/** One SET clause of ALTER LINK: a whole object as written, or one key. */
export type SetClause =
  | { readonly of: 'CONFIG' | 'CREDENTIALS'; readonly json: string }
  | { readonly of: 'CONFIG' | 'CREDENTIALS'; readonly key: string; readonly value: string | number };

export interface PipelineOptions {
  readonly source:
    { readonly link: Ref } | { readonly type: string; readonly config: string; readonly credentials: string };
  readonly path: string;
  readonly table: string;
  readonly batchIntervalMs: number | undefined;
  readonly retries: number | undefined;
  readonly stopOnError: boolean | undefined;
  /** The text after AS, without the source clause (which is printed anew) and inline secrets. */
  readonly rest: string;
}

export type Statement =
  | { readonly kind: 'create-database'; readonly name: string; readonly ifNotExists: boolean }
  | { readonly kind: 'drop-database'; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: 'drop-user'; readonly user: string; readonly ifExists: boolean }
  | { readonly kind: 'create-user'; readonly user: string; readonly password: string; readonly requireTls: boolean }
  | {
      readonly kind: 'grant';
      readonly privileges: readonly string[];
      readonly database: string;
      readonly user: string;
      readonly password: string | undefined;
      readonly requireTls: boolean;
      readonly revoke: boolean;
    }
  | { readonly kind: 'show-grants'; readonly user: string | undefined }
  | { readonly kind: 'use'; readonly database: string }
  | {
      readonly kind: 'create-link';
      readonly link: Ref;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly type: string;
      readonly config: string;
      readonly credentials: string;
      readonly description: string;
    }
  | { readonly kind: 'alter-link'; readonly link: Ref; readonly clauses: readonly SetClause[] }
  | { readonly kind: 'drop-link'; readonly link: Ref }
  | { readonly kind: 'show-links'; readonly database: string | undefined }
  | { readonly kind: 'show-create-link'; readonly link: Ref }
  | { readonly kind: 'create-table'; readonly table: Ref; readonly ifNotExists: boolean }
  | {
      readonly kind: 'create-pipeline';
      readonly pipeline: Ref;
      readonly aggregator: boolean;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly force: boolean;
      readonly options: PipelineOptions;
    }
  | { readonly kind: 'show-create-pipeline'; readonly pipeline: Ref; readonly extended: boolean }
  | { readonly kind: 'show-pipelines'; readonly database: string | undefined }
  | {
      readonly kind: 'start-pipeline';
      readonly pipeline: Ref;
      readonly ifNotRunning: boolean;
      readonly foreground: boolean;
      readonly batches: number | undefined;
    }
  | { readonly kind: 'stop-pipeline'; readonly pipeline: Ref; readonly ifRunning: boolean; readonly detach: boolean }
  | { readonly kind: 'detach-pipeline'; readonly pipeline: Ref; readonly ifExists: boolean }
  | { readonly kind: 'drop-pipeline'; readonly pipeline: Ref; readonly ifExists: boolean }
  | { readonly kind: 'test-pipeline'; readonly pipeline: Ref }
  | { readonly kind: 'clear-errors'; readonly pipeline: Ref | undefined }
  | {
      readonly kind: 'create-function';
      readonly function: Ref;
      readonly orReplace: boolean;
      /** Parameters and return type, as written. */
      readonly signature: string;
      readonly collocated: boolean;
      readonly url: string;
      readonly format: string;
      readonly delimited: boolean;
      readonly link: Ref | undefined;
      readonly protocol: string | undefined;
    }
  | { readonly kind: 'drop-function'; readonly function: Ref; readonly ifExists: boolean }
  | { readonly kind: 'show-functions'; readonly database: string | undefined; readonly like: string | undefined }
  | { readonly kind: 'show-create-function'; readonly function: Ref }
  | { readonly kind: 'kill'; readonly id: number; readonly queryOnly: boolean }
  | { readonly kind: 'show-processlist' }
  | { readonly kind: 'show-databases' }
  | { readonly kind: 'show-variables'; readonly like: string | undefined }
  | { readonly kind: 'show-status'; readonly like: string | undefined }
  | { readonly kind: 'show-tables'; readonly database: string | undefined; readonly like: string | undefined }
  | { readonly kind: 'show-warnings' }
  | { readonly kind: 'no-effect' } // SET, BEGIN, COMMIT and the like: read, and answered OK
  | { readonly kind: 'select'; readonly select: Select };

export interface Select {
  readonly items: readonly { readonly expr: Expr; readonly name: string }[];
  readonly from: Ref | undefined;
  readonly where: Expr | undefined;
  readonly groupBy: readonly Expr[];
  readonly orderBy: readonly { readonly expr: Expr; readonly descending: boolean }[];
  readonly limit: number | undefined;
  readonly offset: number;
}

export type Expr =
  | { readonly op: 'literal'; readonly value: string | number | null }
  | { readonly op: 'column'; readonly name: string }
  | { readonly op: 'variable'; readonly name: string }
  | { readonly op: 'all' } // the * of SELECT * and COUNT(*)
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly op: 'json'; readonly of: Expr; readonly key: string }
  | { readonly op: 'not' | 'is-null'; readonly of: Expr }
  | { readonly op: 'in'; readonly of: Expr; readonly list: readonly Expr[] }
  | { readonly op: Binary; readonly left: Expr; readonly right: Expr };

export type Binary = 'and' | 'or' | 'like' | '=' | '<>' | '<' | '>' | '<=' | '>=' | '+' | '-' | '*' | '/';

/** Parses CONFIG or CREDENTIALS; undefined unless it is a JSON object. */
export function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
