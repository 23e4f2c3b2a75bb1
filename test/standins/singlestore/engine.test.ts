import * as fc from 'fast-check';
import { abandon, advance, dueAt, finishBatch, settle } from './batches';
import type { SourceAnswer } from './batches';
import { emptyCluster, isRunning, keyOf, withPipelineState, withSession } from './cluster';
import type { Cluster, Pipeline, Settings } from './cluster';
import { execute } from './engine';
import { parse } from './parser';
import type { FinalReply, Reply } from './reply';
import { Table } from './table';

const SETUP = [
  'CREATE DATABASE db',
  'CREATE DATABASE other',
  `CREATE LINK db.lake AS S3 CONFIG '{"disable_gunzip":false}' CREDENTIALS '{"aws_access_key_id":"a","aws_secret_access_key":"b"}'`,
  'CREATE TABLE db.t (line TEXT)',
  'CREATE TABLE other.t (line TEXT)',
  "CREATE PIPELINE db.orders AS LOAD DATA LINK lake 'bucket/orders/*' INTO TABLE t FIELDS TERMINATED BY ','",
];

/** A cluster driven by hand: statements by the connection of `root`, time as given. */
class Bench {
  cluster: Cluster;

  constructor(settings: Partial<Settings> = {}, setup = SETUP) {
    this.cluster = emptyCluster([{ name: 'root', password: '' }], settings);
    for (const id of [1, 2]) this.cluster = this.connect(id, 'root');
    for (const sql of setup) expect([sql, this.run(sql).type]).toEqual([sql, 'ok']);
  }

  connect(id: number, user: string, database?: string): Cluster {
    return (this.cluster = withSession(this.cluster, id, { user, host: 'test', database, since: 0 }));
  }

  run(sql: string, connectionId = 1, now = 0, source: SourceAnswer = { objects: [] }): Reply {
    const statement = parse(sql, this.cluster.settings);
    if (!('kind' in statement)) return statement;
    const [next, reply] = execute(this.cluster, statement, { connectionId, now, source });
    this.cluster = next;
    return reply;
  }

  errno(sql: string, connectionId?: number): number | undefined {
    const reply = this.run(sql, connectionId);
    return reply.type === 'error' ? reply.errno : undefined;
  }

  value(sql: string, connectionId?: number, now?: number): unknown {
    const reply = this.run(sql, connectionId, now);
    if (reply.type !== 'rows') throw new Error(JSON.stringify(reply));
    return reply.rows.length === 1 && reply.rows[0]!.length === 1 ? reply.rows[0]![0] : reply.rows;
  }

  get pipeline(): Pipeline {
    return this.cluster.pipelines.get(ORDERS)!;
  }

  begin(now: number): number | undefined {
    const [next, work] = advance(this.cluster, ORDERS, now);
    this.cluster = next;
    return work?.batchId;
  }

  finish(batchId: number, answer: SourceAnswer, now: number): void {
    this.cluster = finishBatch(this.cluster, ORDERS, batchId, answer, now);
  }
}

const ORDERS = keyOf({ database: 'db', name: 'orders' });
const FOUND: SourceAnswer = { objects: [{ name: 'orders/1.csv', size: 30, rows: 3 }] };
const REFUSED: SourceAnswer = { refused: 'InvalidAccessKeyId: The key does not exist' };

