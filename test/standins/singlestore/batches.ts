import { assumed } from './assumed';
import { isRunning, keyOf, withPipeline } from './cluster';
import type { Batch, Cluster, JsonObject, Pipeline, PipelineError, PipelineState, Run } from './cluster';
import type { FinalReply, Waiting } from './reply';
import { errorReply, ok } from './reply';

/** What has to be read from the outside for a batch, with the credentials that the link holds at that moment. */
export interface SourceRequest {
  readonly type: string;
  readonly path: string;
  readonly endpoint: string | undefined;
  readonly config: JsonObject;
  readonly credentials: JsonObject;
  /** True for objects that need not be read again. */
  readonly isKnown: (name: string) => boolean;
}

/** The source's answer: its own error, or its new objects; an object may be refused by itself. */
export type SourceAnswer =
  | { readonly refused: string }
  | {
      readonly objects: readonly {
        readonly name: string;
        readonly size: number;
        readonly rows: number;
        readonly refused?: string;
      }[];
    };

/** When `advance` has something to do for this pipeline, in epoch ms; undefined while it waits for others. */
export function dueAt({ run }: Pipeline): number | undefined {
  if (run === undefined || run.batchId !== undefined) return undefined;
  return run.stop?.at ?? run.nextBatchAt;
}

/** The pipeline after START PIPELINE: its first batch is due at once. */
export function started(pipeline: Pipeline, now: number, foreground?: Run['foreground'], testing = false): Pipeline {
  const run: Run = { nextBatchAt: now, batchId: undefined, failures: 0, stop: undefined, foreground };
  const state: PipelineState = testing ? 'Testing' : foreground === undefined ? 'Running' : 'Running...Foreground';
  return { ...pipeline, state, run, ended: undefined };
}

/**
 * The pipeline after a STOP by connection `by`. With a batch in progress and mode `finish`, the state follows when that
 * batch has ended; in mode `cancel` the batch is cancelled here and now.
 */
export function stopped(
  cluster: Cluster,
  pipeline: Pipeline,
  by: number,
  now: number,
  to: PipelineState = 'Stopped',
): Pipeline {
  const { run } = pipeline;
  if (run === undefined) return { ...pipeline, state: to }; // put into its state by a test, nothing runs
  const stop = { by: [...(run.stop?.by ?? []), by], to, at: run.stop?.at };
  if (run.batchId === undefined) return comeToRest(cluster, { ...pipeline, run: { ...run, stop } }, now);
  if (cluster.settings.stopMode === 'finish') return { ...pipeline, run: { ...run, stop } };
  const batches = pipeline.batches.map((batch): Batch => {
    return batch.id === run.batchId ? { ...batch, state: 'Cancelled', endedAt: now } : batch;
  });
  return comeToRest(cluster, { ...pipeline, batches, run: { ...run, batchId: undefined, stop } }, now);
}

/** Takes a requested stop to its end: at once, or after the lag during which STATE still says Running. */
function comeToRest(cluster: Cluster, pipeline: Pipeline, now: number): Pipeline {
  const { run } = pipeline;
  if (run?.stop === undefined) return pipeline;
  const at = run.stop.at ?? now + cluster.settings.stopLagMs;
  if (at > now) return { ...pipeline, run: { ...run, stop: { ...run.stop, at } } };
  return atRest(pipeline, run.stop.to);
}

function atRest(pipeline: Pipeline, state: PipelineState, error?: PipelineError): Pipeline {
  const foreground = pipeline.run?.foreground;
  const ended = foreground && { by: foreground.by, rows: foreground.rows, error };
  return { ...pipeline, state, run: undefined, ended };
}

/**
 * Does what is due: completes a lagging stop, or begins a batch. With a request, the caller reads the source and hands
 * its answer to `finishBatch`, not before `settings.batchMs` have passed.
 */
