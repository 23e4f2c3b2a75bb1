import { NOBODY, UNREACHABLE } from './bench';
import { quoteName } from './client';
import { pageExamples, pageLink } from './page';
import { readShown } from './shown';
import { useBench } from './suite';

const bench = useBench();

async function shown(link: string): Promise<string> {
  const [row] = await bench().root.rows(`SHOW CREATE LINK ${link}`);
  return String(row!['Create Link']);
}

describe('the examples of the ALTER LINK page, one after the other', () => {
  beforeAll(async () => {
    await bench().root.rows(pageLink);
  });

  test.each(pageExamples)('$title', async ({ statement, shown: expected }) => {
    await bench().root.rows(statement);
    const rows = await bench().root.rows('SHOW CREATE LINK analytics_link');
    expect(rows.map((row) => row['Link Name'])).toEqual(['analytics_link']);
    expect(readShown(String(rows[0]!['Create Link']))).toEqual(readShown(expected));
  });
});

describe('the clauses', () => {
  const both = `'{"aws_access_key_id":"x","aws_secret_access_key":"y"}'`;
  test.each([
    ['an object replaces CONFIG as a whole', `SET CONFIG '{"region":"eu-west-1"}'`, { region: 'eu-west-1' }],
    ['a key that is there is updated', `SET CONFIG ::region = 'eu-west-1'`, { ...UNREACHABLE, region: 'eu-west-1' }],
    ['an empty object clears CONFIG', `SET CONFIG '{}'`, {}],
    ['an empty object clears CREDENTIALS and leaves CONFIG', `SET CREDENTIALS '{}'`, UNREACHABLE],
    ['both at once, CONFIG first', `SET CONFIG '{"region":"x"}' SET CREDENTIALS ${both}`, { region: 'x' }],
    ['both at once, CREDENTIALS first', `SET CREDENTIALS ${both} SET CONFIG '{"region":"x"}'`, { region: 'x' }],
    ['an object and a key', `SET CONFIG '{"region":"x"}' SET CREDENTIALS ::role_arn = 'y'`, { region: 'x' }],
    ['a key and an object', `SET CONFIG ::region = 'x' SET CREDENTIALS ${both}`, { ...UNREACHABLE, region: 'x' }],
    [
      'a key of each',
      `SET CONFIG ::region = 'x' SET CREDENTIALS ::aws_session_token = 'y'`,
      { ...UNREACHABLE, region: 'x' },
    ],
  ])('%s: %s', async (_, clauses, config) => {
    const link = await bench().link();
    await bench().root.rows(`ALTER LINK ${link} ${clauses}`);
    expect(readShown(await shown(link))).toEqual({
      name: link,
      type: 'S3',
      config,
      credentials: '<CREDENTIALS REDACTED>',
    });
    expect(await bench().configOf(link)).toEqual(config);
  });

  test.each([
    ['two CONFIG clauses', `SET CONFIG '{}' SET CONFIG ::region = 'x'`],
    ['two CREDENTIALS clauses', `SET CREDENTIALS '{}' SET CREDENTIALS ::aws_access_key_id = 'x'`],
    ['three clauses', `SET CONFIG '{}' SET CREDENTIALS '{}' SET CONFIG '{}'`],
    ['no clause', ''],
    ['a clause of another kind', `SET DESCRIPTION 'x'`],
    ['CONFIG that is not JSON', `SET CONFIG '{region}'`],
    ['a second clause that is not JSON', `SET CONFIG '{}' SET CREDENTIALS '{'`],
  ])('%s: refused, and the link is as it was', async (_, clauses) => {
    const link = await bench().link();
    const before = await shown(link);
    await bench().root.refusal(`ALTER LINK ${link} ${clauses}`);
    expect(await shown(link)).toBe(before);
  });

  test('the database may stand before the name, both in backticks', async () => {
    const [link, other] = [await bench().link(), await bench().connect()];
    await other.rows(`USE ${quoteName(bench().other)}`);
    await other.refusal(`ALTER LINK ${link} SET CONFIG '{}'`); // there is none of that name
    await other.rows(`ALTER LINK ${quoteName(bench().database)}.${quoteName(link)} SET CONFIG '{}'`);
    expect(await bench().configOf(link)).toEqual({});
  });

  test('values in CONFIG keep their JSON types when another key is set', async () => {
    const link = await bench().link({ disable_gunzip: true, endpoint_url: `http://quote"and\\and'` });
    await bench().root.rows(`ALTER LINK ${link} SET CONFIG ::region = 'x'`);
    expect(await bench().configOf(link)).toEqual({
      disable_gunzip: true,
      endpoint_url: `http://quote"and\\and'`,
      region: 'x',
    });
  });
});

describe('a pipeline on the link', () => {
  test('while it runs ALTER LINK is refused and changes nothing; once it is stopped it is done', async () => {
    const link = await bench().link();
    const pipeline = await bench().running(link);
    for (const clauses of [`SET CONFIG '{}'`, `SET CREDENTIALS ::aws_access_key_id = 'x'`, `SET CREDENTIALS '{}'`]) {
      await bench().root.refusal(`ALTER LINK ${link} ${clauses}`);
    }
    expect(await bench().configOf(link)).toEqual(UNREACHABLE);
    expect(await bench().stateOf(pipeline)).toBe('Running');
    await bench().stop(pipeline);
    await bench().root.rows(`ALTER LINK ${link} SET CONFIG ::region = 'x'`);
    expect(await bench().configOf(link)).toEqual({ ...UNREACHABLE, region: 'x' });
  });

  test('one of two that runs is enough; one on another link does not matter', async () => {
    const [link, another] = [await bench().link(), await bench().link()];
    const [first, second] = [await bench().running(link), await bench().running(link)];
    await bench().running(another);
    await bench().stop(first);
    await bench().root.refusal(`ALTER LINK ${link} SET CREDENTIALS '{}'`);
    await bench().stop(second);
    await bench().root.rows(`ALTER LINK ${link} SET CREDENTIALS '{}'`);
  });

  test('it need not be made again: it is listed as before, stays stopped, and starts', async () => {
    const link = await bench().link();
    const pipeline = await bench().pipeline(link);
    const before = await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline}`);
    await bench().root.rows(`ALTER LINK ${link} SET CONFIG ::region = 'x' SET CREDENTIALS '${JSON.stringify(NOBODY)}'`);
    expect(await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline}`)).toEqual(before);
    expect(await bench().stateOf(pipeline)).toBe('Stopped');
    await bench().root.rows(`START PIPELINE ${pipeline}`);
    await bench().reaches(pipeline, 'Running');
  });
});
