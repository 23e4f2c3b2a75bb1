import { assumed } from './assumed';
import { abandon, advance, dueAt, settle } from './batches';
import type { SourceAnswer } from './batches';
import { execute } from './engine';
import { parse } from './parser';
import type { FinalReply } from './reply';
import { SETUP, Bench, ORDERS, FOUND, REFUSED } from './driving';

describe('pipelines', () => {
  test('start and stop, with and without IF', () => {
    const bench = new Bench();
    expect(bench.errno('STOP PIPELINE db.orders')).toBe(1940);
    expect(bench.run('STOP PIPELINE IF RUNNING db.orders').type).toBe('ok');
    expect(bench.run('START PIPELINE db.orders').type).toBe('ok');
    expect(bench.errno('START PIPELINE db.orders')).toBe(1939);
    expect(bench.run('START PIPELINE IF NOT RUNNING db.orders').type).toBe('ok');
    expect(bench.value('SHOW PIPELINES ON db')).toEqual([['orders', 'Running', 'True']]);
    expect(bench.run('STOP PIPELINE db.orders DETACH').type).toBe('ok');
    expect(bench.value('SHOW PIPELINES FROM db')).toEqual([['orders', 'Detached', 'False']]);
    expect(bench.errno('START PIPELINE db.nope')).toBe(1935);
    expect(bench.errno('PAUSE PIPELINE db.orders')).toBe(1064);
    expect(bench.run('DROP PIPELINE db.orders').type).toBe('ok');
    expect(bench.run('DROP PIPELINE IF EXISTS db.orders').type).toBe('ok');
  });

  test('a pipeline made anew has another id and time; OR REPLACE renews the time, and the id or not: that is to be found out', () => {
    const bench = new Bench();
    const create = (how = 'CREATE') =>
      `${how} PIPELINE db.orders AS LOAD DATA LINK lake 'bucket/orders/*' INTO TABLE t`;
    const identity = () => bench.value('SELECT PIPELINE_ID, CREATE_TIME FROM information_schema.PIPELINES');
    const [[first, at]] = identity() as [[number, string]];
    bench.run('DROP PIPELINE db.orders');
    bench.run(create(), 1, 1_000);
    const [[second, later]] = identity() as [[number, string]];
    expect(second).toBeGreaterThan(first);
    expect(later > at).toBe(true);
    bench.run(create('CREATE OR REPLACE'), 1, 2_000);
    expect(identity()).toEqual([[second, '1970-01-01 00:00:02.000000']]);
    jest.replaceProperty(assumed, 'orReplaceKeepsPipelineId', false);
    bench.run(create('CREATE OR REPLACE'), 1, 3_000);
    expect(identity()).toEqual([[second + 1, '1970-01-01 00:00:03.000000']]);
  });

  test('SHOW CREATE PIPELINE names the link as the dumps do, with its database if it is of another', () => {
    const bench = new Bench();
    bench.run(
      "CREATE PIPELINE other.`a.b` AS LOAD DATA LINK `db`.lake 'k:9/t' BATCH_INTERVAL 9 STOP_ON_ERROR OFF INTO TABLE t",
    );
    expect(bench.value('SHOW CREATE PIPELINE db.orders')).toEqual([
      [
        'orders',
        "CREATE PIPELINE `orders` AS LOAD DATA LINK lake 'bucket/orders/*' INTO TABLE t FIELDS TERMINATED BY ','",
      ],
    ]);
    expect(bench.value('SHOW CREATE PIPELINE other.`a.b`')).toEqual([
      [
        'a.b',
        "CREATE PIPELINE `a.b` AS LOAD DATA LINK db.lake 'k:9/t' BATCH_INTERVAL 9 STOP_ON_ERROR OFF INTO TABLE t",
      ],
    ]);
  });

  test('EXTENDED adds two statements, which set the offsets to what is loaded and to what was last seen', () => {
    const bench = new Bench({ retries: 0 });
    bench.run('START PIPELINE db.orders');
    bench.finish(bench.begin(0)!, FOUND, 0);
    const unreadable = { name: 'orders/2.csv', size: 1, rows: 0, refused: 'AccessDenied' };
    bench.finish(bench.begin(2500)!, { objects: [unreadable] }, 2500);
    const reply = bench.run('SHOW CREATE PIPELINE db.orders EXTENDED');
    if (reply.type !== 'rows') throw new Error('no rows');
    expect(reply.columns.map(({ name }) => name)).toEqual([
      'Pipeline',
      'Create Pipeline',
      ...assumed.extended.map(({ title }) => title),
    ]);
    expect(reply.rows[0]!.slice(2)).toEqual([
      String.raw`ALTER PIPELINE ${'`orders`'} SET OFFSETS '{\"orders/1.csv\":1,\"orders/2.csv\":0}'`,
      String.raw`ALTER PIPELINE ${'`orders`'} SET OFFSETS '{\"orders/1.csv\":1,\"orders/2.csv\":1}'`,
    ]);
  });

  test.each(['CREATE', 'CREATE OR REPLACE'])('%s AGGREGATOR PIPELINE is remembered, and shown again', (create) => {
    const bench = new Bench();
    const text = "AS LOAD DATA LINK lake 'b/x' INTO TABLE t";
    expect(bench.run(`${create} AGGREGATOR PIPELINE db.agg ${text}`).type).toBe('ok');
    expect(bench.value('SHOW CREATE PIPELINE db.agg')).toEqual([['agg', `CREATE AGGREGATOR PIPELINE \`agg\` ${text}`]]);
    expect(bench.run(`CREATE AGGREGATOR PIPELINE IF NOT EXISTS db.orders ${text}`).type).toBe('ok');
    expect(bench.value('SHOW CREATE PIPELINE db.orders')).toEqual([
      ['orders', expect.stringMatching(/^CREATE PIPELINE /)],
    ]);
    expect(bench.errno(`CREATE PIPELINE AGGREGATOR db.other ${text}`)).toBe(1064);
  });

  test('a cluster that hides sources shows them to SUPER alone', () => {
    const bench = new Bench({ hidesSources: true });
    bench.run("GRANT SHOW PIPELINE ON db.* TO 'ann'@'%'");
    bench.connect(9, 'ann');
    expect(JSON.stringify(bench.value('SHOW CREATE PIPELINE db.orders', 9))).not.toMatch(/lake|bucket/);
    expect(JSON.stringify(bench.value('SHOW CREATE PIPELINE db.orders'))).toMatch(/LINK lake 'bucket/);
  });

  test('CREATE PIPELINE asks its source first; with FORCE a refusal is only recorded', () => {
    const bench = new Bench();
    const sql = "CREATE PIPELINE db.p AS LOAD DATA LINK lake 'b/x' INTO TABLE t";
    const statement = parse(sql, bench.cluster.settings);
    if (!('kind' in statement)) throw new Error('not parsed');
    const [cluster, reply] = execute(bench.cluster, statement, { connectionId: 1, now: 0 });
    expect(cluster).toBe(bench.cluster);
    expect(reply).toMatchObject({
      type: 'ask',
      request: { type: 'S3', path: 'b/x', credentials: { aws_access_key_id: 'a' } },
    });
    expect(bench.run(sql, 1, 0, REFUSED)).toMatchObject({
      errno: 1933,
      message: expect.stringContaining('InvalidAccessKeyId') as string,
    });
    expect(bench.run(sql.replace('db.p', 'db.p FORCE'), 1, 0, REFUSED).type).toBe('ok');
    expect(bench.value('SELECT ERROR_CODE FROM information_schema.PIPELINES_ERRORS')).toBe(1933);
  });

  test('a batch loads what is new, once, and leaves no row when nothing is', () => {
    const bench = new Bench();
    bench.run('START PIPELINE db.orders', 1, 1000);
    expect(dueAt(bench.pipeline)).toBe(1000);
    const batch = bench.begin(1000)!;
    expect(bench.value('SELECT BATCH_STATE FROM information_schema.PIPELINES_BATCHES_SUMMARY')).toBe('In Progress');
    bench.finish(batch, FOUND, 1500);
    expect(dueAt(bench.pipeline)).toBe(4000);
    bench.finish(bench.begin(4000)!, { objects: [] }, 4100);
    expect(
      bench.value(
        'SELECT BATCH_ID, BATCH_STATE, BATCH_TIME, ROWS_STREAMED FROM information_schema.PIPELINES_BATCHES_SUMMARY',
      ),
    ).toEqual([[1, 'Succeeded', '0.500000', 3]]);
    expect(bench.value('SELECT COUNT(*) FROM db.t')).toBe(3);
    expect(bench.value('SELECT FILE_NAME, FILE_STATE FROM information_schema.PIPELINES_FILES')).toEqual([
      ['orders/1.csv', 'Loaded'],
    ]);
  });

  test('STOP waits for the batch in progress, and STATE says Running until then', () => {
    const bench = new Bench();
    bench.run('START PIPELINE db.orders');
    const batch = bench.begin(0)!;
    const reply = bench.run('STOP PIPELINE db.orders', 1, 10);
    if (reply.type !== 'wait') throw new Error('did not wait');
    expect(settle(bench.cluster, reply.waiting)).toBeUndefined();
    expect(bench.pipeline.state).toBe('Running');
    expect(bench.errno(`ALTER LINK db.lake SET CREDENTIALS '{}'`)).toBe(2470);
    bench.finish(batch, FOUND, 500);
    expect(settle(bench.cluster, reply.waiting)).toEqual({ type: 'ok', affectedRows: 0 });
    expect(bench.pipeline.state).toBe('Stopped');
    expect(bench.value('SELECT COUNT(*) FROM db.t')).toBe(3);
  });

  test('in mode cancel, STOP cancels the batch and nothing of it is loaded', () => {
    const bench = new Bench({ stopMode: 'cancel' });
    bench.run('START PIPELINE db.orders');
    const batch = bench.begin(0)!;
    expect(bench.run('STOP PIPELINE db.orders', 1, 10).type).toBe('ok');
    bench.finish(batch, FOUND, 20);
    expect(bench.value('SELECT BATCH_STATE FROM information_schema.PIPELINES_BATCHES')).toBe('Cancelled');
    expect(bench.value('SELECT COUNT(*) FROM db.t')).toBe(0);
    expect(bench.pipeline.state).toBe('Stopped');
  });

  test('with a lag, STATE stays Running after STOP has returned', () => {
    const bench = new Bench({ stopLagMs: 300 });
    bench.run('START PIPELINE db.orders');
    bench.finish(bench.begin(0)!, FOUND, 0);
    expect(bench.run('STOP PIPELINE db.orders', 1, 100).type).toBe('ok');
    expect(bench.run('STOP PIPELINE IF RUNNING db.orders', 2, 200).type).toBe('ok');
    expect(bench.pipeline.state).toBe('Running');
    expect(dueAt(bench.pipeline)).toBe(400);
    expect(bench.begin(399)).toBeUndefined();
    expect(bench.pipeline.state).toBe('Running');
    bench.begin(400);
    expect(bench.pipeline.state).toBe('Stopped');
  });

  test.each([
    ['withdrawn', 'Running'],
    ['goes-on', 'Stopped'],
  ] as const)('a STOP whose only connection is killed is %s', (killedStop, state) => {
    const bench = new Bench({ killedStop });
    bench.run('START PIPELINE db.orders');
    const batch = bench.begin(0)!;
    const reply = bench.run('STOP PIPELINE db.orders');
    if (reply.type !== 'wait') throw new Error('did not wait');
    bench.cluster = abandon(bench.cluster, reply.waiting, 5);
    bench.finish(batch, FOUND, 10);
    expect(bench.pipeline.state).toBe(state);
  });

  test('a STOP that a second connection waits for as well survives the first', () => {
    const bench = new Bench();
    bench.run('START PIPELINE db.orders');
    const batch = bench.begin(0)!;
    const first = bench.run('STOP PIPELINE db.orders', 1);
    expect(bench.run('STOP PIPELINE db.orders', 2).type).toBe('wait');
    if (first.type !== 'wait') throw new Error('did not wait');
    bench.cluster = abandon(bench.cluster, first.waiting, 5);
    bench.finish(batch, FOUND, 10);
    expect(bench.pipeline.state).toBe('Stopped');
  });

  test('refused credentials: errors now, retries with growing pauses, then Error', () => {
    const bench = new Bench({ retries: 2 });
    expect(bench.run('START PIPELINE db.orders').type).toBe('ok');
    bench.finish(bench.begin(0)!, REFUSED, 0);
    expect(dueAt(bench.pipeline)).toBe(2500);
    bench.finish(bench.begin(2500)!, REFUSED, 2500);
    expect(dueAt(bench.pipeline)).toBe(7500);
    expect(bench.pipeline.state).toBe('Running');
    bench.finish(bench.begin(7500)!, REFUSED, 7500);
    expect(bench.pipeline.state).toBe('Error');
    expect(
      bench.value(
        'SELECT COUNT(*), MAX(ERROR_UNIX_TIMESTAMP), MAX(ERROR_CODE), MAX(BATCH_ID) FROM information_schema.PIPELINES_ERRORS',
      ),
    ).toEqual([[3, '7.500000', 1933, 3]]);
    expect(bench.value('SELECT ERROR_MESSAGE FROM information_schema.PIPELINES_ERRORS WHERE BATCH_ID = 1')).toBe(
      'ER_EXTRACTOR_EXTRACTOR_GET_LATEST_OFFSETS: Cannot get source metadata for pipeline. InvalidAccessKeyId: The key does not exist',
    );
  });

  test('with STOP_ON_ERROR OFF files that cannot be read are skipped for good, and the pipeline goes on', () => {
    const bench = new Bench({ retries: 1 }, [
      ...SETUP.slice(0, -1),
      "CREATE PIPELINE db.orders AS LOAD DATA LINK lake 'bucket/' STOP_ON_ERROR OFF INTO TABLE t",
    ]);
    bench.run('START PIPELINE db.orders');
    const unreadable: SourceAnswer = { objects: [{ name: 'f', size: 1, rows: 0, refused: 'AccessDenied: no' }] };
    bench.finish(bench.begin(0)!, unreadable, 0);
    expect(bench.value('SELECT FILE_STATE FROM information_schema.PIPELINES_FILES')).toBe('Unloaded');
    bench.finish(bench.begin(2500)!, unreadable, 2500);
    expect(bench.value('SELECT FILE_STATE FROM information_schema.PIPELINES_FILES')).toBe('Skipped');
    expect(bench.value('SELECT STATE, SKIPPED_BATCH_PARTITIONS FROM information_schema.PIPELINES')).toEqual([
      ['Running', 1],
    ]);
    const [, work] = advance(bench.cluster, ORDERS, 5000);
    expect(work!.request.isKnown('f')).toBe(true);
  });

  test('FOREGROUND reports rows or the error, ends at its limit, and its end leaves the pipeline stopped', () => {
    const bench = new Bench();
    const outcome = (answers: SourceAnswer[]): FinalReply | undefined => {
      const reply = bench.run('START PIPELINE db.orders FOREGROUND LIMIT 2 BATCHES');
      if (reply.type !== 'wait') throw new Error('did not wait');
      expect(bench.pipeline.state).toBe('Running...Foreground');
      for (const answer of answers) bench.finish(bench.begin(0)!, answer, 0);
      return settle(bench.cluster, reply.waiting);
    };
    expect(outcome([FOUND])).toBeUndefined();
    bench.run('STOP PIPELINE db.orders');
    expect(outcome([FOUND, FOUND])).toEqual({ type: 'ok', affectedRows: 6 });
    expect(outcome([FOUND, { objects: [] }])).toEqual({ type: 'ok', affectedRows: 3 });
    expect(outcome([REFUSED])).toMatchObject({ type: 'error', errno: 1933 });
    expect(bench.pipeline.state).toBe('Stopped');
  });

  test('TEST PIPELINE reads and does not load', () => {
    const bench = new Bench();
    const reply = bench.run('TEST PIPELINE db.orders LIMIT 1');
    if (reply.type !== 'wait') throw new Error('did not wait');
    expect(bench.pipeline.state).toBe('Testing');
    bench.finish(bench.begin(0)!, FOUND, 0);
    expect(settle(bench.cluster, reply.waiting)).toEqual({ type: 'ok', affectedRows: 0 });
    expect(bench.value('SELECT COUNT(*) FROM db.t')).toBe(0);
    expect(bench.value('SELECT STATE FROM information_schema.PIPELINES')).toBe('Stopped');
  });

  test('a pipeline whose link is gone fails', () => {
    const bench = new Bench({ retries: 0 });
    bench.run('START PIPELINE db.orders');
    bench.run('DROP LINK db.lake');
    const [, work] = advance(bench.cluster, ORDERS, 0);
    expect(work!.request.type).toBe('NONE');
  });
});
