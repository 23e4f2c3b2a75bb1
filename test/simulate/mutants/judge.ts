import { execFile } from 'node:child_process';
import { build, type Plugin } from 'esbuild';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './mutant';

/** How a variant of lambda/ fared. `by`: what caught it; `null`: nothing did. */
export interface Verdict {
  readonly by: string | null;
  /** Where, and after how much. */
  readonly where: string;
}

type Sources = ReadonlyMap<string, string>;

/** Plays the trial of the simulation on a variant. @param seconds after which it has survived */
export async function playTrial(sources: Sources, seconds: number): Promise<Verdict> {
  return inFolder(async (folder) => {
    const bundle = join(folder, 'trial.js');
    await build({
      entryPoints: [join(root, 'test/simulate/trial.ts')],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      target: 'node20',
      plugins: [replacing(sources)],
      logLevel: 'error',
    });
    const { output, timedOut } = await run(process.execPath, [bundle], folder, seconds);
    const line = output
      .split('\n')
      .reverse()
      .find((text) => text.startsWith('{"caught"'));
    if (line === undefined)
      return { by: null, where: timedOut ? `not within ${seconds} s` : `no verdict: ${output.slice(-300)}` };
    const said = JSON.parse(line) as {
      caught: boolean;
      played?: number;
      invariant?: string;
      scenario?: string;
      schedule?: string;
    };
    if (!said.caught) return { by: null, where: `${said.played ?? 0} schedules played` };
    return { by: `(${said.invariant ?? ''})`, where: `${said.scenario ?? ''}: ${said.schedule ?? ''}` };
  });
}

/** Runs the claims of one test file on a copy of the project with a variant in it. */
export async function runClaims(sources: Sources, file: string, seconds: number): Promise<Verdict> {
  return inFolder(async (folder) => {
    for (const part of ['lambda', 'test', 'infra', 'package.json', 'tsconfig.json', 'jest.config.cjs'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [path, source] of sources) writeFileSync(join(folder, path), source);
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const { output, failed } = await run(
      process.execPath,
      [jest, '--ci', '--runInBand', '--runTestsByPath', file],
      folder,
      seconds,
    );
    const [claim] = /(?<=● ).*/.exec(output) ?? [];
    return failed && claim !== undefined ? { by: file, where: claim.replace(/^.* › /, '') } : { by: null, where: file };
  });
}

/** Gives esbuild these sources in place of the files. */
const replacing = (sources: Sources): Plugin => ({
  name: 'replacing',
  setup: (bundling) => {
    const byPath = new Map([...sources].map(([file, source]) => [join(root, file), source]));
    bundling.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = byPath.get(path);
      return contents === undefined ? undefined : { contents, loader: 'ts' };
    });
  },
});

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A child process, to its end or for so many seconds. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  seconds: number,
): Promise<{ readonly output: string; readonly failed: boolean; readonly timedOut: boolean }> {
  return new Promise((resolve) => {
    const options = { cwd, timeout: seconds * 1_000, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ output: stdout + stderr, failed: error !== null, timedOut: error?.killed === true });
    });
  });
}
