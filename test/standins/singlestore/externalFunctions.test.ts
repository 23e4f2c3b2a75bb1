import { assumed } from './assumed';
import { Bench } from './driving';

afterEach(() => jest.restoreAllMocks());

const create = (name: string, rest = '', words = 'CREATE') =>
  `${words} EXTERNAL FUNCTION ${name}(a TEXT NOT NULL, b DECIMAL(10, 2)) RETURNS TABLE(c TEXT) ` +
  `AS REMOTE SERVICE "http://host/it's" FORMAT JSON ${rest}`;

describe('external functions', () => {
  test('are listed as on the SHOW FUNCTIONS page, with their link at the end', () => {
    const bench = new Bench();
    for (const sql of [
      create('db.own', 'LINK lake'),
      create('db.none'),
      'CREATE EXTERNAL FUNCTION db.near() RETURNS TEXT AS COLLOCATED SERVICE "/x" FORMAT ROWDAT_1 LINK db.lake',
      create('other.far', 'USING DELIMITED BATCHES LINK db.lake PROTOCOL V2'),
    ]) {
      expect([sql, bench.run(sql).type]).toEqual([sql, 'ok']);
    }
    const reply = bench.run('SHOW FUNCTIONS IN db');
    if (reply.type !== 'rows') throw new Error('no rows');
    expect(reply.columns.map(({ name }) => name)).toEqual([
      'Functions_in_db',
      'Function Type',
      'Definer',
      'Data Format',
      'Runtime Type',
      'Link',
    ]);
    const type = assumed.externalFunctionType;
    expect(reply.rows).toEqual([
      ['near', type, 'root@%', 'ROWDAT_1', 'Collocated Service', 'lake'],
      ['none', type, 'root@%', 'JSON', 'Remote Service', assumed.noFunctionLink],
      ['own', type, 'root@%', 'JSON', 'Remote Service', 'lake'],
    ]);
    expect(bench.value('SHOW FUNCTIONS FROM other')).toEqual([
      ['far', type, 'root@%', 'JSON', 'Remote Service', assumed.functionLinkOfOtherDatabase('db', 'lake')],
    ]);
    expect(bench.value("SHOW FUNCTIONS FROM db LIKE 'n%'")).toHaveLength(2);
    bench.run('USE other');
    expect(bench.value('SHOW FUNCTIONS')).toHaveLength(1);
  });

  test('are shown by SHOW CREATE FUNCTION, with the address in single quotes and the link', () => {
    const bench = new Bench();
    bench.run(create('other.`f f`', 'LINK db.lake'));
    const reply = bench.run('SHOW CREATE FUNCTION other.`f f`');
    expect(reply).toMatchObject({
      columns: [
        { name: 'Function' },
        { name: 'sql_mode' },
        { name: 'Create Function' },
        { name: 'character_set_client' },
        { name: 'collation_connection' },
      ],
      rows: [
        [
          'f f',
          'STRICT_ALL_TABLES',
          'CREATE OR REPLACE EXTERNAL FUNCTION `f f`(a TEXT NOT NULL, b DECIMAL(10, 2)) RETURNS TABLE(c TEXT) ' +
            String.raw`DEFINER = 'root'@'%' AS REMOTE SERVICE 'http://host/it\'s' FORMAT JSON LINK db.lake`,
          'utf8mb4',
          'utf8mb4_bin',
        ],
      ],
    });
    expect(bench.run('SHOW CREATE FUNCTION other.nope')).toEqual(assumed.unknownFunction('`other`.`nope`'));
  });

  test('are made anew, refused when the name is taken, and dropped, with their database too', () => {
    const bench = new Bench();
    expect(bench.run(create('db.f')).type).toBe('ok');
    expect(bench.run(create('db.f'))).toEqual(assumed.functionExists('`db`.`f`'));
    expect(bench.run(create('db.f', 'LINK lake', 'CREATE OR REPLACE')).type).toBe('ok');
    expect(JSON.stringify(bench.value('SHOW FUNCTIONS IN db'))).toContain('lake');
    expect(bench.run('DROP FUNCTION db.f').type).toBe('ok');
    expect(bench.run('DROP FUNCTION db.f')).toEqual(assumed.unknownFunction('`db`.`f`'));
    expect(bench.run('DROP FUNCTION IF EXISTS db.f').type).toBe('ok');
    bench.run(create('db.g'));
    bench.run('DROP DATABASE db');
    expect(bench.cluster.functions.size).toBe(0);
  });

  test('need their link to be there, and SHOW LINK on its database', () => {
    const bench = new Bench();
    expect(bench.run(create('db.f', 'LINK nope'))).toEqual(assumed.unknownLink('`db`.`nope`'));
    bench.run("GRANT CREATE ROUTINE ON other.* TO 'ann'@'%'");
    bench.connect(9, 'ann');
    expect(bench.run(create('other.f', 'LINK db.lake'), 9)).toMatchObject({ errno: 1142 });
    bench.run("GRANT SHOW LINK ON db.* TO 'ann'@'%'");
    expect(bench.run(create('other.f', 'LINK db.lake'), 9).type).toBe('ok');
    expect(bench.errno(create('db.f'), 9)).toBe(1142);
    expect(bench.value('SHOW FUNCTIONS IN other', 9)).toHaveLength(1);
    jest.replaceProperty(assumed, 'needs', { ...assumed.needs, 'SHOW FUNCTIONS': ['EXECUTE'] });
    expect(bench.errno('SHOW FUNCTIONS IN other', 9)).toBe(1142);
  });

  test('do not stand in the way of ALTER LINK, and keep their link', () => {
    const bench = new Bench();
    bench.run(create('db.f', 'LINK lake'));
    const before = bench.value('SHOW CREATE FUNCTION db.f');
    expect(bench.run(`ALTER LINK db.lake SET CREDENTIALS '{}'`).type).toBe('ok');
    expect(bench.value('SHOW CREATE FUNCTION db.f')).toEqual(before);
  });

  test.each([
    'CREATE EXTERNAL FUNCTION db.f(a TEXT RETURNS TEXT AS REMOTE SERVICE "x" FORMAT JSON',
    'CREATE EXTERNAL FUNCTION db.f() AS REMOTE SERVICE "x" FORMAT JSON',
    'CREATE EXTERNAL FUNCTION db.f() RETURNS TEXT',
    'CREATE EXTERNAL FUNCTION db.f() RETURNS TEXT AS REMOTE "x" FORMAT JSON',
    'CREATE EXTERNAL FUNCTION db.f() RETURNS TEXT AS REMOTE SERVICE "x"',
    'CREATE EXTERNAL FUNCTION db.f() RETURNS TEXT AS REMOTE SERVICE "x" FORMAT JSON LINK',
    'CREATE EXTERNAL FUNCTION db.f() RETURNS TEXT AS REMOTE SERVICE "x" FORMAT JSON PROTOCOL V3',
  ])('%s is a parse error', (sql) => {
    expect(new Bench().errno(sql)).toBe(1064);
  });
});
