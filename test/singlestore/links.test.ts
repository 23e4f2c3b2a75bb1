import { NOBODY, UNREACHABLE } from './bench';
import { quoteJson, quoteName, quoteText } from './client';
import { readShown } from './shown';
import { useBench } from './suite';

const bench = useBench();
const credentials = `CREDENTIALS ${quoteJson(NOBODY)}`;

async function listed(link: string): Promise<Readonly<Record<string, unknown>>> {
  const rows = await bench().root.rows('SHOW LINKS');
  return rows.find((row) => row['Link'] === link) ?? {};
}

describe('CREATE LINK', () => {
  test('makes the link in the database of the connection, or in the one it names', async () => {
    const [here, there] = [bench().name('link'), bench().name('link')];
    await bench().root.rows(`CREATE LINK ${here} AS S3 ${credentials}`);
    await bench().root.rows(`CREATE LINK ${quoteName(bench().other)}.${there} AS S3 ${credentials}`);
    const rows = await bench().root.rows(
      `SELECT DATABASE_NAME, LINK FROM information_schema.LINKS WHERE LINK IN (${quoteText(here)}, ${quoteText(there)}) ` +
        `AND DATABASE_NAME IN (${quoteText(bench().database)}, ${quoteText(bench().other)}) ORDER BY LINK`,
    );
    expect(rows).toEqual([
      { DATABASE_NAME: bench().database, LINK: here },
      { DATABASE_NAME: bench().other, LINK: there },
    ]);
  });

  test.each([
    ['CONFIG before CREDENTIALS', `CONFIG '{"region":"x"}' ${credentials}`],
    ['CREDENTIALS before CONFIG', `${credentials} CONFIG '{"region":"x"}'`],
  ])('takes %s', async (_, clauses) => {
    const link = bench().name('link');
    await bench().root.rows(`CREATE LINK ${link} AS S3 ${clauses} DESCRIPTION 'for the lake'`);
    expect(await bench().configOf(link)).toEqual({ region: 'x' });
    expect(await listed(link)).toMatchObject({ Link: link, Description: 'for the lake' });
    expect(String((await listed(link))['Type']).toUpperCase()).toBe('S3');
  });

  test('keeps the text of CONFIG, its newlines and spaces included', async () => {
    const link = bench().name('link');
    await bench().root.rows(`CREATE LINK ${link} AS S3 CONFIG '{\n  "region": "x" }' ${credentials}`);
    const [row] = await bench().root.rows(`SHOW CREATE LINK ${link}`);
    expect(row!['Create Link']).toContain(String.raw`CONFIG "{\n  \"region\": \"x\" }"`);
  });

  test('refuses a name that is taken; IF NOT EXISTS leaves the link as it is', async () => {
    const link = await bench().link();
    await bench().root.refusal(`CREATE LINK ${link} AS S3 CONFIG '{}' ${credentials}`);
    await bench().root.rows(`CREATE LINK IF NOT EXISTS ${link} AS S3 CONFIG '{}' ${credentials}`);
    expect(await bench().configOf(link)).toEqual(UNREACHABLE);
  });

  test.each([
    ['S3', {}, NOBODY],
    ['AZURE', {}, { account_name: 'nobody', account_key: 'bm9ib2R5' }],
    ['GCS', {}, { access_id: 'GOOGNOBODY', secret_key: 'nobody' }],
    ['HDFS', {}, {}],
    ['HTTP', { headers: { 'X-Of': 'nobody' } }, {}],
    ['KAFKA', { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' }, { 'sasl.password': 'nobody' }],
    ['MONGODB', { 'mongodb.hosts': '127.0.0.1:9' }, { 'mongodb.user': 'nobody', 'mongodb.password': 'nobody' }],
    [
      'MYSQL',
      { 'database.hostname': '127.0.0.1', 'database.port': 9 },
      { 'database.user': 'nobody', 'database.password': 'nobody' },
    ],
  ])('makes a link of the type %s, with its CONFIG as JSON', async (type, config, secret) => {
    const link = bench().name('link');
    await bench().root.rows(
      `CREATE LINK ${link} AS ${type} CONFIG ${quoteJson(config)} CREDENTIALS ${quoteJson(secret)}`,
    );
    expect(await bench().configOf(link)).toEqual(config);
    expect(String((await listed(link))['Type']).toUpperCase()).toBe(type);
  });

  test('knows no type ICEBERG', async () => {
    await bench().root.refusal(`CREATE LINK ${bench().name('link')} AS ICEBERG CONFIG '{}' ${credentials}`);
  });
});

describe('CREATE OR REPLACE LINK', () => {
  const replace = (link: string, type = 'S3') => `CREATE OR REPLACE LINK ${link} AS ${type} CONFIG '{}' ${credentials}`;

  test('changes the definition and leaves pipelines as they were', async () => {
    const link = await bench().link();
    const pipeline = await bench().pipeline(link);
    const before = await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline}`);
    await bench().root.rows(replace(link));
    expect(await bench().configOf(link)).toEqual({});
    expect(await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline}`)).toEqual(before);
    expect(await bench().stateOf(pipeline)).toBe('Stopped');
  });

  test('makes a link that is not there', async () => {
    const link = bench().name('link');
    await bench().root.rows(replace(link));
    expect(await bench().configOf(link)).toEqual({});
  });

  test('refuses another type, and IF NOT EXISTS beside it', async () => {
    const link = await bench().link();
    await bench().root.refusal(replace(link, 'GCS'));
    await bench().root.refusal(`CREATE OR REPLACE LINK IF NOT EXISTS ${link} AS S3 CONFIG '{}' ${credentials}`);
    expect(await bench().configOf(link)).toEqual(UNREACHABLE);
  });
});

