import type { Cursor } from './cursor';
import type { PipelineOptions, Statement } from './statement';

const SOURCES = ['S3', 'AZURE', 'GCS', 'HDFS', 'KAFKA', 'FS', 'MONGODB', 'MYSQL'];

/** What follows CREATE [OR REPLACE] [AGGREGATOR] PIPELINE. */
export function createPipeline(c: Cursor, orReplace: boolean, aggregator: boolean): Statement {
  const ifNotExists = !orReplace && c.take('IF', 'NOT', 'EXISTS');
  const pipeline = c.ref();
  const force = c.take('FORCE');
  c.expect('AS', 'LOAD', 'DATA');
  return { kind: 'create-pipeline', orReplace, aggregator, ifNotExists, force, pipeline, options: pipelineOptions(c) };
}

export function stopPipeline(c: Cursor): Statement {
  const ifRunning = c.take('IF', 'RUNNING');
  const pipeline = c.ref();
  return { kind: 'stop-pipeline', ifRunning, pipeline, detach: c.take('DETACH') };
}

export function startPipeline(c: Cursor): Statement {
  const ifNotRunning = c.take('IF', 'NOT', 'RUNNING');
  const pipeline = c.ref();
  const foreground = c.take('FOREGROUND');
  let batches: number | undefined;
  if (foreground && c.take('LIMIT')) {
    batches = c.number();
    c.expect('BATCHES');
  }
  return { kind: 'start-pipeline', ifNotRunning, pipeline, foreground, batches };
}

/** What follows LOAD DATA in CREATE PIPELINE. Clauses that do not matter here are kept as text. */
function pipelineOptions(c: Cursor): PipelineOptions {
  const link = c.take('LINK') ? c.ref() : undefined;
  const type = link === undefined ? c.oneOf(SOURCES) : '';
  const path = c.string();
  let config = '{}';
  let credentials = '{}';
  let rest = '';
  const numbers: { BATCH_INTERVAL?: number; MAX_RETRIES_PER_BATCH_PARTITION?: number } = {};
  let stopOnError: boolean | undefined;
  while (!c.take('INTO')) {
    const { start } = c.token;
    if (c.take('CONFIG')) config = c.string();
    else if (c.take('CREDENTIALS')) {
      credentials = c.string();
      rest += ' CREDENTIALS <CREDENTIALS REDACTED>';
      continue;
    } else if (c.take('BATCH_INTERVAL')) numbers.BATCH_INTERVAL = c.number();
    else if (c.take('MAX_RETRIES_PER_BATCH_PARTITION')) numbers.MAX_RETRIES_PER_BATCH_PARTITION = c.number();
    else if (c.take('STOP_ON_ERROR')) stopOnError = c.oneOf(['ON', 'OFF']) === 'ON';
    else if (c.token.kind === 'end') c.fail();
    else c.next();
    rest += ` ${c.sql.slice(start, c.token.start).trim()}`;
  }
  const into = c.token;
  c.take('TABLE');
  c.take('PROCEDURE');
  const table = c.ref().name;
  c.skip();
  return {
    source: link === undefined ? { type, config, credentials } : { link },
    path,
    table,
    batchIntervalMs: numbers.BATCH_INTERVAL,
    retries: numbers.MAX_RETRIES_PER_BATCH_PARTITION,
    stopOnError,
    rest: `${rest} INTO ${c.sql.slice(into.start, c.token.start).trim()}`,
  };
}
