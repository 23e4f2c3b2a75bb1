import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { once, spreadOf, type Row } from './figures';

const who = 'this function';
const bundle = join(__dirname, '..', '..', 'dist', 'lambda', 'index.js');

/** What a cold start has to read and run. */
export function measureStart(rounds: number): readonly Row[] {
  const code = readFileSync(bundle);
  const bare: number[] = [];
  const loaded: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(run(''));
    loaded.push(run(`require(${JSON.stringify(bundle)})`));
  }
  const { median } = spreadOf(bare);
  const above = spreadOf(loaded.map((ms) => ms - median));
  return [
    {
      who,
      what: 'bundle, minified, the SDK inside',
      unit: 'KB',
      figure: once(code.length / 1_000),
      bar: { atMost: 750 },
    },
    {
      who,
      what: 'bundle, zipped',
      unit: 'KB',
      figure: once(gzipSync(code, { level: 9 }).length / 1_000),
      bar: { atMost: 220 },
    },
    { who: 'bare Node.js', what: 'a process that does nothing', unit: 'ms', figure: spreadOf(bare) },
    // what is promised is the module's own time: of single processes the 99th is the machine's
    {
      who,
      what: 'module load, above bare Node.js: median',
      unit: 'ms',
      figure: once(above.median),
      bar: { atMost: 110 },
    },
    { who, what: 'module load, above bare Node.js', unit: 'ms', figure: above },
  ];
}

function run(script: string): number {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, ['-e', script], {
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      JOURNAL_TABLE: 'journal',
      ROTATIONS: '[]',
    },
    stdio: 'ignore',
  });
  if (status !== 0) throw new Error(`the module ends with ${String(status)}`);
  return performance.now() - began;
}
