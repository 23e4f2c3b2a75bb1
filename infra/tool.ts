import { build } from 'esbuild';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { store } from './bundle';

const root = join(__dirname, '..');

/** Where the package's `bin` points. */
const toolDirectory = join(root, 'dist', 'cli');

/**
 * Bundles the command-line tool into one file, `index.js` in `directory`, that a shell can run. It is apart from the function: it needs
 * all of the SDK's ways to credentials, and nothing of it may come into what is deployed.
 *
 * @throws with esbuild's messages when a source does not compile or an import is not found
 */
export async function bundleTool(directory = toolDirectory): Promise<void> {
  const result = await build({
    entryPoints: [join(root, 'cli', 'index.ts')],
    outfile: join(directory, 'index.js'),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    banner: { js: '#!/usr/bin/env node' },
    write: false,
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const file of result.outputFiles) {
    store(file);
    chmodSync(file.path, 0o755);
  }
}