describe('links', () => {
  test('SHOW CREATE LINK escapes CONFIG into double quotes and never shows credentials', () => {
    const bench = new Bench();
    bench.run(String.raw`CREATE LINK db.my_link AS KAFKA CONFIG '{"a":\n"it\'s \\\\"}' CREDENTIALS '{"k":"canary"}'`);
    expect(bench.value('SHOW CREATE LINK db.my_link')).toEqual([
      [
        'my_link',
        'CREATE LINK `my_link` AS KAFKA CONFIG ' +
          String.raw`"{\"a\":\n\"it's \\\\\"}" CREDENTIALS <CREDENTIALS REDACTED>`,
      ],
    ]);
  });

  test.each([
    [`SET CONFIG ::region = "us-east-1"`, '{"disable_gunzip":false,"region":"us-east-1"}', 'a'],
    [`SET CONFIG '{}'`, '{}', 'a'],
    [`SET CREDENTIALS ::aws_access_key_id = 'c'`, '{"disable_gunzip":false}', 'c'],
    [`SET CREDENTIALS '{"aws_access_key_id":"d"}' SET CONFIG ' { } '`, ' { } ', 'd'],
  ])('ALTER LINK … %s', (clauses, config, keyId) => {
    const bench = new Bench();
    expect(bench.run(`ALTER LINK db.lake ${clauses}`).type).toBe('ok');
    expect(bench.cluster.links.get(keyOf({ database: 'db', name: 'lake' }))).toMatchObject({
      config,
      credentials: { aws_access_key_id: keyId },
    });
  });

  test('one clause of a kind, at least one, and only JSON objects', () => {
    const bench = new Bench();
    expect(bench.errno(`ALTER LINK db.lake SET CONFIG '{}' SET CONFIG '{}'`)).toBe(1064);
    expect(bench.errno(`ALTER LINK db.lake SET CONFIG ::a = 'b' SET CREDENTIALS '{}' SET CONFIG '{}'`)).toBe(1064);
    expect(bench.errno('ALTER LINK db.lake')).toBe(1064);
    expect(bench.errno(`ALTER LINK db.lake SET CREDENTIALS '["canary"]'`)).toBe(1844);
    expect(JSON.stringify(bench.run(`ALTER LINK db.lake SET CREDENTIALS '{"canary'`))).not.toContain('canary');
    expect(bench.errno(`ALTER LINK db.nope SET CONFIG '{}'`)).toBe(2332);
    expect(bench.errno(`ALTER LINK nope.nope SET CONFIG '{}'`)).toBe(1049);
    expect(bench.errno(`ALTER LINK lake SET CONFIG '{}'`)).toBe(1046);
  });

  test.each(['Running', 'Running...Foreground', 'Testing', 'Profiling', 'Stopped', 'Error', 'Detached'] as const)(
    'ALTER LINK beside a pipeline in state %s, of this database or of another',
    (state) => {
      const bench = new Bench();
      bench.run("CREATE PIPELINE other.far AS LOAD DATA LINK db.lake 'bucket/x' INTO TABLE t");
      for (const name of [
        { database: 'db', name: 'orders' },
        { database: 'other', name: 'far' },
      ]) {
        bench.cluster = withPipelineState(bench.cluster, name, state, 0);
        const running = isRunning(bench.cluster.pipelines.get(keyOf(name))!);
        expect(running).toBe(!['Stopped', 'Error', 'Detached'].includes(state));
        expect(bench.errno(`ALTER LINK db.lake SET CREDENTIALS '{}'`)).toBe(running ? 2470 : undefined);
        bench.cluster = withPipelineState(bench.cluster, name, 'Stopped', 0);
      }
    },
  );

  test('a pipeline on another link, or with credentials of its own, does not stand in the way', () => {
    const bench = new Bench();
    bench.run(`CREATE LINK other.lake AS S3 CREDENTIALS '{}'`);
    bench.run("CREATE PIPELINE other.p AS LOAD DATA LINK lake 'b/x' INTO TABLE t");
    bench.run(`CREATE PIPELINE db.inline AS LOAD DATA S3 'b/x' CREDENTIALS '{"k":"canary"}' INTO TABLE t`);
    bench.run('START PIPELINE other.p');
    bench.run('START PIPELINE db.inline');
    expect(bench.errno(`ALTER LINK db.lake SET CREDENTIALS '{}'`)).toBeUndefined();
    expect(bench.value('SHOW CREATE PIPELINE db.inline')).toEqual([
      ['inline', "CREATE PIPELINE `inline` AS LOAD DATA S3 'b/x' CREDENTIALS <CREDENTIALS REDACTED> INTO TABLE t"],
    ]);
  });

  test('HTTP links are shown by LINKS and SHOW LINKS only', () => {
    const bench = new Bench();
    bench.run(`CREATE LINK db.hook AS HTTP CONFIG '{"headers":{}}'`);
    expect(bench.errno('SHOW CREATE LINK db.hook')).toBe(1706);
    expect(bench.value('SHOW LINKS ON db')).toEqual([
      ['hook', 'HTTP', '', '{"headers":{}}'],
      ['lake', 'S3', '', '{"disable_gunzip":false}'],
    ]);
    expect(bench.value(`SELECT CONFIG FROM information_schema.LINKS WHERE LINK = 'hook'`)).toBe('{"headers":{}}');
  });

  test.each([
    ['8.9', {}, 1064, 1064],
    ['9.0', {}, 1064, undefined],
    ['9.0', { orReplaceLink: false }, 1064, 1064],
    ['9.1', {}, undefined, undefined],
    ['helios', {}, undefined, undefined],
  ] as const)('grammar of %s with %j: ALTER LINK %s, OR REPLACE %s', (version, more, alter, replace) => {
    const bench = new Bench({ version, ...more });
    expect(bench.errno(`ALTER LINK db.lake SET CONFIG '{}'`)).toBe(alter);
    expect(bench.errno(`CREATE OR REPLACE LINK db.lake AS S3 CREDENTIALS '{}'`)).toBe(replace);
    expect(bench.errno(`CREATE OR REPLACE LINK nowhere.lake AS S3 CREDENTIALS '{}'`)).toBe(replace ?? 1049);
  });

  test('OR REPLACE keeps the type and the pipelines, IF NOT EXISTS keeps the link', () => {
    const bench = new Bench();
    const { pipelines } = bench.cluster;
    expect(bench.errno(`CREATE LINK db.lake AS S3 CREDENTIALS '{}'`)).toBe(2331);
    expect(bench.run(`CREATE LINK IF NOT EXISTS db.lake AS S3 CREDENTIALS '{}'`).type).toBe('ok');
    expect(bench.errno(`CREATE OR REPLACE LINK IF NOT EXISTS db.lake AS S3 CREDENTIALS '{}'`)).toBe(1064);
    expect(bench.errno(`CREATE OR REPLACE LINK db.lake AS GCS CREDENTIALS '{}'`)).toBe(2333);
    expect(bench.cluster.links.get(keyOf({ database: 'db', name: 'lake' }))!.credentials).not.toEqual({});
    expect(bench.run(`CREATE OR REPLACE LINK db.lake AS S3 CREDENTIALS '{"n":1}' DESCRIPTION 'd'`).type).toBe('ok');
    expect(bench.cluster.links.get(keyOf({ database: 'db', name: 'lake' }))).toMatchObject({ credentials: { n: 1 } });
    expect(bench.cluster.pipelines).toBe(pipelines);
  });
});

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
    expect(bench.value('SHOW CREATE PIPELINE other.`a.b` EXTENDED')).toEqual([
      [
        'a.b',
        "CREATE PIPELINE `a.b` AS LOAD DATA LINK db.lake 'k:9/t' BATCH_INTERVAL 9 STOP_ON_ERROR OFF INTO TABLE t",
        '',
        '',
      ],
    ]);
  });

  test('CREATE PIPELINE asks its source first, unless FORCE', () => {
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
    expect(bench.run(sql.replace('db.p', 'db.p FORCE'), 1, 0).type).toBe('ok');
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

  test('a pipeline whose link is gone fails, and one in an unattached database is hidden', () => {
    const bench = new Bench({ retries: 0 });
    bench.run('START PIPELINE db.orders');
    bench.run('DROP LINK db.lake');
    const [, work] = advance(bench.cluster, ORDERS, 0);
    expect(work!.request.type).toBe('NONE');
    const hidden = { name: 'db', attached: false, readOnly: false };
    bench.cluster = { ...bench.cluster, databases: bench.cluster.databases.set('db', hidden) };
    expect(bench.value('SELECT COUNT(*) FROM information_schema.PIPELINES')).toBe(0);
    expect(bench.errno('STOP PIPELINE db.orders')).toBe(1049);
  });

  test('through a read-only workspace nothing changes', () => {
    const bench = new Bench();
    const readOnly = { name: 'db', attached: true, readOnly: true };
    bench.cluster = { ...bench.cluster, databases: bench.cluster.databases.set('db', readOnly) };
    expect(bench.errno('START PIPELINE db.orders')).toBe(1290);
    expect(bench.errno(`ALTER LINK db.lake SET CREDENTIALS '{}'`)).toBe(1290);
    expect(bench.value('SHOW PIPELINES ON db')).toEqual([['orders', 'Stopped', 'False']]);
  });
});

