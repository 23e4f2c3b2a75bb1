import { NOBODY, until } from './bench';
import { quoteJson, quoteText } from './client';
import type { Source } from './source';
import { describeLoading, useBench } from './suite';

const bench = useBench();

/** A pipeline on a bucket with one object of two rows. */
async function loading(credentials: object = bench().witness.source!.credentials) {
  const source = bench().witness.source!;
  const prefix = `${bench().database}/${bench().name('path')}`;
  const first = await source.put(`${prefix}/1`, 'a\nb\n');
  const link = await bench().link({ region: source.region, endpoint_url: source.endpoint }, credentials);
  const pipeline = await bench().pipeline(link, `${source.bucket}/${first.slice(0, -1)}*`);
  const files = () => bench().about(pipeline, 'PIPELINES_FILES', 'FILE_NAME, FILE_STATE');
  return {
    link,
    pipeline,
    put: (name: string) => source.put(`${prefix}/${name}`, 'c\nd\n'),
    files,
    loaded: (count: number) =>
      until(`${count} files are loaded`, async () => {
        return (await files()).filter((file) => file['FILE_STATE'] === 'Loaded').length === count;
      }),
    cursors: () => bench().about(pipeline, 'PIPELINES_CURSORS', 'CURSOR_OFFSET, LATEST_OFFSET'),
    rows: async () => (await bench().root.rows('SELECT COUNT(*) AS n FROM t'))[0]!['n'],
  };
}

describeLoading('what is loaded', () => {
  const changes = [
    ['ALTER LINK … SET CREDENTIALS', (link: string, json: string) => `ALTER LINK ${link} SET CREDENTIALS ${json}`],
    [
      'ALTER LINK … SET CONFIG ::key',
      (link: string) => `ALTER LINK ${link} SET CONFIG ::region = ${quoteText(bench().witness.source!.region)}`,
    ],
    [
      'CREATE OR REPLACE LINK',
      (link: string, json: string, config: string) =>
        `CREATE OR REPLACE LINK ${link} AS S3 CONFIG ${config} CREDENTIALS ${json}`,
    ],
  ] as const;

  test.each(changes)(
    '%s keeps the cursors: what was loaded is not loaded again, what is new is',
    async (_, statement) => {
      const { credentials, region, endpoint } = bench().witness.source!;
      const it = await loading();
      const before = Number(await it.rows());
      await bench().root.rows(`START PIPELINE ${it.pipeline}`);
      await it.loaded(1);
      await bench().stop(it.pipeline);
      const [files, cursors] = [await it.files(), await it.cursors()];
      const config = quoteJson({ region, endpoint_url: endpoint });
      await bench().root.rows(statement(it.link, quoteJson(credentials), config));
      expect([await it.files(), await it.cursors()]).toEqual([files, cursors]);
      await it.put('2');
      await bench().root.rows(`START PIPELINE ${it.pipeline}`);
      await it.loaded(2);
      await bench().stop(it.pipeline);
      expect(Number(await it.rows()) - before).toBe(4);
    },
  );

  test('a batch that succeeded stands in both views of batches with its rows', async () => {
    const it = await loading();
    await bench().root.rows(`START PIPELINE ${it.pipeline}`);
    await it.loaded(1);
    await bench().stop(it.pipeline);
    const summary = await bench().about(it.pipeline, 'PIPELINES_BATCHES_SUMMARY', 'BATCH_STATE, ROWS_STREAMED');
    expect(summary).toContainEqual({ BATCH_STATE: 'Succeeded', ROWS_STREAMED: 2 });
    const parts = await bench().about(it.pipeline, 'PIPELINES_BATCHES', 'BATCH_STATE, BATCH_ROWS_WRITTEN');
    expect(parts.reduce((sum, part) => sum + Number(part['BATCH_ROWS_WRITTEN']), 0)).toBe(2);
  });
});

describeLoading('new credentials', () => {
  test.each<[string, (given: Source['credentials']) => readonly string[]]>([
    ['as an object', (given) => [`SET CREDENTIALS ${quoteJson(given)}`]],
    [
      'as an object beside CONFIG',
      (given) => [
        `SET CONFIG ::region = ${quoteText(bench().witness.source!.region)} SET CREDENTIALS ${quoteJson(given)}`,
      ],
    ],
    [
      'key by key',
      (given) => [
        `SET CREDENTIALS ::aws_access_key_id = ${quoteText(given.aws_access_key_id)}`,
        `SET CREDENTIALS ::aws_secret_access_key = ${quoteText(given.aws_secret_access_key)}`,
      ],
    ],
  ])('%s are those that the source is shown', async (_, clauses) => {
    const { link, pipeline } = await loading(NOBODY);
    await bench().root.refusal(`TEST PIPELINE ${pipeline} LIMIT 1`);
    for (const clause of clauses(bench().witness.source!.credentials)) {
      await bench().root.rows(`ALTER LINK ${link} ${clause}`);
    }
    await bench().root.rows(`TEST PIPELINE ${pipeline} LIMIT 1`);
    await bench().root.rows(`ALTER LINK ${link} SET CREDENTIALS ::aws_secret_access_key = 'wrong'`);
    await bench().root.refusal(`TEST PIPELINE ${pipeline} LIMIT 1`);
  });

  test('as an object replace all that were there: what it does not name is gone', async () => {
    const { link, pipeline } = await loading();
    await bench().root.rows(`TEST PIPELINE ${pipeline} LIMIT 1`);
    const { aws_access_key_id } = bench().witness.source!.credentials;
    await bench().root.rows(`ALTER LINK ${link} SET CREDENTIALS ${quoteJson({ aws_access_key_id })}`);
    await bench().root.refusal(`TEST PIPELINE ${pipeline} LIMIT 1`);
  });

  test('TEST loads nothing', async () => {
    const { pipeline, rows, files } = await loading();
    const before = await rows();
    await bench().root.rows(`TEST PIPELINE ${pipeline} LIMIT 1`);
    expect(await rows()).toBe(before);
    expect((await files()).filter((file) => file['FILE_STATE'] === 'Loaded')).toEqual([]);
  });
});

test('a source that refuses is reported to whoever makes a pipeline on it', async () => {
  const link = await bench().link();
  const refused = await bench().root.refusal(`CREATE PIPELINE x AS LOAD DATA LINK ${link} 'nowhere/' INTO TABLE t`);
  expect(refused).toMatchObject({ errno: 1933 });
  expect(refused.message).toContain('Cannot get source metadata for pipeline');
});