describe('what is shown of a link', () => {
  test('credentials are shown nowhere', async () => {
    const secret = `s'cr\\et "%" 'of' nobody`;
    const link = await bench().link({}, { aws_access_key_id: 'key-of-nobody', aws_secret_access_key: secret });
    const places = [
      await bench().root.rows(`SHOW CREATE LINK ${link}`),
      await bench().root.rows('SHOW LINKS'),
      await bench().root.rows(
        `SELECT * FROM information_schema.LINKS WHERE DATABASE_NAME = ${quoteText(bench().database)}`,
      ),
    ];
    for (const rows of places) {
      expect(JSON.stringify(rows)).toContain(link);
      expect(JSON.stringify(rows)).not.toMatch(/key-of-nobody|cr\\+et/);
    }
    expect(readShown(String(places[0]![0]!['Create Link'])).credentials).toBe('<CREDENTIALS REDACTED>');
  });

  test('SHOW CREATE LINK is refused for HTTP; the catalogue has its CONFIG', async () => {
    const link = bench().name('link');
    await bench().root.rows(
      `CREATE LINK ${link} AS HTTP CONFIG '{"headers":{"X-Api":"1"}}' CREDENTIALS '{"headers":{"Authorization":"x"}}'`,
    );
    await bench().root.refusal(`SHOW CREATE LINK ${link}`);
    expect(await bench().configOf(link)).toEqual({ headers: { 'X-Api': '1' } });
  });

  test('SHOW LINKS ON looks into another database', async () => {
    const link = bench().name('link');
    await bench().root.rows(`CREATE LINK ${quoteName(bench().other)}.${link} AS S3 ${credentials}`);
    expect(await listed(link)).toEqual({});
    const rows = await bench().root.rows(`SHOW LINKS ON ${quoteName(bench().other)}`);
    expect(rows.map((row) => row['Link'])).toContain(link);
  });
});

test('DROP LINK takes the link away; a link that is not there is refused with 2332', async () => {
  const link = await bench().link();
  await bench().root.rows(`DROP LINK ${link}`);
  expect(await bench().root.refusal(`DROP LINK ${link}`)).toMatchObject({ errno: 2332 });
  await bench().root.refusal(`ALTER LINK ${link} SET CONFIG '{}'`);
  await bench().root.refusal(`SHOW CREATE LINK ${link}`);
});
