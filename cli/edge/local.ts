import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exits, Failure } from '../exit';
import { exportCredentials, type Ask } from './aws';

/** Beside this tool's own file, in the package and in the checkout: `dist/lambda/index.js`. */
const bundle = join(__dirname, '..', 'lambda', 'index.js');

/**
 * Runs the function itself, in this process: its build, with `ROTATIONS` and `JOURNAL_TABLE` of this environment. What it logs goes to
 * `log`, line by line, because standard output belongs to the answer.
 */
export async function inProcess(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<Ask> {
  const missing = ['ROTATIONS', 'JOURNAL_TABLE'].filter((name) => (env[name] ?? '') === '');
  if (missing.length > 0)
    throw new Failure(
      `--local needs the function's own environment: ${missing.join(' and ')} not set. \`aws lambda get-function-configuration\` shows that of a deployed one.`,
      exits.usage,
    );
  if (!existsSync(bundle)) throw new Failure('--local needs the built function: npm run build', exits.usage);
  await exportCredentials(env);
  process.stdout.write = (line: string | Uint8Array) => {
    log(String(line));
    return true;
  };
  const load = require as (path: string) => { readonly handler: (event: object) => Promise<unknown> };
  const { handler } = load(bundle);
  return (event) =>
    handler(event).catch((error: unknown) => {
      throw new Failure((error as Error).message);
    });
}
