import { useBench } from './suite';

const bench = useBench();

const PIPELINE = ['DATABASE_NAME', 'PIPELINE_NAME'];
/** Columns that the vendor documents, or that public code is seen to read. */
const columns: readonly (readonly [view: string, columns: readonly string[]])[] = [
  ['LINKS', ['DATABASE_NAME', 'LINK', 'TYPE', 'DESCRIPTION', 'CONFIG']],
  [
    'PIPELINES',
    [...PIPELINE, 'PIPELINE_ID', 'CONFIG_JSON', 'STATE', 'SKIPPED_BATCH_PARTITIONS', 'CREATE_TIME', 'ALTER_TIME'],
  ],
  [
    'PIPELINES_ERRORS',
    [
      ...PIPELINE,
      'ERROR_UNIX_TIMESTAMP',
      'ERROR_TYPE',
      'ERROR_CODE',
      'ERROR_MESSAGE',
      'ERROR_KIND',
      'BATCH_ID',
      'PARTITION',
      'BATCH_SOURCE_PARTITION_ID',
      'LOAD_DATA_LINE_NUMBER',
      'LOAD_DATA_LINE',
      'HOST',
    ],
  ],
  [
    'PIPELINES_BATCHES_SUMMARY',
    [
      ...PIPELINE,
      'BATCH_ID',
      'BATCH_STATE',
      'START_TIME',
      'BATCH_TIME',
      'NUM_PARTITIONS',
      'ROWS_STREAMED',
      'ROWS_INSERTED',
      'ROWS_UPDATED',
      'ROWS_DELETED',
      'ROWS_PER_SEC',
      'MB_STREAMED',
      'MB_PER_SEC',
    ],
  ],
  [
    'PIPELINES_BATCHES',
    [...PIPELINE, 'BATCH_ID', 'BATCH_STATE', 'BATCH_ROWS_WRITTEN', 'BATCH_TIME', 'BATCH_START_UNIX_TIMESTAMP'],
  ],
  ['PIPELINES_CURSORS', [...PIPELINE, 'SOURCE_TYPE', 'CURSOR_OFFSET', 'LATEST_OFFSET', 'UPDATED_UNIX_TIMESTAMP']],
  ['PIPELINES_FILES', [...PIPELINE, 'FILE_NAME', 'FILE_SIZE', 'FILE_STATE']],
];

test.each(columns)('information_schema.%s has its columns', async (view, names) => {
  await bench().root.rows(
    `SELECT ${names.map((name) => `\`${name}\``).join(', ')} FROM information_schema.${view} WHERE DATABASE_NAME = '${bench().database}'`,
  );
  await bench().root.refusal(`SELECT NO_SUCH_COLUMN FROM information_schema.${view}`);
});

test('a failing batch stands in the summary as Failed, and its error with the time by the clock of the server', async () => {
  const pipeline = await bench().pipeline(await bench().link());
  await bench().root.rows(`CLEAR PIPELINE ERRORS FOR ${pipeline}`);
  const [clock] = await bench().root.rows('SELECT UNIX_TIMESTAMP() AS began');
  await bench().root.refusal(`TEST PIPELINE ${pipeline} LIMIT 1`);
  const errors = await bench().about(pipeline, 'PIPELINES_ERRORS', 'ERROR_UNIX_TIMESTAMP, ERROR_TYPE, BATCH_ID');
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) {
    expect(error['ERROR_TYPE']).toMatch(/^(Error|Warning)$/);
    expect(Number(error['ERROR_UNIX_TIMESTAMP'])).toBeGreaterThanOrEqual(Number(clock!['began']));
  }
  for (const batch of await bench().about(pipeline, 'PIPELINES_BATCHES_SUMMARY', 'BATCH_STATE')) {
    expect(batch['BATCH_STATE']).toBe('Failed');
  }
});

test('CONFIG_JSON is JSON with path and table, and STATE one of the documented words', async () => {
  const pipeline = await bench().pipeline(await bench().link());
  const [row] = await bench().about(pipeline, 'PIPELINES', 'CONFIG_JSON, STATE');
  const json = row!['CONFIG_JSON'];
  expect(typeof json === 'string' ? JSON.parse(json) : json).toMatchObject({
    connection_string: 'nowhere/',
    table: 't',
  });
  expect(['Running', 'Error', 'Stopped']).toContain(row!['STATE']);
});

test('SHOW PIPELINES has State and Scheduled, and only the pipelines of its database', async () => {
  const pipeline = await bench().pipeline(await bench().link());
  const rows = await bench().root.rows('SHOW PIPELINES');
  const row = rows.find((candidate) => Object.values(candidate)[0] === pipeline.slice(1, -1));
  expect(row).toMatchObject({ State: 'Stopped', Scheduled: 'False' });
  const other = await bench().connect();
  await other.rows(`USE ${bench().other}`);
  expect(await other.rows('SHOW PIPELINES')).toEqual([]);
});