export function advance(
  cluster: Cluster,
  key: string,
  now: number,
): [Cluster, { readonly batchId: number; readonly request: SourceRequest }?] {
  const pipeline = cluster.pipelines.get(key);
  if (pipeline === undefined) return [cluster];
  const due = dueAt(pipeline);
  if (due === undefined || due > now || pipeline.run === undefined) return [cluster];
  if (pipeline.run.stop !== undefined) return [withPipeline(cluster, comeToRest(cluster, pipeline, now))];
  const batchId = pipeline.lastBatchId + 1;
  const batch: Batch = {
    id: batchId,
    state: 'In Progress',
    startedAt: now,
    endedAt: undefined,
    files: 0,
    rows: 0,
    bytes: 0,
  };
  const isKnown = (name: string) => (pipeline.files.get(name)?.state ?? 'Unloaded') !== 'Unloaded';
  const begun: Pipeline = {
    ...pipeline,
    lastBatchId: batchId,
    batches: [...pipeline.batches.slice(1 - assumed.batchesToKeep), batch],
    run: { ...pipeline.run, batchId },
  };
  return [withPipeline(cluster, begun), { batchId, request: requestOf(cluster, pipeline, isKnown) }];
}

/** What reading this pipeline's source takes now. A link that is gone leaves a source that refuses. */
export function requestOf(
  cluster: Cluster,
  { source, path }: Pick<Pipeline, 'source' | 'path'>,
  isKnown: (name: string) => boolean,
): SourceRequest {
  const { s3Endpoint: endpoint } = cluster.settings;
  if ('inline' in source) return { ...source.inline, path, endpoint, isKnown };
  const link = cluster.links.get(keyOf(source.link));
  if (link === undefined) return { type: 'NONE', config: {}, credentials: {}, path, endpoint, isKnown };
  const config = JSON.parse(link.config) as JsonObject;
  return { type: link.type, config, credentials: link.credentials, path, endpoint, isKnown };
}

/** Ends the batch with what its source answered. Ignored when that batch was cancelled meanwhile. */
export function finishBatch(
  cluster: Cluster,
  key: string,
  batchId: number,
  answer: SourceAnswer,
  now: number,
): Cluster {
  const pipeline = cluster.pipelines.get(key);
  if (pipeline?.run === undefined || pipeline.run.batchId !== batchId) return cluster;
  const error = errorOf(answer, batchId, now);
  if (error !== undefined) {
    return withPipeline(cluster, comeToRest(cluster, failed(cluster, pipeline, pipeline.run, answer, error, now), now));
  }
  const objects = 'objects' in answer && pipeline.state !== 'Testing' ? answer.objects : [];
  return load(cluster, pipeline, pipeline.run, objects, now);
}

function errorOf(answer: SourceAnswer, batchId: number, at: number): PipelineError | undefined {
  const refused =
    'objects' in answer ? answer.objects.find((object) => object.refused !== undefined)?.refused : undefined;
  if ('objects' in answer && refused === undefined) return undefined;
  const { errno, message } =
    'refused' in answer ? assumed.cannotListSource(answer.refused) : assumed.cannotReadObject(refused ?? '');
  return { at, batchId, errno, message };
}

function load(
  cluster: Cluster,
  pipeline: Pipeline,
  run: Run,
  objects: readonly { readonly name: string; readonly size: number; readonly rows: number }[],
  now: number,
): Cluster {
  let files = pipeline.files;
  let rows = 0;
  let bytes = 0;
  for (const { name, size, rows: lines } of objects) {
    files = files.set(name, { name, size, state: 'Loaded' });
    rows += lines;
    bytes += size;
  }
  // A batch that found nothing is `No Data`, and such rows are purged.
  const batches =
    objects.length === 0
      ? pipeline.batches.filter((batch) => batch.id !== run.batchId)
      : pipeline.batches.map((batch): Batch =>
          batch.id === run.batchId
            ? { ...batch, state: 'Succeeded', endedAt: now, files: objects.length, rows, bytes }
            : batch,
        );
  const foreground = run.foreground && {
    ...run.foreground,
    batchesLeft: run.foreground.batchesLeft - 1,
    rows: run.foreground.rows + rows,
  };
  const next: Run = {
    ...run,
    batchId: undefined,
    failures: 0,
    nextBatchAt: foreground ? now : now + pipeline.batchIntervalMs,
    foreground,
  };
  const loaded: Pipeline = { ...pipeline, files, batches, run: next };
  // In the foreground a pipeline of files ends when there are no more, or at its limit.
  const done = foreground !== undefined && (foreground.batchesLeft <= 0 || objects.length === 0);
  const after = withPipeline(cluster, done ? atRest(loaded, 'Stopped') : comeToRest(cluster, loaded, now));
  const tableKey = keyOf({ database: pipeline.database, name: pipeline.table });
  const table = after.tables.get(tableKey);
  if (table === undefined || rows === 0) return after;
  return { ...after, tables: after.tables.set(tableKey, { ...table, rows: table.rows + rows }) };
}

