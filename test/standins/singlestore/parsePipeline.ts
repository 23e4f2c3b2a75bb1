import type { Cursor } from './cursor';
import type { PipelineOptions } from './statement';

const SOURCES = ['S3', 'AZURE', 'GCS', 'HDFS', 'KAFKA', 'FS', 'MONGODB', 'MYSQL'];

/** What follows LOAD DATA in CREATE PIPELINE. Clauses that do not matter here are kept as text. */
export function pipelineOptions(c: Cursor): PipelineOptions {
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
