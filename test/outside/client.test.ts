import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageExamples, pageLink } from '../singlestore/page';
import { readShown } from '../singlestore/shown';
import { startSingleStore, type SingleStoreStandIn } from '../standins/singlestore';
import { runClient, type Run } from './mariadbClient';

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

/** Runs the client with `input` on its standard input, as a user who must come over TLS. */
function client(input: string, password = 'open sesame', ...options: readonly string[]): Promise<Run> {
  const login = [
    '--user=ann',
    '--database=analytics',
    `--ssl-ca=${join(folder, 'ca.pem')}`,
    '--ssl-verify-server-cert',
  ];
  return runClient(server.port, password, input, [...login, ...options]);
}

const created = `${pageLink}\n`;
/** The key id that the link holds after each of the page's examples, in their order. */
const keyIds = [
  'initial_key_id',
  'initial_key_id',
  'initial_key_id',
  'rotated_key_id',
  'final_key_id',
  'final_key_id',
  'rotated_key_id',
];

test('each example of the ALTER LINK page gives what the page shows', async () => {
  const shown = 'SHOW CREATE LINK analytics_link \\G\n';
  const script = created + pageExamples.map(({ statement }) => `${statement}\n${shown}`).join('');
  const { status, output, errors } = await client(script);
  expect([status, errors]).toEqual([0, '']);
  const row = /\*{27} 1\. row \*{27}\n {2}Link Name: analytics_link\nCreate Link: (.*)\n/g;
  expect(output.replaceAll(row, '')).toBe('');
  expect([...output.matchAll(row)].map(([, text]) => readShown(text!))).toEqual(
    pageExamples.map((example) => readShown(example.shown)),
  );
});

test.each(pageExamples.map(({ title }, at) => [title, keyIds[at], at] as const))(
  'after "%s" the link holds %s',
  async (_, keyId, at) => {
    const script = pageExamples.slice(0, at + 1).map(({ statement }) => `${statement}\n`);
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

describe('what the client asks of any server', () => {
  test('status, twice in a session: database, user, versions, character sets and what the server counts', async () => {
    const { status, output, errors } = await client('status\n\\s\n');
    expect([status, errors]).toEqual([0, '']);
    const lines: readonly (readonly [RegExp, number])[] = [
      [/^Current database:\s+analytics$/gm, 2],
      [/^Current user:\s+ann@%$/gm, 2],
      [/^Server version:\s+5\.7\.32 SingleStoreDB source distribution/gm, 2],
      [/^(Server|Db|Client|Conn\.) +characterset:\s+utf8mb4$/gm, 8],
      [/^Uptime:\s+\d+ sec/gm, 2],
      [/^Threads: 1 {2}Questions: \d+/gm, 2],
    ];
    for (const [line, times] of lines) expect([line, output.match(line)?.length]).toEqual([line, times]);
  });

  test.each([
    ['SHOW VARIABLES', /^max_allowed_packet\t\d+$/m],
    ["SHOW VARIABLES LIKE 'collation%'", /^collation_connection\tutf8mb4_bin$/m],
    ["SHOW SESSION VARIABLES LIKE 'sql_mode'", /^sql_mode\tSTRICT_ALL_TABLES$/m],
    [
      'SELECT @@character_set_connection, @@collation_connection, @@collation_server',
      /^utf8mb4\tutf8mb4_bin\tutf8mb4_bin$/m,
    ],
    ['SELECT DATABASE(), USER(), CURRENT_USER()', /^analytics\tann@%\tann@%$/m],
    ['SHOW STATUS', /^Threads_connected\t1$/m],
    ["SHOW GLOBAL STATUS LIKE 'Threads\\_r%'", /^Threads_running\t1$/m],
    ['SHOW TABLES', /^t$/m],
    ['SHOW DATABASES', /^analytics$/m],
    ['SHOW WARNINGS LIMIT 5', /^$/],
    ['SHOW FULL PROCESSLIST', /\tann\t.*\tSHOW FULL PROCESSLIST$/m],
    ["SHOW GRANTS FOR 'ann'@'%'", /^GRANT ALL PRIVILEGES ON \*\.\* TO 'ann'@'%' REQUIRE SSL$/m],
  ])('%s', async (question, answer) => {
    const { status, output, errors } = await client(`${question};\n`);
    expect([status, errors]).toEqual([0, '']);
    expect(output).toMatch(answer);
  });

  test('the names of tables, which it completes, and the warnings that it shows after each statement', async () => {
    const asking = await client('USE analytics;\nSELECT 1;\n', undefined, '--auto-rehash', '--show-warnings');
    expect([asking.status, asking.errors]).toEqual([0, '']);
  });
});
