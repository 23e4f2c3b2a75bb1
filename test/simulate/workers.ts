import { build } from 'esbuild';
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures } from './worker';

/**
 * Runs `worker.ts` on each core, each taking one job after another, behind whatever else there is to do: built into one
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
    let job = 0;
    const next = (): number => job++;
    const processes = Array.from({ length: availableParallelism() }, () => run(outfile, args, next));
    return (await Promise.all(processes)).flat();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One process to its end: it ends when it is given a number behind those of the jobs. */
function run(program: string, args: readonly string[], next: () => number): Promise<readonly Figures[]> {
  return new Promise((resolve, reject) => {
    const reports: Figures[] = [];
    const child = fork(program, args, { execArgv: [] });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    child.send(next());
    child.on('message', (figures) => {
      reports.push(...(figures as readonly Figures[]));
      child.send(next());
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(reports);
      else reject(new Error(`${args.join(' ')} ended with ${code ?? 'a signal'}`));
    });
  });
}
