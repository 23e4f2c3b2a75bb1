import { Credentials } from '../../lambda/core/credentials';
import { qualified } from '../../lambda/core/names';
import { openClusters } from '../../lambda/edge/singlestore';
import type { Cluster } from '../../lambda/ports';
import type { ColumnType } from '../standins/singlestore/reply';
import { closeOdd, oddSingleStore, refused, rows, type OddOptions } from './oddSingleStore';

/** A cluster whose server answers each statement that contains a key of `answers` with its value. */
async function answering(answers: Readonly<Record<string, ReturnType<NonNullable<OddOptions['answer']>>>>) {
  const server = await oddSingleStore({
    answer: (sql) => Object.entries(answers).find(([key]) => sql.includes(key))?.[1],
  });
  const of: Cluster = await openClusters({ random: () => 'f00d' }).open(server.secret, 1);
  return { ...server, of };
}
const orders = qualified('shop', 'orders');
const clicks = qualified('shop', 'clicks');

afterEach(closeOdd);

test('columns are found by name, in any order and letter case', async () => {
  const { of } = await answering({
    'information_schema.PIPELINES': rows(['state', 'Pipeline_Name', 'DATABASE_NAME'], ['Running', 'orders', 'shop']),
  });
  expect(await of.pipelines()).toEqual([{ pipeline: orders, state: 'Running' }]);
});

describe('what tells a pipeline from another of its name', () => {
  const identified = async (type: ColumnType, id: string | null, createdAt: string | null = null) => {
    const row = {
      DATABASE_NAME: 'shop',
      PIPELINE_NAME: 'orders',
      STATE: 'Running',
      PIPELINE_ID: id,
      CREATE_TIME: createdAt,
    };
    const columns = Object.keys(row).map((name) => ({ name, type: name === 'PIPELINE_ID' ? type : ('text' as const) }));
    const { of } = await answering({ PIPELINES: { type: 'rows', columns, rows: [Object.values(row)] } });
    return (await of.pipelines())[0]?.identity;
  };

  test.each<[ColumnType, string]>([
    ['integer', '12'],
    ['integer', '9007199254740993123'],
    ['text', '0b5a7c7e-6b0c-4d4e-9e0a-2f1d3c4b5a69'],
    ['decimal', '12.0'],
  ])('is kept as the server writes it, be it %s %s', async (type, id) => {
    expect(await identified(type, id, '2026-11-22 10:00:00.123456')).toEqual({
      id,
      createdAt: '2026-11-22 10:00:00.123456',
    });
  });

  test.each(['', ' ', 'x'.repeat(41), 'é', 'a"b', null])('is unknown where the id is %j', async (id) => {
    expect(await identified('text', id)).toBeUndefined();
  });

  test.each(['', null, 'é', 'x'.repeat(41)])('is the id alone where the time is %j', async (createdAt) => {
    expect(await identified('text', '7', createdAt)).toEqual({ id: '7', createdAt: null });
  });

  const plain = rows(['DATABASE_NAME', 'PIPELINE_NAME', 'STATE'], ['shop', 'orders', 'Running']);
  const withId = rows(['DATABASE_NAME', 'PIPELINE_NAME', 'STATE', 'PIPELINE_ID'], ['shop', 'orders', 'Running', '7']);
  test.each([
    ['CREATE_TIME', { CREATE_TIME: refused(1054), PIPELINES: withId }, { identity: { id: '7', createdAt: null } }, 2],
    ['PIPELINE_ID', { PIPELINE_ID: refused(1054), PIPELINES: plain }, {}, 3],
  ] as const)(
    'a server without %s is asked without it, and is not asked for it twice',
    async (_, answers, told, forms) => {
      const { of, statements } = await answering(answers);
      const before = statements.length;
      for (let looks = 0; looks < 3; looks += 1)
        expect(await of.pipelines()).toEqual([{ pipeline: orders, state: 'Running', ...told }]);
      expect(statements.length - before).toBe(forms + 2);
    },
  );
});

