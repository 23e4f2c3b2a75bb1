import * as fc from 'fast-check';
import { isRunning, keyOf, withPipelineState } from './cluster';
import { Table } from './table';
import { Bench } from './driving';

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
