import { NOBODY } from './bench';
import { quoteJson, quoteName } from './client';
import { describeLoading, useBench } from './suite';

const bench = useBench();

/** Creates a pipeline that reads nothing and never leaves Running by itself. @returns its name, quoted */
async function create(link: string, words = 'CREATE PIPELINE', name = bench().name('pipeline')): Promise<string> {
  const quoted = quoteName(name);
  await bench().root.rows(
    `${words} ${quoted} FORCE AS LOAD DATA LINK ${link} 'nowhere/' BATCH_INTERVAL 50 STOP_ON_ERROR OFF INTO TABLE t`,
  );
  return quoted;
}

async function shown(pipeline: string): Promise<unknown> {
  return (await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline}`))[0]!['Create Pipeline'];
}

/** That ALTER LINK is refused while this pipeline runs and done when it is stopped. */
async function standsInTheWay(link: string, pipeline: string): Promise<void> {
  const alter = `ALTER LINK ${link} SET CREDENTIALS ${quoteJson(NOBODY)}`;
  await bench().root.rows(`START PIPELINE ${pipeline}`);
  await bench().reaches(pipeline, 'Running');
  await bench().root.refusal(alter);
  await bench().stop(pipeline);
  await bench().root.rows(alter);
}

describe.each(['CREATE AGGREGATOR PIPELINE', 'CREATE OR REPLACE AGGREGATOR PIPELINE'])('%s', (words) => {
  test('makes a pipeline that is shown as such, and is started, stopped and in the way as any other', async () => {
    const link = await bench().link();
    const pipeline = await create(link, words);
    expect(await shown(pipeline)).toMatch(
      new RegExp(`^CREATE (OR REPLACE )?AGGREGATOR PIPELINE ${pipeline}\\s+AS LOAD`),
    );
    await standsInTheWay(link, pipeline);
  });
});

test('a pipeline that is no aggregator pipeline is not shown as one', async () => {
  expect(await shown(await create(await bench().link()))).not.toMatch(/AGGREGATOR/);
});

test('a pipeline named as those of CDC are, by database and table, is one name everywhere', async () => {
  const [link, name] = [await bench().link(), `shop.${bench().name('orders')}`];
  const pipeline = await create(link, 'CREATE PIPELINE', name);
  expect(await bench().stateOf(pipeline)).toBe('Stopped');
  expect(await shown(pipeline)).toContain(`PIPELINE ${pipeline}`);
  expect(JSON.stringify(await bench().root.rows('SHOW PIPELINES'))).toContain(`"${name}"`);
  await standsInTheWay(link, pipeline);
});

test('a link with its database before it, both in backticks, is the same link', async () => {
  const link = await bench().link();
  await standsInTheWay(link, await create(`${quoteName(bench().database)}.${quoteName(link)}`));
});

test('a link of another database is altered from here, by its qualified name', async () => {
  const [here, there] = [await bench().link(), bench().name('link')];
  const qualified = `${quoteName(bench().other)}.${quoteName(there)}`;
  await bench().root.rows(`CREATE LINK ${qualified} AS S3 CONFIG '{}' CREDENTIALS ${quoteJson(NOBODY)}`);
  await bench().running(here); // another link's: in nobody's way
  await bench().root.rows(`ALTER LINK ${qualified} SET CONFIG '{"region":"x"}' SET CREDENTIALS ${quoteJson(NOBODY)}`);
  const [row] = await bench().root.rows(`SHOW LINKS ON ${quoteName(bench().other)}`);
  const config = row!['Config'];
  expect(typeof config === 'string' ? JSON.parse(config) : config).toEqual({ region: 'x' });
});

describeLoading('SHOW CREATE PIPELINE … EXTENDED', () => {
  test('has the statement that sets a new pipeline to where this one is', async () => {
    const source = bench().witness.source!;
    const path = await source.put(`${bench().database}/extended`, 'a\n');
    const link = await bench().link({ region: source.region, endpoint_url: source.endpoint }, source.credentials);
    const pipeline = await bench().pipeline(link, `${source.bucket}/${path}`);
    await bench().root.rows(`START PIPELINE ${pipeline} FOREGROUND LIMIT 1 BATCHES`);
    const [row = {}] = await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline} EXTENDED`);
    expect(Object.keys(row).slice(0, 2)).toEqual(['Pipeline', 'Create Pipeline']);
    const alter = Object.values(row).slice(2).map(String);
    expect(alter).toHaveLength(2);
    expect(alter.join('\n')).toMatch(new RegExp(`ALTER PIPELINE ${pipeline}\\s+SET OFFSETS`));
  });
});
