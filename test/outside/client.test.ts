import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSingleStore, type SingleStoreStandIn } from '../standins/singlestore';

/*
 * MariaDB's command-line client at the SingleStore stand-in: a program that nobody here has written says what it
 * understands.
 */

let server: SingleStoreStandIn;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-'));
});
beforeEach(async () => {
  server = await startSingleStore();
  await server.execute('CREATE DATABASE analytics');
  await server.execute('CREATE TABLE t (a INT)', 'analytics');
  await server.execute("CREATE USER 'ann'@'%' IDENTIFIED BY 'open sesame' REQUIRE SSL");
  await server.execute("GRANT ALL ON *.* TO 'ann'@'%'");
  await writeFile(join(folder, 'ca.pem'), server.ca);
});
afterEach(() => server.stop());
afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the client with `input` on its standard input. */
function client(input: string, password = 'open sesame', ...options: readonly string[]): Promise<Run> {
  const login = ['--no-defaults', '--protocol=tcp', '--host=127.0.0.1', `--port=${server.port}`, '--user=ann'];
  const tls = [`--ssl-ca=${join(folder, 'ca.pem')}`, '--ssl-verify-server-cert'];
  const run = [...login, ...tls, '--database=analytics', ...options];
  return new Promise((resolve) => {
    const env = { ...process.env, MYSQL_PWD: password };
    const child = execFile('mariadb', run, { env, maxBuffer: 1 << 24 }, (error, output, errors) => {
      resolve({ status: error === null ? 0 : Number(error.code), output, errors });
    });
    child.stdin!.end(input);
  });
}

const created = `CREATE LINK analytics_link AS S3
CONFIG '{"disable_gunzip":false}'
CREDENTIALS '{"aws_access_key_id":"initial_key_id",
"aws_secret_access_key":"initial_secret"}';
`;

/** The page's examples in its order: the statement, CONFIG as the page shows it then, and the key id then in the link. */
const examples: readonly (readonly [statement: string, config: string, keyId: string])[] = [
  [
    'SET CONFIG ::region = "us-east-1";',
    String.raw`{\"disable_gunzip\":false,\"region\":\"us-east-1\"}`,
    'initial_key_id',
  ],
  [
    "SET CONFIG ::region = 'us-west-2';",
    String.raw`{\"disable_gunzip\":false,\"region\":\"us-west-2\"}`,
    'initial_key_id',
  ],
  [
    `SET CONFIG '{"region":"eu-central-1","disable_gunzip":true}';`,
    String.raw`{\"region\":\"eu-central-1\",\"disable_gunzip\":true}`,
    'initial_key_id',
  ],
  [
    "SET CREDENTIALS ::aws_access_key_id = 'rotated_key_id';",
    String.raw`{\"region\":\"eu-central-1\",\"disable_gunzip\":true}`,
    'rotated_key_id',
  ],
  [
    `SET CREDENTIALS '{"aws_access_key_id":"final_key_id","aws_secret_access_key":"final_secret"}';`,
    String.raw`{\"region\":\"eu-central-1\",\"disable_gunzip\":true}`,
    'final_key_id',
  ],
  [
    `SET CONFIG '{"region":"eu-central-1","disable_gunzip":true}'
    SET CREDENTIALS '{"aws_access_key_id":"final_key_id","aws_secret_access_key":"final_secret"}';`,
    String.raw`{\"region\":\"eu-central-1\",\"disable_gunzip\":true}`,
    'final_key_id',
  ],
  [
    `SET CONFIG '{"region":"us-west-2","disable_gunzip":true}'
    SET CREDENTIALS ::aws_access_key_id = 'rotated_key_id';`,
    String.raw`{\"disable_gunzip\":true,\"region\":\"us-west-2\"}`,
    'rotated_key_id',
  ],
];

/** CONFIG as JSON: its keys come in any order on the page. */
const configOf = (escaped: string): unknown => JSON.parse(JSON.parse(`"${escaped}"`) as string);

