import { assumed } from './assumed';
import { requestOf, settle, started, stopped } from './batches';
import { isRunning, keyOf, quoted, withPipeline } from './cluster';
import type { Cluster, Name, Pipeline } from './cluster';
import { commandOf, isError, refusal, resolve } from './execution';
import type { Execution, Of } from './execution';
import { errorReply, ok } from './reply';
import type { Reply, Waiting } from './reply';
import { showCreatePipeline, sourceOf } from './pipelineText';
import { Table } from './table';
import { scheduled, visiblePipelines } from './views';

type OnPipeline = Of<
  | 'create-pipeline'
  | 'show-create-pipeline'
  | 'start-pipeline'
  | 'stop-pipeline'
  | 'detach-pipeline'
  | 'drop-pipeline'
  | 'test-pipeline'
>;

export function runPipelineStatement(
  statement: OnPipeline | Of<'show-pipelines' | 'clear-errors'>,
  execution: Execution,
): [Cluster, Reply] {
  const { cluster, user } = execution;
  if (statement.kind === 'show-pipelines') return [cluster, showPipelines(statement, execution)];
  if (statement.kind === 'clear-errors') return clearErrors(statement, execution);
  const name = resolve(statement.pipeline, execution);
  if (isError(name)) return [cluster, name];
  const refused = refusal(commandOf(statement.kind), name, user);
  if (refused) return [cluster, refused];
  if (statement.kind !== 'show-create-pipeline' && cluster.databases.get(name.database)?.readOnly) {
    return [cluster, assumed.readOnlyWorkspace()];
  }
  const pipeline = cluster.pipelines.get(keyOf(name));
  if (statement.kind === 'create-pipeline') return createPipeline(statement, name, pipeline, execution);
  if (pipeline === undefined) {
    return [cluster, 'ifExists' in statement && statement.ifExists ? ok : assumed.unknownPipeline(quoted(name))];
  }
  return onExisting(statement, pipeline, execution);
}

function onExisting(
  statement: Exclude<OnPipeline, { kind: 'create-pipeline' }>,
  pipeline: Pipeline,
  { cluster, user, connectionId, now }: Execution,
): [Cluster, Reply] {
  const running = isRunning(pipeline);
  const waiting: Waiting = { connectionId, pipeline: keyOf(pipeline), forStop: true };
  const stop = (to?: 'Detached'): [Cluster, Reply] =>
    waitFor(withPipeline(cluster, stopped(cluster, pipeline, connectionId, now, to)), waiting);
  switch (statement.kind) {
    case 'show-create-pipeline':
      return [cluster, showCreatePipeline(pipeline, statement.extended, cluster, user)];
    case 'stop-pipeline':
      if (running) return stop(statement.detach ? 'Detached' : undefined);
      return [cluster, statement.ifRunning ? ok : assumed.notRunning(quoted(pipeline))];
    case 'detach-pipeline':
      return stop('Detached');
    case 'drop-pipeline':
      return [{ ...cluster, pipelines: cluster.pipelines.delete(keyOf(pipeline)) }, ok];
    case 'start-pipeline': {
      // Running in the eyes of START is whatever STATE calls so, a pipeline whose stop is still to come included.
      if (running) return [cluster, statement.ifNotRunning ? ok : assumed.alreadyRunning(quoted(pipeline))];
      if (!statement.foreground) return [withPipeline(cluster, started(pipeline, now)), ok];
      const foreground = { by: connectionId, batchesLeft: statement.batches ?? Infinity, rows: 0 };
      return waitFor(withPipeline(cluster, started(pipeline, now, foreground)), { ...waiting, forStop: false });
    }
    case 'test-pipeline': {
      if (running) return [cluster, assumed.mustBeStopped(quoted(pipeline))];
      const once = { by: connectionId, batchesLeft: 1, rows: 0 };
      return waitFor(withPipeline(cluster, started(pipeline, now, once, true)), { ...waiting, forStop: false });
    }
  }
}

function waitFor(cluster: Cluster, waiting: Waiting): [Cluster, Reply] {
  return [cluster, settle(cluster, waiting) ?? { type: 'wait', waiting }];
}

function createPipeline(
  statement: Of<'create-pipeline'>,
  name: Name,
  existing: Pipeline | undefined,
  execution: Execution,
): [Cluster, Reply] {
  const { cluster, now } = execution;
  const { options } = statement;
  if (existing && statement.ifNotExists) return [cluster, ok];
  if (existing && !statement.orReplace) return [cluster, assumed.pipelineExists(quoted(name))];
  if (existing && isRunning(existing)) return [cluster, assumed.mustBeStopped(quoted(name))];
  if (!cluster.tables.has(keyOf({ database: name.database, name: options.table }))) {
    return [cluster, errorReply(1146, '42S02', `Table '${name.database}.${options.table}' doesn't exist`)];
  }
  const source = sourceOf(options, name, execution);
  if ('errno' in source) return [cluster, source];
  const answer = execution.source;
  if (answer === undefined) {
    // only whether it can be listed: every object counts as known
    return [cluster, { type: 'ask', request: requestOf(cluster, { ...source, path: options.path }, () => true) }];
  }
  const refused = 'refused' in answer ? assumed.cannotListSource(answer.refused) : undefined;
  if (refused !== undefined && !statement.force) return [cluster, refused];
  const id = existing !== undefined && assumed.orReplaceKeepsPipelineId ? existing.id : cluster.lastId + 1;
  const pipeline: Pipeline = {
    ...name,
    ...source,
    aggregator: statement.aggregator,
    id,
    path: options.path,
    table: options.table,
    batchIntervalMs: options.batchIntervalMs ?? assumed.batchIntervalMs,
    stopOnError: options.stopOnError ?? null,
    retries: options.retries ?? null,
    createdAt: now,
    state: 'Stopped',
    run: undefined,
    ended: undefined,
    files: Table.empty(),
    batches: [],
    errors: refused === undefined ? [] : [{ at: now, batchId: 0, errno: refused.errno, message: refused.message }],
    lastBatchId: 0,
    skippedBatches: 0,
  };
  return [withPipeline({ ...cluster, lastId: Math.max(cluster.lastId, id) }, pipeline), ok];
}

function showPipelines(statement: Of<'show-pipelines'>, execution: Execution): Reply {
  const { cluster, user } = execution;
  const name = resolve({ database: statement.database, name: '*' }, execution);
  if (isError(name)) return name;
  const refused = refusal('SHOW PIPELINES', { ...name, name: name.database }, user);
  if (refused) return refused;
  const pipelines = [...visiblePipelines(cluster, user)]
    .filter(({ database }) => database === name.database)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    type: 'rows',
    columns: [`Pipelines_in_${name.database}`, 'State', 'Scheduled'].map((column) => ({ name: column, type: 'text' })),
    rows: pipelines.map((pipeline) => [pipeline.name, pipeline.state, scheduled(pipeline)]),
  };
}

function clearErrors(statement: Of<'clear-errors'>, execution: Execution): [Cluster, Reply] {
  const { cluster, user } = execution;
  const name = resolve(statement.pipeline ?? { database: undefined, name: '*' }, execution);
  if (isError(name)) return [cluster, name];
  const refused = refusal('CLEAR PIPELINE ERRORS', name, user);
  if (refused) return [cluster, refused];
  let cleared = cluster;
  for (const pipeline of cluster.pipelines.values()) {
    const meant = pipeline.database === name.database && (!statement.pipeline || pipeline.name === name.name);
    if (meant && pipeline.errors.length > 0) cleared = withPipeline(cleared, { ...pipeline, errors: [] });
  }
  return [cleared, ok];
}
