import { quoteName } from './client';
import { useBench } from './suite';

const bench = useBench();

/** Why this cluster makes no external functions, as a server may be told to; undefined on one that does. */
let refused: string | undefined;

const create = (name: string, link: string) =>
  `CREATE EXTERNAL FUNCTION ${name}(a TEXT) RETURNS TEXT AS REMOTE SERVICE "http://127.0.0.1:9/" FORMAT JSON LINK ${link}`;

beforeAll(async () => {
  const [link, probe] = [await httpLink(), bench().name('function')];
  const outcome = await bench().root.outcome(create(probe, link));
  if (outcome === 'OK') return;
  if (process.env['SINGLESTORE_URL'] === undefined) throw new Error(outcome);
  process.stderr.write(`Not checked, "external functions": ${outcome}.\n`);
  refused = outcome;
});

async function httpLink(database = bench().database): Promise<string> {
  const link = `${quoteName(database)}.${quoteName(bench().name('link'))}`;
  await bench().root.rows(`CREATE LINK ${link} AS HTTP CONFIG '{}' CREDENTIALS '{"headers":{"Authorization":"x"}}'`);
  return link;
}

async function listed(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const rows = await bench().root.rows(`SHOW FUNCTIONS IN ${quoteName(bench().database)}`);
  return rows.find((row) => row[`Functions_in_${bench().database}`] === name);
}

const bare = (link: string) => link.split('`')[3]!;

test('an external function is listed with its link, under Link', async () => {
  if (refused !== undefined) return;
  const [name, link] = [bench().name('function'), await httpLink()];
  await bench().root.rows(create(name, link));
  expect(await listed(name)).toMatchObject({
    'Data Format': 'JSON',
    Link: expect.stringContaining(bare(link)) as string,
  });
});

test('it stays over ALTER LINK as it was, and does not stand in its way', async () => {
  if (refused !== undefined) return;
  const [name, link] = [bench().name('function'), await httpLink()];
  await bench().root.rows(create(name, link));
  const definition = async () => (await bench().root.rows(`SHOW CREATE FUNCTION ${name}`))[0]!['Create Function'];
  const before = [await listed(name), await definition()];
  expect(before[1]).toContain(bare(link));
  await bench().root.rows(`ALTER LINK ${link} SET CREDENTIALS '{"headers":{"Authorization":"y"}}'`);
  await bench().root.rows(`ALTER LINK ${link} SET CONFIG '{"headers":{"X-Api":"1"}}'`);
  expect([await listed(name), await definition()]).toEqual(before);
});

test('its link may be one of another database', async () => {
  if (refused !== undefined) return;
  const [name, link] = [bench().name('function'), await httpLink(bench().other)];
  await bench().root.rows(create(name, link));
  expect(String((await listed(name))!['Link'])).toContain(bare(link));
  await bench().root.rows(`ALTER LINK ${link} SET CONFIG '{}'`);
});

test('a link that is not there is refused, and so is a function that is not there', async () => {
  if (refused !== undefined) return;
  const name = bench().name('function');
  await bench().root.refusal(create(name, bench().name('link')));
  expect(await listed(name)).toBeUndefined();
  await bench().root.refusal(`SHOW CREATE FUNCTION ${name}`);
  await bench().root.refusal(`DROP FUNCTION ${name}`);
  await bench().root.rows(`DROP FUNCTION IF EXISTS ${name}`);
});

test('DROP FUNCTION takes it off the list', async () => {
  if (refused !== undefined) return;
  const [name, link] = [bench().name('function'), await httpLink()];
  await bench().root.rows(create(name, link));
  await bench().root.rows(`DROP FUNCTION ${name}`);
  expect(await listed(name)).toBeUndefined();
});