test('links are those of exactly this database; CONFIG is JSON text as the server has it', async () => {
  const config = '{"database.port": 3306, "big": 12345678901234567890}';
  const { of } = await answering({
    LINKS: rows(
      ['DATABASE_NAME', 'LINK', 'TYPE', 'DESCRIPTION', 'CONFIG'],
      ['shop', 'cdc', 'MYSQL', 'the シop', config],
      ['shop', 'lake', 'S3', null, null],
      ['Shop', 'lake', 'S3', '', '{}'],
    ),
  });
  expect(await of.links('shop')).toEqual([
    { link: qualified('shop', 'cdc'), type: 'MYSQL', description: 'the シop', config },
    { link: qualified('shop', 'lake'), type: 'S3', description: '', config: '' },
  ]);
});

const batchColumns = ['DATABASE_NAME', 'PIPELINE_NAME', 'BATCH_STATE', 'BATCH_ID'];
const batches = rows(
  batchColumns,
  ['shop', 'orders', 'Succeeded', '7'],
  ['shop', 'orders', 'Failed', '9'],
  ['shop', 'orders', 'IN PROGRESS', '10'],
  ['shop', 'clicks', 'Queued', '3'],
);
const marks = new Map([
  [orders, { ended: 9, succeeded: 7 }],
  [clicks, { ended: 0, succeeded: 0 }],
]);

test('a batch in progress or queued has not ended; a failed one has, and has not succeeded', async () => {
  const { of } = await answering({ BATCHES: batches });
  expect(await of.batches()).toEqual(marks);
});

test('a server that refuses to aggregate is asked for every row', async () => {
  const { of } = await answering({
    MAX: refused(1706),
    BATCHES: rows(batchColumns, ['shop', 'orders', 'Succeeded', '7'], ['shop', 'orders', 'Succeeded', '6']),
    ERRORS: rows(['ERROR_UNIX_TIMESTAMP'], ['1700000000.250000'], ['1700000001.500000'], [null]),
  });
  expect(await of.batches()).toEqual(new Map([[orders, { ended: 7, succeeded: 7 }]]));
  expect(await of.newestError()).toBe(1700000001.5);
});

test('without errors the newest one is at 0', async () => {
  const { of } = await answering({ ERRORS: rows(['ERROR_UNIX_TIMESTAMP'], [null]) });
  expect(await of.newestError()).toBe(0);
});

test('errors after a mark come oldest first, without warnings and without the one at the mark', async () => {
  const mark = 1700000000.123456;
  const { of, statements } = await answering({
    ERRORS: rows(
      [
        'DATABASE_NAME',
        'PIPELINE_NAME',
        'ERROR_UNIX_TIMESTAMP',
        'ERROR_CODE',
        'ERROR_MESSAGE',
        'ERROR_TYPE',
        'BATCH_ID',
      ],
      ['shop', 'orders', '1700000009.5', '1933', 'key AKIA is not known', 'Error', '17'],
      ['shop', 'orders', '1700000008.5', '1261', 'a short row', 'Warning', '16'],
      ['shop', 'clicks', '1700000007.5', '1934', '', 'Error', null],
      ['shop', 'clicks', '1700000000.1234560', '1934', '', 'Error', '3'],
    ),
  });
  const errors = await of.errorsAfter(mark);
  expect(errors.map(({ pipeline, at, code, batch }) => [pipeline, at, code, batch])).toEqual([
    [clicks, 1700000007.5, 1934, null],
    [orders, 1700000009.5, 1933, 17],
  ]);
  expect(errors[1]!.message).toEqual(new Credentials('key AKIA is not known'));
  expect(errors[1]!.message.reveal()).toBe('key AKIA is not known');
  expect(statements.at(-1)).toMatch(/WHERE ERROR_UNIX_TIMESTAMP > 1700000000\.123456$/);
});

test.each([
  ['by its name', rows(['Create Pipeline', 'Pipeline'], ['CREATE …', 'orders']), 'CREATE …'],
  ['as the second column', rows(['Name', 'DDL'], ['orders', 'CREATE …']), 'CREATE …'],
  ['as nothing when there is nothing', rows(['Pipeline'], ['orders']), ''],
])('a definition is found %s', async (_, answer, definition) => {
  const { of } = await answering({ 'SHOW CREATE': answer });
  expect(await of.definitions([orders])).toEqual(new Map([[orders, definition]]));
});

test('who is connected cannot be told where the list does not show the connection that asks', async () => {
  const { of } = await answering({ PROCESSLIST: rows(['Id', 'User'], ['99', 'rotator']) });
  await expect(of.present([1, 2])).rejects.toThrow(/^STATEMENT_REFUSED: SHOW PROCESSLIST .* does not show/);
});