describe('privileges', () => {
  test.each([
    ['START PIPELINE db.orders', 'START PIPELINE', 'START PIPELINE', 'orders'],
    ['STOP PIPELINE IF RUNNING db.orders', 'START PIPELINE', 'STOP PIPELINE', 'orders'],
    ['SHOW CREATE PIPELINE db.orders', 'SHOW PIPELINE', 'SHOW CREATE PIPELINE', 'orders'],
    ['SHOW PIPELINES ON db', 'SHOW PIPELINE', 'SHOW PIPELINES', 'db'],
    ['SHOW LINKS ON db', 'SHOW LINK', 'SHOW LINKS', 'db'],
    ['SHOW CREATE LINK db.lake', 'SHOW LINK', 'SHOW CREATE LINK', 'lake'],
    ["ALTER LINK db.lake SET CONFIG '{}'", 'CREATE LINK, SHOW LINK', 'ALTER LINK', 'lake'],
    ["ALTER LINK db.nope SET CONFIG '{}'", 'CREATE LINK, SHOW LINK', 'ALTER LINK', 'nope'],
    ['DROP LINK db.lake', 'DROP LINK', 'DROP LINK', 'lake'],
  ])('%s needs %s', (sql, privileges, command, object) => {
    const bench = new Bench();
    bench.run("CREATE USER 'ann'@'%' IDENTIFIED BY 'pw'");
    bench.run(`GRANT ${privileges} ON other.* TO 'ann'@'%'`);
    bench.connect(9, 'ann');
    expect(bench.run(sql, 9)).toEqual({
      type: 'error',
      errno: 1142,
      sqlState: '42000',
      message: `${command} command denied to user 'ann'@'%' for table '${object}'`,
    });
    bench.run(`GRANT ${privileges} ON db.* TO 'ann'@'%'`);
    expect(bench.errno(sql, 9)).not.toBe(1142);
    bench.run(`REVOKE ${privileges} ON db.* FROM 'ann'@'%'`);
    expect(bench.errno(sql, 9)).toBe(1142);
  });

  test('information_schema shows what may be shown, and nothing else', () => {
    const bench = new Bench();
    bench.run("GRANT SHOW LINK ON db.* TO 'ann'@'%' REQUIRE SSL");
    bench.connect(9, 'ann');
    expect(bench.value('SELECT LINK FROM information_schema.LINKS', 9)).toBe('lake');
    expect(bench.value('SELECT COUNT(*) FROM information_schema.PIPELINES', 9)).toBe(0);
    expect(bench.errno('CREATE DATABASE x', 9)).toBe(1227);
    expect(bench.errno('KILL 1', 9)).toBe(1095);
    expect(bench.value('SHOW GRANTS', 9)).toBe("GRANT SHOW LINK ON `db`.* TO 'ann'@'%' REQUIRE SSL");
    expect(bench.value('SELECT USER FROM information_schema.PROCESSLIST', 9)).toBe('ann');
  });
});

