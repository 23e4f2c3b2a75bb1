import { assumed } from './assumed';
import { isRunning, may } from './cluster';
import type { Batch, Cluster, Database, Pipeline, PipelineError, SourceFile, User } from './cluster';
import { datetime } from './functions';
import { processColumns, sessionsFor } from './processes';
import type { ColumnType, Value } from './reply';

interface ViewColumn<Row> {
  readonly name: string;
  readonly type: ColumnType;
  readonly of: (row: Row) => Value;
}

/** A view of information_schema: its rows as the engine holds them, and how each column is read off a row. */
export interface View {
  readonly columns: readonly ViewColumn<unknown>[];
  readonly rows: (cluster: Cluster, user: User, now: number) => Iterable<unknown>;
}

function view<Row>(
  rows: (cluster: Cluster, user: User, now: number) => Iterable<Row>,
  columns: Readonly<Record<string, readonly [ColumnType, (row: Row) => Value]>>,
): View {
  const list = Object.entries(columns).map(([name, [type, of]]) => ({ name, type, of }));
  return { rows, columns: list as unknown as readonly ViewColumn<unknown>[] };
}

/** Pipelines whose metadata `user` may see through this workspace. */
export function* visiblePipelines(cluster: Cluster, user: User): Generator<Pipeline, void, undefined> {
  const visible = new Map<string, boolean>();
  for (const database of cluster.databases.values()) {
    visible.set(database.name, database.attached && may(user, 'SHOW PIPELINE', database.name));
  }
  for (const pipeline of cluster.pipelines.values()) if (visible.get(pipeline.database)) yield pipeline;
}

/** The databases that SHOW DATABASES and SCHEMATA list. */
export function listedDatabases({ databases }: Cluster): readonly Database[] {
  return [...databases.values()].filter(({ attached }) => attached || assumed.listsUnattachedDatabases);
}

function each<Item>(items: (pipeline: Pipeline) => Iterable<Item>) {
  return function* (cluster: Cluster, user: User): Generator<readonly [Pipeline, Item], void, undefined> {
    for (const pipeline of visiblePipelines(cluster, user)) for (const item of items(pipeline)) yield [pipeline, item];
  };
}

const seconds = (ms: number | undefined): Value => (ms === undefined ? null : (ms / 1000).toFixed(6));
const batchSeconds = ({ startedAt, endedAt }: Batch): Value =>
  endedAt === undefined ? null : seconds(endedAt - startedAt);

function configJson(pipeline: Pipeline): string {
  const { source, path, table, stopOnError } = pipeline;
  const key = assumed.configJsonLinkKey;
  return JSON.stringify({
    source_type: pipeline.sourceType,
    connection_string: path,
    table,
    stop_on_error: stopOnError,
    ...('link' in source && key !== undefined ? { [key]: source.link.name } : {}),
  });
}

type OfPipeline<Item> = readonly [Pipeline, Item];
const DATABASE_NAME = ['text', ([{ database }]: OfPipeline<unknown>) => database] as const;
const PIPELINE_NAME = ['text', ([{ name }]: OfPipeline<unknown>) => name] as const;

