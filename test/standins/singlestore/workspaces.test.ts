import { assumed } from './assumed';
import type { Database } from './cluster';
import { Bench } from './driving';

afterEach(() => jest.restoreAllMocks());

/** A bench whose database `db` is attached so to this workspace; connection 9 is of a user with no privileges there. */
function attached(how: Omit<Database, 'name'>): Bench {
  const bench = new Bench();
  bench.run("CREATE USER 'ann'@'%'");
  bench.connect(9, 'ann');
  bench.run("CREATE EXTERNAL FUNCTION db.f() RETURNS TEXT AS REMOTE SERVICE 'http://f' FORMAT JSON LINK lake");
  bench.cluster = { ...bench.cluster, databases: bench.cluster.databases.set('db', { name: 'db', ...how }) };
  return bench;
}

describe('a database that is attached read-only', () => {
  test.each([
    `ALTER LINK db.$ SET CREDENTIALS '{}'`,
    `CREATE OR REPLACE LINK db.$ AS S3 CREDENTIALS '{}'`,
    `CREATE LINK db.$ AS S3 CREDENTIALS '{}'`,
    'DROP LINK db.$',
    'START PIPELINE db.$',
    'START PIPELINE IF NOT RUNNING db.$',
    'STOP PIPELINE db.$',
    'STOP PIPELINE IF RUNNING db.$',
    'DETACH PIPELINE db.$',
    'TEST PIPELINE db.$',
    'DROP PIPELINE IF EXISTS db.$',
    'DROP FUNCTION IF EXISTS db.$',
  ])('%s is refused before anybody looks for the name, and after the privileges', (sql) => {
    const bench = attached({ attached: true, readOnly: true });
    const before = bench.cluster;
    for (const name of ['lake', 'orders', 'f', 'no_such_thing']) {
      expect(bench.run(sql.replace('$', name))).toEqual(assumed.readOnlyWorkspace());
      expect(bench.errno(sql.replace('$', name), 9)).toBe(1142);
    }
    expect(bench.cluster).toBe(before);
  });

  test('can be read', () => {
    const bench = attached({ attached: true, readOnly: true });
    expect(bench.value('SHOW PIPELINES ON db')).toEqual([['orders', 'Stopped', 'False']]);
    for (const sql of ['SHOW CREATE LINK db.lake', 'SHOW CREATE PIPELINE db.orders', 'SHOW FUNCTIONS IN db']) {
      expect(bench.value(sql)).toHaveLength(1);
    }
  });
});

describe('a database that is not attached', () => {
  test.each([
    'STOP PIPELINE db.orders',
    'SHOW CREATE PIPELINE db.orders',
    'SHOW PIPELINES ON db',
    `ALTER LINK db.lake SET CONFIG '{}'`,
    'SHOW LINKS ON db',
    'SHOW FUNCTIONS IN db',
    'SHOW TABLES IN db',
    'USE db',
  ])('%s: the database is unknown, and its pipelines are hidden', (sql) => {
    const bench = attached({ attached: false, readOnly: false });
    expect(bench.run(sql)).toEqual(assumed.unattachedDatabase('db'));
    expect(bench.value('SELECT COUNT(*) FROM information_schema.PIPELINES')).toBe(0);
  });

  test('is listed with its links, or is not: that is to be found out', () => {
    const bench = attached({ attached: false, readOnly: false });
    const listed = () => [
      bench.value('SHOW DATABASES'),
      bench.value('SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME'),
      bench.value('SELECT LINK FROM information_schema.LINKS'),
    ];
    expect(listed()).toEqual([[['db'], ['information_schema'], ['other']], [['db'], ['other']], 'lake']);
    jest.replaceProperty(assumed, 'listsUnattachedDatabases', false);
    expect(listed()).toEqual([[['information_schema'], ['other']], 'other', 'lake']);
    jest.replaceProperty(assumed, 'listsUnattachedLinks', false);
    expect(listed()[2]).toEqual([]);
  });
});
