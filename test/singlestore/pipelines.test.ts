import { UNREACHABLE } from './bench';
import { quoteJson, quoteName } from './client';
import { describeLoading, useBench } from './suite';

const bench = useBench();

async function shownState(pipeline: string): Promise<unknown> {
  const rows = await bench().root.rows('SHOW PIPELINES');
  return rows.find((row) => Object.values(row).includes(pipeline.slice(1, -1)))?.['State'];
}

describe('START and STOP', () => {
  test('a new pipeline is stopped; START makes it run, STOP stops it, in the catalogue as in SHOW PIPELINES', async () => {
    const pipeline = await bench().pipeline(await bench().link());
    expect([await bench().stateOf(pipeline), await shownState(pipeline)]).toEqual(['Stopped', 'Stopped']);
    await bench().root.rows(`START PIPELINE ${pipeline}`);
    await bench().reaches(pipeline, 'Running');
    expect(await shownState(pipeline)).toBe('Running');
    await bench().root.rows(`STOP PIPELINE ${pipeline}`);
    await bench().reaches(pipeline, 'Stopped');
    expect(await shownState(pipeline)).toBe('Stopped');
  });

  test('START of a running pipeline is refused with 1939, IF NOT RUNNING is content', async () => {
    const pipeline = await bench().running(await bench().link());
    expect(await bench().root.refusal(`START PIPELINE ${pipeline}`)).toMatchObject({ errno: 1939 });
    await bench().root.rows(`START PIPELINE IF NOT RUNNING ${pipeline}`);
    expect(await bench().stateOf(pipeline)).toBe('Running');
  });

  test('STOP of a stopped pipeline is refused, IF RUNNING is content', async () => {
    const pipeline = await bench().pipeline(await bench().link());
    await bench().root.refusal(`STOP PIPELINE ${pipeline}`);
    await bench().root.rows(`STOP PIPELINE IF RUNNING ${pipeline}`);
    expect(await bench().stateOf(pipeline)).toBe('Stopped');
  });

  test('START in the background reports no error of the source, in the foreground it does', async () => {
    const link = await bench().link();
    const [background, foreground] = [await bench().pipeline(link), await bench().pipeline(link)];
    await bench().root.rows(`START PIPELINE ${background}`);
    await bench().root.refusal(`START PIPELINE ${foreground} FOREGROUND`);
    await bench().reaches(background, 'Running');
  });

  test('there is no PAUSE and no RESUME', async () => {
    const pipeline = await bench().running(await bench().link());
    await bench().root.refusal(`PAUSE PIPELINE ${pipeline}`);
    await bench().root.refusal(`RESUME PIPELINE ${pipeline}`);
    expect(await bench().stateOf(pipeline)).toBe('Running');
  });

  test.each(['STOP', 'STOP IF RUNNING', 'START', 'START IF NOT RUNNING', 'TEST', 'SHOW CREATE'])(
    '%s of a pipeline that is not there is refused',
    async (command) => {
      const [verb = '', ...options] = command.split(' ');
      const words = verb === 'SHOW' ? 'SHOW CREATE PIPELINE' : [verb, 'PIPELINE', ...options].join(' ');
      await bench().root.refusal(`${words} ${bench().name('pipeline')}`);
    },
  );

  test('a name with a dot is one name, in backticks', async () => {
    const [link, name] = [await bench().link(), '`shop.orders`'];
    await bench().root.rows(
      `CREATE PIPELINE ${name} FORCE AS LOAD DATA LINK ${link} 'x/' STOP_ON_ERROR OFF INTO TABLE t`,
    );
    await bench().root.rows(`START PIPELINE ${quoteName(bench().database)}.${name}`);
    await bench().reaches(name, 'Running');
    await bench().root.rows(`STOP PIPELINE IF RUNNING ${quoteName(bench().database)}.${name}`);
    await bench().reaches(name, 'Stopped');
  });
});