/** Columns and their meaning as in facts about each view; see the pages of information_schema. */
export const views: Readonly<Record<string, View>> = {
  LINKS: view(
    function* (cluster, user) {
      for (const link of cluster.links.values()) {
        const listed = assumed.listsUnattachedLinks || cluster.databases.get(link.database)?.attached;
        if (listed && may(user, 'SHOW LINK', link.database)) yield link;
      }
    },
    {
      DATABASE_NAME: ['text', (link) => link.database],
      LINK: ['text', (link) => link.name],
      TYPE: ['text', (link) => link.type],
      DESCRIPTION: ['text', (link) => link.description],
      CONFIG: ['text', (link) => link.config],
    },
  ),
  PIPELINES: view(visiblePipelines, {
    DATABASE_NAME: ['text', (pipeline) => pipeline.database],
    PIPELINE_NAME: ['text', (pipeline) => pipeline.name],
    PIPELINE_ID: ['integer', (pipeline) => pipeline.id],
    CONFIG_JSON: ['text', configJson],
    STATE: ['text', (pipeline) => pipeline.state],
    SKIPPED_BATCH_PARTITIONS: ['integer', (pipeline) => pipeline.skippedBatches],
    CREATE_TIME: ['datetime', (pipeline) => datetime(pipeline.createdAt)],
    ALTER_TIME: ['datetime', (pipeline) => datetime(pipeline.createdAt)],
  }),
  PIPELINES_ERRORS: view<OfPipeline<PipelineError>>(
    each((pipeline) => pipeline.errors),
    {
      DATABASE_NAME,
      PIPELINE_NAME,
      ERROR_UNIX_TIMESTAMP: ['decimal', ([, error]) => seconds(error.at)],
      ERROR_TYPE: ['text', () => 'Error'],
      ERROR_CODE: ['integer', ([, error]) => error.errno],
      ERROR_MESSAGE: ['text', ([, error]) => error.message],
      ERROR_KIND: ['text', () => assumed.errorRow.ERROR_KIND],
      STD_ERROR: ['text', () => null],
      LOAD_DATA_LINE: ['text', () => null],
      LOAD_DATA_LINE_NUMBER: ['integer', () => null],
      BATCH_ID: ['integer', ([, error]) => error.batchId],
      ERROR_ID: ['integer', ([pipeline, error]) => pipeline.errors.indexOf(error) + 1],
      BATCH_SOURCE_PARTITION_ID: ['text', () => null],
      HOST: ['text', () => assumed.errorRow.HOST],
      PORT: ['integer', () => assumed.errorRow.PORT],
      PARTITION: ['integer', () => null],
    },
  ),
  PIPELINES_BATCHES_SUMMARY: view<OfPipeline<Batch>>(
    each((pipeline) => pipeline.batches),
    {
      DATABASE_NAME,
      PIPELINE_NAME,
      BATCH_ID: ['integer', ([, batch]) => batch.id],
      BATCH_STATE: ['text', ([, batch]) => batch.state],
      START_TIME: ['datetime', ([, batch]) => datetime(batch.startedAt)],
      BATCH_TIME: ['decimal', ([, batch]) => batchSeconds(batch)],
      NUM_PARTITIONS: ['integer', ([, batch]) => batch.files],
      ROWS_STREAMED: ['integer', ([, batch]) => batch.rows],
      ROWS_INSERTED: ['integer', ([, batch]) => batch.rows],
      ROWS_UPDATED: ['integer', () => 0],
      ROWS_DELETED: ['integer', () => 0],
      ROWS_PER_SEC: ['decimal', ([, batch]) => perSecond(batch.rows, batch)],
      MB_STREAMED: ['decimal', ([, batch]) => (batch.bytes / 1e6).toFixed(6)],
      MB_PER_SEC: ['decimal', ([, batch]) => perSecond(batch.bytes / 1e6, batch)],
    },
  ),
  PIPELINES_BATCHES: view<OfPipeline<Batch>>(
    each((pipeline) => pipeline.batches),
    {
      DATABASE_NAME,
      PIPELINE_NAME,
      BATCH_ID: ['integer', ([, batch]) => batch.id],
      BATCH_STATE: ['text', ([, batch]) => batch.state],
      BATCH_ROWS_WRITTEN: ['integer', ([, batch]) => batch.rows],
      BATCH_TIME: ['decimal', ([, batch]) => batchSeconds(batch)],
      BATCH_START_UNIX_TIMESTAMP: ['decimal', ([, batch]) => seconds(batch.startedAt)],
      BATCH_PARTITION_STATE: ['text', ([, batch]) => batch.state],
      BATCH_PARTITION_PARSED_ROWS: ['integer', ([, batch]) => batch.rows],
      PARTITION: ['integer', () => 0],
    },
  ),
  PIPELINES_CURSORS: view<OfPipeline<SourceFile>>(
    each((pipeline) => pipeline.files.values()),
    {
      DATABASE_NAME,
      PIPELINE_NAME,
      SOURCE_TYPE: ['text', ([{ sourceType }]) => sourceType],
      SOURCE_PARTITION_ID: ['text', ([, file]) => file.name],
      EARLIEST_OFFSET: ['integer', () => 0],
      LATEST_OFFSET: ['integer', () => 1],
      CURSOR_OFFSET: ['integer', ([, file]) => (file.state === 'Loaded' ? 1 : 0)],
      UPDATED_UNIX_TIMESTAMP: ['decimal', ([pipeline]) => seconds(pipeline.batches.at(-1)?.startedAt)],
    },
  ),
  PIPELINES_FILES: view(
    each((pipeline) => pipeline.files.values()),
    {
      DATABASE_NAME,
      PIPELINE_NAME,
      SOURCE_TYPE: ['text', ([{ sourceType }]) => sourceType],
      FILE_NAME: ['text', ([, file]) => file.name],
      FILE_SIZE: ['integer', ([, file]) => file.size],
      FILE_STATE: ['text', ([, file]) => file.state],
    },
  ),
  SCHEMATA: view(listedDatabases, {
    CATALOG_NAME: ['text', () => 'def'],
    SCHEMA_NAME: ['text', (database) => database.name],
    DEFAULT_CHARACTER_SET_NAME: ['text', () => assumed.characters.set],
    DEFAULT_COLLATION_NAME: ['text', () => assumed.characters.collation],
    SQL_PATH: ['text', () => null],
  }),
  PROCESSLIST: view(sessionsFor, processColumns()),
  MV_PROCESSLIST: view(sessionsFor, { NODE_ID: ['integer', () => assumed.process.node], ...processColumns() }),
};

function perSecond(amount: number, { startedAt, endedAt }: Batch): Value {
  return endedAt === undefined || endedAt === startedAt ? null : ((amount * 1000) / (endedAt - startedAt)).toFixed(6);
}

/** What SHOW PIPELINES says of a background pipeline until its task ends. */
export function scheduled(pipeline: Pipeline): string {
  return isRunning(pipeline) && pipeline.run?.foreground === undefined ? 'True' : 'False';
}