describe('SELECT', () => {
  const bench = new Bench();
  for (const name of ['a', 'b', 'c']) {
    bench.run(`CREATE PIPELINE other.${name} AS LOAD DATA LINK db.lake '${name}' INTO TABLE t`);
  }
  const from = 'FROM information_schema.PIPELINES';

  test.each<[string, unknown]>([
    ['SELECT 1 + 2 * 3', 7],
    ["SELECT 'it''s' AS `a b`", "it's"],
    ['SELECT @@memsql_version', '9.1.1'],
    ['SELECT @@session.sql_mode', 'STRICT_ALL_TABLES'],
    ['SELECT CONNECTION_ID()', 1],
    ['SELECT UNIX_TIMESTAMP()', 1],
    ['SELECT UNIX_TIMESTAMP(NOW(6))', '1.500000'],
    ['SELECT NOW(6)', '1970-01-01 00:00:01.500000'],
    ['SELECT NOW()', '1970-01-01 00:00:01'],
    [`SELECT p.PIPELINE_NAME ${from} AS p WHERE p.database_name = 'db'`, 'orders'],
    [`SELECT pipeline_name ${from} WHERE DATABASE_NAME = 'other' ORDER BY 1 = 1, pipeline_name DESC LIMIT 1`, 'c'],
    [`SELECT PIPELINE_NAME n ${from} WHERE PIPELINE_NAME > 'a' AND NOT PIPELINE_NAME >= 'c'`, 'b'],
    [`SELECT PIPELINE_NAME ${from} WHERE PIPELINE_NAME LIKE 'ord%' OR 1 = 0`, 'orders'],
    [`SELECT PIPELINE_NAME ${from} WHERE PIPELINE_NAME NOT IN ('a', 'b', 'c') AND STATE IS NOT NULL`, 'orders'],
    [`SELECT COUNT(*) ${from} WHERE (DATABASE_NAME, 1) IS NULL`, 'error'],
    [`SELECT COUNT(*) ${from} WHERE 'A' = 'a'`, 0],
    [
      `SELECT DATABASE_NAME, COUNT(*) AS n ${from} GROUP BY DATABASE_NAME ORDER BY n DESC`,
      [
        ['other', 3],
        ['db', 1],
      ],
    ],
    [`SELECT MAX(PIPELINE_NAME), MIN(PIPELINE_NAME) ${from}`, [['orders', 'a']]],
    [`SELECT MAX(BATCH_ID), COALESCE(MAX(BATCH_ID), 0) FROM information_schema.PIPELINES_BATCHES_SUMMARY`, [[null, 0]]],
    [`SELECT config_json::$connection_string ${from} WHERE PIPELINE_NAME = 'orders'`, 'bucket/orders/*'],
    [`SELECT STATE::$x ${from} LIMIT 1`, null],
    [`SELECT NOPE ${from}`, 'error'],
    [`SELECT NOPE() ${from} WHERE 1 = 0`, 'error'],
    ['SELECT 1 FROM information_schema.NOPE', 'error'],
    ['SELECT 1; SELECT 2', 'error'],
    [`SELECT 1 /* ; */ -- ;\n;`, 1],
  ])('%s', (sql, expected) => {
    const reply = bench.run(sql, 1, 1500);
    expect(reply.type === 'error' ? 'error' : bench.value(sql, 1, 1500)).toEqual(expected);
  });

  test('whatever is sent, the engine answers', () => {
    const words =
      `SELECT SHOW CREATE ALTER LINK PIPELINE SET CONFIG CREDENTIALS :: . , ( ) * = ; 'x' "{}" \` \`db\` lake db orders 1 1.5
      FROM information_schema.PIPELINES WHERE AND IN LIKE IS NULL GROUP BY ORDER LIMIT COUNT KILL USE START STOP IF NOT RUNNING ::$ - STATE
      @@version LOAD DATA S3 INTO TABLE t AS '\\ /* # -- é`.split(/\s+/);
    const sql = fc.oneof(
      fc.array(fc.constantFrom(...words)).map((list) => list.join(' ')),
      fc.string(),
    );
    fc.assert(
      fc.property(sql, (text) => {
        expect(new Bench({}, []).run(text)).toHaveProperty('type');
        expect(bench.run(text)).toHaveProperty('type');
      }),
      { numRuns: 2000 },
    );
    expect(bench.errno(`SELECT ${'('.repeat(100_000)}`)).toBe(1064);
    expect(bench.errno(`SELECT 1${' + 1'.repeat(100_000)}`)).toBe(1119);
  });
});

test('a table of many versions keeps every one of them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.option(fc.integer()))), (changes) => {
      let table = Table.empty<number>();
      let model = new Map<string, number>();
      for (const [key, value] of changes) {
        const [older, before] = [table, model];
        model = new Map(model);
        if (value === null) model.delete(key);
        else model.set(key, value);
        table = value === null ? table.delete(key) : table.set(key, value);
        const expected = before.get(key) === model.get(key) ? [] : [[key, before.get(key), model.get(key)]];
        expect([...table.changesSince(older)]).toEqual(expected);
        expect(older.get(key)).toBe(before.get(key));
        expect(table.size).toBe(model.size);
      }
      expect([...table.values()].sort()).toEqual([...model.values()].sort());
    }),
  );
});
