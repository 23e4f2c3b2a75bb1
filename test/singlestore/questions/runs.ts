import { setTimeout as delay } from 'node:timers/promises';
import { NOBODY, until, type Bench } from '../bench';
import { quoteJson } from '../client';
import { whyNoSource } from '../source';
import type { Finding, Question } from './question';

export const stopping: Question = {
  title: 'Does STOP PIPELINE return before STATE is Stopped, and how long does it take?',
  async ask(bench) {
    const findings: Finding[] = [];
    for (let i = 1; i <= 3; i++) {
      const pipeline = await bench.running(await bench.link());
      const began = performance.now();
      const outcome = await bench.root.outcome(`STOP PIPELINE ${pipeline}`);
      const returned = performance.now() - began;
      const state = String(await bench.stateOf(pipeline));
      await bench.reaches(pipeline, 'Stopped');
      const stopped = performance.now() - began;
      findings.push([
        `STOP PIPELINE, ${i}`,
        `${outcome} after ${Math.round(returned)} ms, STATE ${state}; Stopped after ${Math.round(stopped)} ms`,
      ]);
    }
    return [...findings, ...(await inABatch(bench))];
  },
};

const LARGE = 'a line of a file that takes its time\n'.repeat(1 << 18); // 9 MiB

/** Stops a pipeline in the middle of a large batch, if that can be caught; then once more, and kills that STOP. */
async function inABatch(bench: Bench): Promise<readonly Finding[]> {
  const { source } = bench.witness;
  const large = 'STOP PIPELINE in a large batch';
  if (source === undefined) return [[large, `not asked: ${whyNoSource(process.env) ?? 'there is no source'}`]];
  const link = await bench.link({ region: source.region, endpoint_url: source.endpoint }, source.credentials);
  const findings: Finding[] = [];
  for (const kills of [false, true]) {
    const path = await source.put(`${bench.database}/${bench.name('large')}`, LARGE);
    const pipeline = await bench.pipeline(link, `${source.bucket}/${path}`);
    await bench.root.rows(`START PIPELINE ${pipeline}`);
    let batch: unknown;
    await until('a batch has begun', async () => {
      return (
        (batch = (await bench.about(pipeline, 'PIPELINES_BATCHES_SUMMARY', 'BATCH_STATE'))[0]?.['BATCH_STATE']) !==
        undefined
      );
    });
    const began = performance.now();
    const stopper = await bench.connect();
    const stop = stopper.outcome(`STOP PIPELINE ${pipeline}`);
    let ended = false;
    const stopped = stop.finally(() => (ended = true));
    if (kills) {
      await until('the STOP is seen in the process list, or has ended', async () => {
        const rows = await bench.root.rows('SHOW FULL PROCESSLIST');
        return ended || rows.some((row) => row['Id'] === stopper.id && String(row['Info']).startsWith('STOP'));
      });
      await bench.root.outcome(`KILL QUERY ${stopper.id}`);
    }
    const outcome = await stopped;
    const returned = performance.now() - began;
    const state = String(await bench.stateOf(pipeline));
    const after = await bench.about(pipeline, 'PIPELINES_BATCHES_SUMMARY', 'BATCH_STATE');
    findings.push([
      kills ? `${large}, killed` : large,
      `batch ${String(batch)} before; ${outcome} after ${Math.round(returned)} ms, STATE ${state}, ` +
        `batch ${String(after[0]?.['BATCH_STATE'])}`,
    ]);
    if (kills) {
      await delay(KILLED_STOP_MS);
      findings.push([`STATE ${KILLED_STOP_MS} ms after a killed STOP`, String(await bench.stateOf(pipeline))]);
    }
    await bench.stop(pipeline);
  }
  return findings;
}

const KILLED_STOP_MS = 2000;

export const recovery: Question = {
  title: 'Does a pipeline that is in Error for its credentials recover by START alone after ALTER LINK?',
  async ask(bench) {
    const { source } = bench.witness;
    if (source === undefined) return [['not asked', whyNoSource(process.env) ?? 'there is no source']];
    const path = await source.put(`${bench.database}/recovery`, 'a\n');
    const config = { region: source.region, endpoint_url: source.endpoint };
    const link = await bench.link(config, {
      ...source.credentials,
      aws_secret_access_key: NOBODY.aws_secret_access_key,
    });
    const options = 'MAX_RETRIES_PER_BATCH_PARTITION 1 STOP_ON_ERROR ON';
    const pipeline = await bench.pipeline(link, `${source.bucket}/${path}`, options);
    await bench.root.rows(`START PIPELINE ${pipeline}`);
    await bench.reaches(pipeline, 'Error');
    const alter = await bench.root.outcome(`ALTER LINK ${link} SET CREDENTIALS ${quoteJson(source.credentials)}`);
    const start = await bench.root.outcome(`START PIPELINE ${pipeline}`);
    let after = 'nothing was loaded';
    await until('it has loaded or failed again', async () => {
      const files = await bench.about(pipeline, 'PIPELINES_FILES', 'FILE_STATE');
      if (files.some((file) => file['FILE_STATE'] === 'Loaded')) after = 'the file was loaded';
      return after !== 'nothing was loaded' || (await bench.stateOf(pipeline)) === 'Error';
    });
    return [
      ['ALTER LINK while it is in Error', alter],
      ['START PIPELINE', start],
      ['and then', `${after}, STATE ${String(await bench.stateOf(pipeline))}`],
    ];
  },
};