describe('other ends', () => {
  test('DETACH stops as well, and START attaches again', async () => {
    const pipeline = await bench().running(await bench().link());
    await bench().root.rows(`DETACH PIPELINE ${pipeline}`);
    await bench().reaches(pipeline, 'Detached');
    await bench().root.rows(`START PIPELINE ${pipeline}`);
    await bench().reaches(pipeline, 'Running');
  });

  test('DROP takes a running pipeline away, and leaves the link', async () => {
    const link = await bench().link();
    const pipeline = await bench().running(link);
    await bench().root.rows(`DROP PIPELINE ${pipeline}`);
    expect(await bench().stateOf(pipeline)).toBeUndefined();
    expect(await bench().configOf(link)).toEqual(UNREACHABLE);
    await bench().root.rows(`DROP PIPELINE IF EXISTS ${pipeline}`);
    await bench().root.refusal(`DROP PIPELINE ${pipeline}`);
  });

  test('TEST is refused while the pipeline runs; stopped, it reports what the source says and stays stopped', async () => {
    const pipeline = await bench().running(await bench().link());
    await bench().root.refusal(`TEST PIPELINE ${pipeline} LIMIT 1`);
    await bench().stop(pipeline);
    await bench().root.refusal(`TEST PIPELINE ${pipeline} LIMIT 1`);
    await bench().reaches(pipeline, 'Stopped');
  });

  test('a pipeline whose batches fail for good is in Error, and stays there until someone starts it', async () => {
    const options = 'MAX_RETRIES_PER_BATCH_PARTITION 1 STOP_ON_ERROR ON';
    const pipeline = await bench().pipeline(await bench().link(), 'nowhere/', options);
    await bench().root.rows(`START PIPELINE ${pipeline}`);
    await bench().reaches(pipeline, 'Error');
    await bench().root.rows(`START PIPELINE ${pipeline}`);
  });
});

describe('CREATE PIPELINE', () => {
  test('on a source that cannot be reached is refused with 1933; FORCE makes it and notes the error', async () => {
    const link = await bench().link();
    const statement = (name: string, force: string) =>
      `CREATE PIPELINE ${name} ${force} AS LOAD DATA LINK ${link} 'nowhere/' INTO TABLE t`;
    const name = quoteName(bench().name('pipeline'));
    expect(await bench().root.refusal(statement(name, ''))).toMatchObject({ errno: 1933 });
    expect(await bench().stateOf(name)).toBeUndefined();
    await bench().root.rows(statement(name, 'FORCE'));
    expect(await bench().stateOf(name)).toBe('Stopped');
    const [error] = await bench().about(name, 'PIPELINES_ERRORS', 'ERROR_CODE, ERROR_TYPE');
    expect(error).toMatchObject({ ERROR_CODE: 1933 });
    await bench().root.rows(`CLEAR PIPELINE ERRORS FOR ${name}`);
    expect(await bench().about(name, 'PIPELINES_ERRORS', 'ERROR_CODE')).toEqual([]);
  });

  test('on a link that is not there is refused', async () => {
    await bench().root.refusal(`CREATE PIPELINE x AS LOAD DATA LINK ${bench().name('link')} 'x/' INTO TABLE t`);
  });

  test('SHOW CREATE PIPELINE names the link and holds no credentials; EXTENDED adds columns', async () => {
    const link = await bench().link(UNREACHABLE, { aws_access_key_id: 'key-of-nobody', aws_secret_access_key: 'cret' });
    const pipeline = await bench().pipeline(link);
    const [row = {}] = await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline}`);
    expect(Object.keys(row)).toEqual(['Pipeline', 'Create Pipeline']);
    expect(row['Create Pipeline']).toMatch(new RegExp(`LOAD DATA LINK (\\S+\\.)?\`?${link}\`? 'nowhere/'`));
    expect(JSON.stringify(row)).not.toMatch(/key-of-nobody|cret/);
    const [extended = {}] = await bench().root.rows(`SHOW CREATE PIPELINE ${pipeline} EXTENDED`);
    expect(Object.keys(extended)).toHaveLength(4);
  });

  test('inline credentials are shown neither by SHOW CREATE PIPELINE nor by the catalogue', async () => {
    const name = quoteName(bench().name('pipeline'));
    await bench().root.rows(
      `CREATE PIPELINE ${name} FORCE AS LOAD DATA S3 'nowhere/' CONFIG ${quoteJson(UNREACHABLE)} ` +
        `CREDENTIALS '{"aws_access_key_id":"key-of-nobody","aws_secret_access_key":"cret"}' INTO TABLE t`,
    );
    expect(JSON.stringify(await bench().root.rows(`SHOW CREATE PIPELINE ${name}`))).not.toMatch(/key-of-nobody|cret/);
  });
});

describeLoading('a pipeline in the foreground', () => {
  test('runs until its files are loaded, and its client hears of the rows', async () => {
    const source = bench().witness.source!;
    const path = await source.put('foreground/1', 'a\nb\n');
    const link = await bench().link({ region: source.region, endpoint_url: source.endpoint }, source.credentials);
    const pipeline = await bench().pipeline(link, `${source.bucket}/${path}`);
    await bench().root.rows(`START PIPELINE ${pipeline} FOREGROUND LIMIT 1 BATCHES`);
    await bench().reaches(pipeline, 'Stopped');
    expect(await bench().about(pipeline, 'PIPELINES_FILES', 'FILE_STATE')).toEqual([{ FILE_STATE: 'Loaded' }]);
  });
});