test('each example of the ALTER LINK page gives what the page shows', async () => {
  const shown = 'SHOW CREATE LINK analytics_link \\G\n';
  const script = created + examples.map(([clauses]) => `ALTER LINK analytics_link\n    ${clauses}\n${shown}`).join('');
  const { status, output, errors } = await client(script);
  expect([status, errors]).toEqual([0, '']);
  const pattern =
    /\*{27} 1\. row \*{27}\n {2}Link Name: analytics_link\nCreate Link: CREATE LINK `analytics_link` AS S3\s+CONFIG "(.*)"\s+CREDENTIALS <CREDENTIALS REDACTED>\n/g;
  expect(output.replaceAll(pattern, '')).toBe('');
  expect([...output.matchAll(pattern)].map(([, config]) => configOf(config!))).toEqual(
    examples.map(([, config]) => configOf(config)),
  );
});

test.each(examples.map(([clauses, , keyId], at) => [clauses, keyId, at] as const))(
  'after %s the link holds %s',
  async (_, keyId, at) => {
    const script = examples.slice(0, at + 1).map(([clauses]) => `ALTER LINK analytics_link ${clauses}\n`);
    expect(await client(created + script.join(''))).toEqual({ status: 0, output: '', errors: '' });
    expect(server.link('analytics', 'analytics_link')?.credentials['aws_access_key_id']).toBe(keyId);
  },
);

test('an empty object clears CONFIG', async () => {
  await client(`${created}ALTER LINK analytics_link SET CONFIG '{}';`);
  expect(server.link('analytics', 'analytics_link')?.config).toBe('{}');
});

test('two clauses of a kind are refused, and the client says why', async () => {
  const { status, errors } = await client(
    `${created}ALTER LINK analytics_link SET CONFIG ::a = 'b' SET CONFIG ::c = 'd';`,
  );
  expect(status).toBe(1);
  expect(errors).toMatch(/^ERROR 1064 \(42000\) at line 5: /m);
});

test('a link is not altered while its pipeline runs, and keeps its place through STOP, ALTER and START', async () => {
  const pipeline = "CREATE PIPELINE orders AS LOAD DATA LINK analytics_link 'bucket' INTO TABLE t;\n";
  const alter = "ALTER LINK analytics_link SET CREDENTIALS ::aws_access_key_id = 'rotated_key_id';\n";
  const refused = await client(`${created}${pipeline}START PIPELINE orders;\n${alter}`);
  expect(refused.errors).toMatch(/^ERROR \d+ \(HY000\) at line 7: .*running/m);
  const state = 'SELECT STATE FROM information_schema.PIPELINES;\n';
  const { status, output } = await client(`STOP PIPELINE orders;\n${state}${alter}START PIPELINE orders;\n${state}`);
  expect([status, output]).toEqual([0, 'STATE\nStopped\nSTATE\nRunning\n']);
  expect(server.link('analytics', 'analytics_link')?.credentials['aws_access_key_id']).toBe('rotated_key_id');
});

describe('over TLS', () => {
  test('the client reports its cipher, and the host name is as good as the address', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const { output } = await client('status', undefined, `--host=${host}`);
      expect(output).toMatch(/SSL:\s+Cipher in use is TLS_/);
    }
  });

  test('an authority of somebody else is refused by the client, and the server hears no login', async () => {
    const other = await startSingleStore();
    await writeFile(join(folder, 'ca.pem'), other.ca);
    await other.stop();
    const { status, errors } = await client('SELECT 1');
    expect(status).toBe(1);
    expect(errors).toMatch(/^ERROR 2026 \(HY000\): TLS\/SSL error: .*certificate/);
    expect(server.statements).toEqual([]);
  });

  test('a wrong password is refused, and so is a user who must use TLS and does not', async () => {
    for (const [password, ...options] of [['wrong'], ['open sesame', '--skip-ssl-verify-server-cert', '--ssl=0']]) {
      const { status, errors } = await client('SELECT 1', password, ...options);
      expect(status).toBe(1);
      expect(errors).toMatch(/^ERROR 1045 \(28000\): Access denied for user 'ann'/);
    }
  });
});

test('what a text holds comes through: quotes, backslashes, line ends, NUL, emoji, 1 MiB', async () => {
  for (const text of ['a\'b"c`d', '\\', 'a\nb\r\tc', 'a\0b', '%_?$1', '\u{1f511} \u30b7', 'x'.repeat(1 << 20)]) {
    const literal = `'${text.replaceAll(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
    const { output, errors } = await client(
      `SELECT ${literal} AS v;`,
      undefined,
      '--raw',
      '--skip-column-names',
      '--binary-mode',
      '--default-character-set=utf8mb4',
    );
    expect([errors, output === `${text}\n`]).toEqual(['', true]);
  }
});
