import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assumed } from './assumed';
import { keyOf } from './cluster';
import { Bench } from './driving';

afterEach(() => jest.restoreAllMocks());

/** Numbers that MySQL's own manual gives, with that meaning ("Server Error Message Reference" and, 2013, that of clients). */
const MYSQL = [
  1007, 1045, 1046, 1047, 1049, 1050, 1054, 1064, 1094, 1095, 1109, 1119, 1141, 1142, 1146, 1153, 1156, 1227, 1317,
  1396, 1835, 2013,
];

const sources = readdirSync(__dirname).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'assumed.ts' && name !== 'driving.ts',
);

test.each(sources)('%s has no error number of its own making', (name) => {
  const text = readFileSync(join(__dirname, name), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
  const numbers = [...text.matchAll(/(?<![\w.])[12]\d{3}(?![\w.])/g)].map(Number);
  expect(numbers.filter((number) => number !== 1000 && !MYSQL.includes(number))).toEqual([]); // 1000 ms are a second
});

test('each assumption stands under the question that it answers', () => {
  const lines = readFileSync(join(__dirname, 'assumed.ts'), 'utf8').split('\n');
  const end = lines.indexOf('} as const;');
  const unasked = lines.slice(0, end).filter((line, at) => {
    const before = lines.slice(0, at).findLastIndex((other) => /^ {2}(\/\*\*|\w+:)/.test(other));
    return /^ {2}\w+:/.test(line) && !/^ {2}\/\*\*/.test(lines[before]!);
  });
  expect(unasked).toEqual([]);
  expect(lines.filter((line) => /^ {2,3}(\/\*\*|\*) Q: /.test(line)).length).toBeGreaterThan(30);
});

describe('the form ::key', () => {
  const config = (bench: Bench) => bench.cluster.links.get(keyOf({ database: 'db', name: 'lake' }))!.config;

  test.each(['sasl.username', 'x-amz-key', '"sasl.username"', "'region'", ''])('%s is not a key', (key) => {
    expect(new Bench().errno(`ALTER LINK db.lake SET CONFIG ::${key} = 'x'`)).toBe(1064);
  });

  test.each(['true', 'NULL', '-1', "CONCAT('a', 'b')", "'a' 'b'"])('%s is not a value', (value) => {
    expect(new Bench().errno(`ALTER LINK db.lake SET CONFIG ::region = ${value}`)).toBe(1064);
  });

  test('a key in backticks and a value that is a number are taken or not: that is to be found out', () => {
    const [key, number] = ["ALTER LINK db.lake SET CONFIG ::`a.b-c` = 'x'", 'ALTER LINK db.lake SET CONFIG ::port = 9'];
    const bench = new Bench();
    expect([bench.run(key).type, bench.run(number).type]).toEqual(['ok', 'ok']);
    expect(JSON.parse(config(bench))).toEqual({ disable_gunzip: false, 'a.b-c': 'x', port: 9 });
    jest.replaceProperty(assumed, 'keyInBackticks', 'parse-error');
    jest.replaceProperty(assumed, 'numberForKey', 'parse-error');
    expect([bench.errno(key), bench.errno(number)]).toEqual([1064, 1064]);
  });
});

test('CREATE OR REPLACE LINK beside a running pipeline succeeds or is refused: that is to be found out', () => {
  const bench = new Bench();
  bench.run('START PIPELINE db.orders');
  const sql = `CREATE OR REPLACE LINK db.lake AS S3 CREDENTIALS '{}'`;
  expect(bench.run(sql).type).toBe('ok');
  jest.replaceProperty(assumed, 'orReplaceLinkWhileRunning', 'refused');
  expect(bench.run(sql)).toEqual(assumed.alterLinkWhileRunning('`db`.`lake`', '`db`.`orders`'));
});