test('our user is the one that the server calls us by', async () => {
  const { of } = await answering({
    PROCESSLIST: rows(['ID', 'USER'], ['1', 'rotator@vpn'], ['2', 'rotator@vpn'], ['3', 'rotator'], ['4', null]),
  });
  expect(await of.present([2, 3, 4, 5])).toEqual([2]);
});

test('a connection that is gone needs no KILL; any other refusal of it is an error', async () => {
  const { of } = await answering({ 'KILL CONNECTION 8': refused(1094), 'KILL CONNECTION 9': refused(1095) });
  await expect(of.kill(8)).resolves.toBeUndefined();
  await expect(of.kill(9)).rejects.toThrow('STATEMENT_REFUSED: SingleStore refused: KILL CONNECTION 9 (error 1095');
});

test('an answer that does not come in 15 s is a lost connection', async () => {
  const { of } = await answering({ PIPELINES: 'silence' });
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
  try {
    const reading = expect(of.pipelines()).rejects.toThrow(/^CONNECTION_LOST/);
    await new Promise(setImmediate);
    jest.advanceTimersByTime(15_000);
    await reading;
  } finally {
    jest.useRealTimers();
  }
});

test('a connection that the server closes while nobody asks ends nothing but itself', async () => {
  const { of, sockets } = await answering({});
  for (const socket of sockets) socket.resetAndDestroy();
  while (of.lanes[0]!.alive) await new Promise(setImmediate);
  expect(await of.lanes[0]!.stop(orders, 1_000)).toEqual({ is: 'unknown' });
  await expect(of.pipelines()).rejects.toThrow(/^CONNECTION_LOST/);
  await expect(of.definitions([orders])).rejects.toThrow(/^CONNECTION_LOST/);
  await of.close();
});

const timeColumns = ['DATABASE_NAME', 'PIPELINE_NAME', 'BATCH_STATE', 'BATCHES', 'SLOWEST', 'MIDDLE'];

const none = { batches: 0, medianMs: null, slowestMs: null };
test('how long batches took is told by those that succeeded; one under way has no time yet', async () => {
  const { of } = await answering({
    BATCHES: rows(
      timeColumns,
      ['shop', 'orders', 'In Progress', '0', null, null],
      ['shop', 'orders', 'Succeeded', '4', '0.900000', '0.500000'],
      ['shop', 'clicks', 'Failed', '1', '9.000000', '9.000000'],
      ['shop', 'tiny', 'Succeeded', '3', '0.000000', '0.000000'],
      ['shop', 'odd', 'Succeeded', '2', 'soon', null],
    ),
  });
  expect(await of.batchHistory()).toEqual(
    new Map([
      [orders, { inProgress: true, batches: 4, medianMs: 500, slowestMs: 900 }],
      [clicks, { inProgress: false, ...none }],
      [qualified('shop', 'tiny'), { inProgress: false, batches: 3, medianMs: 0, slowestMs: 0 }],
      [qualified('shop', 'odd'), { inProgress: false, ...none }],
    ]),
  );
});

test('a server that does not tell how long batches took is not asked for every row', async () => {
  const { of, statements } = await answering({ BATCHES: refused(1054) });
  expect(await of.batchHistory()).toBeNull();
  const asked = statements.filter((sql) => sql.includes('BATCHES'));
  expect(asked.map((sql) => sql.includes('GROUP BY'))).toEqual([true, true]);
});

test('a server that knows no median over this view still tells the slowest', async () => {
  const { of } = await answering({
    MEDIAN: refused(1305),
    'AS SLOWEST': rows(timeColumns.slice(0, 5), ['shop', 'orders', 'Succeeded', '4', '0.900000']),
  });
  const told = { inProgress: false, batches: 4, medianMs: null, slowestMs: 900 };
  expect(await of.batchHistory()).toEqual(new Map([[orders, told]]));
});

test.each([
  ['ON', true],
  ['1', true],
  ['off', false],
  ['0', false],
  ['DEFAULT', null],
])('pipelines_stop_on_error %s is %s', async (said, expected) => {
  const { of } = await answering({ pipelines_stop_on_error: rows(['stops'], [said]) });
  expect(await of.stopsOnError()).toBe(expected);
});

test('a server without that variable leaves it open', async () => {
  const { of } = await answering({ pipelines_stop_on_error: refused(1193) });
  expect(await of.stopsOnError()).toBeNull();
});