function failed(
  cluster: Cluster,
  pipeline: Pipeline,
  run: Run,
  answer: SourceAnswer,
  error: PipelineError,
  now: number,
): Pipeline {
  const failures = run.failures + 1;
  const batches = pipeline.batches.map((batch): Batch => {
    return batch.id === run.batchId ? { ...batch, state: 'Failed', endedAt: now } : batch;
  });
  let files = pipeline.files;
  if ('objects' in answer) {
    for (const { name, size } of answer.objects) files = files.set(name, { name, size, state: 'Unloaded' });
  }
  const errors = [...pipeline.errors.slice(1 - assumed.errorsToKeep), error];
  const next: Pipeline = { ...pipeline, batches, errors, files };
  if (run.foreground !== undefined) return atRest(next, 'Stopped', error); // the client gets the error instead of retries
  if (failures <= (pipeline.retries ?? cluster.settings.retries)) {
    const growth = cluster.settings.version === '8.9' ? 1 : 2 ** (failures - 1); // back-off came with 9.0
    const wait = pipeline.batchIntervalMs * Math.min(growth, assumed.longestRetryIntervals);
    return { ...next, run: { ...run, batchId: undefined, failures, nextBatchAt: now + wait } };
  }
  if (pipeline.stopOnError ?? true) return atRest(next, 'Error');
  const lost = 'objects' in answer ? answer.objects.filter((object) => object.refused !== undefined) : files.values();
  for (const { name, size } of lost) {
    if (files.get(name)?.state === 'Unloaded') files = files.set(name, { name, size, state: 'Skipped' });
  }
  const going = { ...run, batchId: undefined, failures: 0, nextBatchAt: now + pipeline.batchIntervalMs };
  return { ...next, files, skippedBatches: pipeline.skippedBatches + 1, run: going };
}

/** The answer that a waiting connection gets, or undefined while it must wait on. */
export function settle(cluster: Cluster, { pipeline: key, connectionId, forStop }: Waiting): FinalReply | undefined {
  const pipeline = cluster.pipelines.get(key);
  if (pipeline === undefined) return ok;
  if (forStop) return pipeline.run?.stop !== undefined && pipeline.run.batchId !== undefined ? undefined : ok;
  if (pipeline.run?.foreground?.by === connectionId) return undefined;
  if (pipeline.ended?.by !== connectionId) return ok;
  const { error, rows } = pipeline.ended;
  return error ? errorReply(error.errno, 'HY000', error.message) : { type: 'ok', affectedRows: rows };
}

/** What a KILL of the waiting connection does to what it waits for. */
export function abandon(cluster: Cluster, { pipeline: key, connectionId, forStop }: Waiting, now: number): Cluster {
  const pipeline = cluster.pipelines.get(key);
  if (pipeline?.run === undefined || !isRunning(pipeline)) return cluster;
  if (!forStop) return withPipeline(cluster, stopped(cluster, pipeline, connectionId, now));
  const { run } = pipeline;
  if (run.stop === undefined || cluster.settings.killedStop === 'goes-on') return cluster;
  const by = run.stop.by.filter((id) => id !== connectionId);
  return withPipeline(cluster, { ...pipeline, run: { ...run, stop: by.length > 0 ? { ...run.stop, by } : undefined } });
}
