import { build } from 'esbuild';
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures } from './worker';

/**
 * Runs `worker.ts` on each core, each with its part of the work, behind whatever else there is to do: built into one
 * plain file, which a process of its own can run.
 *
 * @returns what each reported, in order of arrival
 */
export async function onAllCores(args: readonly string[]): Promise<readonly Figures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'worker-'));
  try {
    const outfile = join(folder, 'worker.js');
    const entryPoints = [join(__dirname, 'worker.ts')];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', target: 'node20', logLevel: 'error' });
    const of = availableParallelism();
    const parts = Array.from({ length: of }, (_, at) => run(outfile, [...args, '--part', `${at}/${of}`]));
    return (await Promise.all(parts)).flat();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One process to its end. */
function run(program: string, args: readonly string[]): Promise<readonly Figures[]> {
  return new Promise((resolve, reject) => {
    const reports: Figures[] = [];
    const child = fork(program, args, { execArgv: [] });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    child.on('message', (report) => reports.push(report as Figures));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(reports);
      else reject(new Error(`${args.join(' ')} ended with ${code ?? 'a signal'}`));
    });
  });
}
