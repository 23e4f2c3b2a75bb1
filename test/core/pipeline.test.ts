import fc from 'fast-check';
import { qualified, quoteIdentifier } from '../../lambda/core/names';
import {
  activityOf,
  isAnother,
  isInError,
  isStopped,
  linkNamed,
  sourceOf,
  stopsOnError,
  type Identity,
} from '../../lambda/core/pipeline';

const inWords = (definition: string): string => {
  const source = sourceOf(definition, 'shop');
  switch (source.through) {
    case 'link':
      return `${source.link} ${source.path}`;
    case 'inline':
      return `inline ${source.type}`;
    case 'hidden':
      return 'hidden';
  }
};

test.each([
  ["CREATE PIPELINE `orders` AS LOAD DATA LINK lake 's3/orders' INTO TABLE t", '`shop`.`lake` s3/orders'],
  ["CREATE PIPELINE `orders` AS LOAD DATA LINK `lake` 's3/orders' INTO TABLE t", '`shop`.`lake` s3/orders'],
  ["CREATE OR REPLACE PIPELINE orders AS LOAD DATA LINK `other`.`lake` 'x'", '`other`.`lake` x'],
  ["CREATE AGGREGATOR PIPELINE orders AS LOAD DATA LINK other.lake 'x'", '`other`.`lake` x'],
  ['CREATE PIPELINE orders AS LOAD DATA LINK other . `lake` "x"', '`other`.`lake` x'],
  ["create pipeline orders as load data link Lake 'x'", '`shop`.`Lake` x'],
  ["CREATE PIPELINE orders AS\n  LOAD\tDATA -- from the lake\n  LINK /* the */ lake\n  'x'", '`shop`.`lake` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK my-link 'x'", '`shop`.`my-link` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK e\u0301tang 'x'", '`shop`.`e\u0301tang` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK `a``b`.`c.d` 'x'", '`a``b`.`c.d` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK `two\nlines` 'x'", '`shop`.`two\nlines` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK link 'x'", '`shop`.`link` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK into 'x'", '`shop`.`into` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK 🚀lake 'x'", '`shop`.`🚀lake` x'],
  ['CREATE PIPELINE orders AS LOAD DATA LINK lake INTO TABLE t', '`shop`.`lake` '],
  ['CREATE PIPELINE orders AS LOAD DATA LINK lake', '`shop`.`lake` '],
  ["CREATE PIPELINE orders AS LOAD DATA LINK lake '' INTO TABLE t", '`shop`.`lake` '],
  ["CREATE PIPELINE orders AS LOAD DATA LINK lake'x'", '`shop`.`lake` x'],
  ['CREATE PIPELINE orders AS LOAD DATA LINK format.lake INTO TABLE t', '`format`.`lake` '],
  ['CREATE PIPELINE orders AS LOAD DATA LINK `into` INTO TABLE t', '`shop`.`into` '],
  ['CREATE PIPELINE orders AS LOAD DATA LINK sales.skip BATCH_INTERVAL 50', '`sales`.`skip` '],
  ["CREATE PIPELINE orders AS LOAD DATA LINK `LOAD DATA S3` 'x'", '`shop`.`LOAD DATA S3` x'],
  ["CREATE PIPELINE orders AS LOAD DATA LINK lake 'it''s/\\'LINK\\''", "`shop`.`lake` it's/'LINK'"],
  ["CREATE PIPELINE `AS LOAD DATA LINK wrong` AS LOAD DATA LINK lake 'x'", '`shop`.`lake` x'],
  ["CREATE PIPELINE as AS LOAD DATA LINK lake 'x'", '`shop`.`lake` x'],
  ["CREATE /* AS LOAD DATA LINK wrong 'y' */ PIPELINE orders AS LOAD DATA LINK lake 'x'", '`shop`.`lake` x'],
  ["CREATE PIPELINE `shop.orders` AS LOAD DATA LINK lake 'x'", '`shop`.`lake` x'],
  ['CREATE PIPELINE orders AS LOAD DATA LINK config_lake INTO TABLE t', '`shop`.`config_lake` '],
  ['CREATE PIPELINE orders AS LOAD DATA LINK sales_format INTO TABLE t', '`shop`.`sales_format` '],
])('through a link: %s', (definition, source) => {
  expect(inWords(definition)).toBe(source);
});

test.each([
  ["CREATE PIPELINE orders AS LOAD DATA S3 'LINK lake' CONFIG '{}' INTO TABLE t", 'inline S3'],
  ["CREATE PIPELINE link AS LOAD DATA kafka 'LINK/lake' INTO TABLE link", 'inline KAFKA'],
  ["CREATE PIPELINE orders AS LOAD DATA /* LINK lake */ FS 'x'", 'inline FS'],
  ["CREATE PIPELINE orders AS LOAD DATA S3 'x' INTO TABLE t (AS LOAD DATA LINK lake 'y')", 'inline S3'],
  ['CREATE PIPELINE orders AS LOAD DATA kafkaconnect INTO TABLE t', 'inline KAFKACONNECT'],
])('not through a link: %s', (definition, source) => {
  expect(inWords(definition)).toBe(source);
});

test.each([
  '',
  'CREATE PIPELINE orders',
  'CREATE PIPELINE orders AS LOAD DATA',
  'CREATE PIPELINE s3 <REDACTED>',
  "CREATE PIPELINE orders AS LOAD FILE LINK lake 'x'",
  "CREATE PIPELINE orders AS LOAD DATA 'x' INTO TABLE t",
  'CREATE PIPELINE orders AS LOAD DATA <REDACTED> INTO TABLE t',
  'CREATE PIPELINE orders AS LOAD DATA INTO TABLE t',
  'CREATE PIPELINE orders AS LOAD DATA BATCH_INTERVAL 50 INTO TABLE t',
  'CREATE PIPELINE orders AS LOAD DATA REDACTED INTO TABLE t',
  "CREATE PIPELINE orders AS LOAD DATA REDACTED '' INTO TABLE t",
  "CREATE PIPELINE orders AS LOAD DATA LINK `` '' INTO TABLE t",
  'CREATE PIPELINE orders AS LOAD DATA LINK INTO TABLE t',
  'CREATE PIPELINE orders AS LOAD DATA LINK MAX_PARTITIONS_PER_BATCH 1 INTO TABLE t',
  'CREATE PIPELINE orders AS LOAD DATA LINK stop_on_error OFF INTO TABLE t',
  'CREATE PIPELINE orders AS LOAD DATA LINK',
  "CREATE PIPELINE orders AS LOAD DATA LINK 'lake' 'x'",
  'CREATE PIPELINE orders AS LOAD DATA LINK <REDACTED> INTO TABLE t',
  "CREATE PIPELINE orders AS LOAD DATA LINK other. 'x'",
  "CREATE PIPELINE orders AS LOAD DATA LINK a.b.c 'x'",
  "CREATE PIPELINE orders AS LOAD DATA LINK lake ('x')",
  "CREATE PIPELINE orders AS 'LOAD DATA LINK lake' INTO TABLE t",
  'CREATE PIPELINE orders -- AS LOAD DATA LINK lake',
  'CREATE PIPELINE orders AS `LOAD` DATA LINK lake',
  "CREATE PIPELINE orders LOAD DATA LINK lake 'x'",
])('a definition that shows no source is hidden, never "no link": %s', (definition) => {
  expect(inWords(definition)).toBe('hidden');
});

test.each('S3 KAFKA KAFKACONNECT KINESIS AZURE GCS HDFS FS FILESYSTEM MONGODB MYSQL ICEBERG'.split(' '))(
  'a source with credentials of its own is no link: %s',
  (type) => {
    expect(inWords(`CREATE PIPELINE orders AS LOAD DATA ${type} 'x' INTO TABLE t`)).toBe(`inline ${type}`);
  },
);

test.each(
  (
    'INTO CONFIG CREDENTIALS BATCH_INTERVAL MAX_PARTITIONS_PER_BATCH MAX_RETRIES_PER_BATCH_PARTITION RESOURCE ENABLE ' +
    'DISABLE WITH RETRY_OPTIONS REPLACE IGNORE SKIP STOP_ON_ERROR FORMAT'
  ).split(' '),
)('where the name of a link is left out, the next clause is not taken for it: %s', (clause) => {
  expect(inWords(`CREATE PIPELINE orders AS LOAD DATA LINK ${clause} more INTO TABLE t`)).toBe('hidden');
});

describe('a name of a link that stands alone', () => {
  test.each([
    ['lake', '`shop`.`lake`'],
    ['`lake`', '`shop`.`lake`'],
    [' lake\n', '`shop`.`lake`'],
    ['other.lake', '`other`.`lake`'],
    ['`other`.`a``b.c`', '`other`.`a``b.c`'],
    ['my-link@2', '`shop`.`my-link@2`'],
  ])('%j is one of its database, unless it names another', (text, link) => {
    expect(linkNamed(text, 'shop')).toBe(link);
  });

  test.each([
    '',
    '``',
    '.lake',
    'other.',
    'other.``',
    'a.b.c',
    'lake;',
    'lake,',
    'lake x',
    '`lake`x',
    "'lake'",
    "lake 's3/orders'",
  ])('%j is none', (text) => {
    expect(linkNamed(text, 'shop')).toBeNull();
  });
});

test('any link that was quoted is read back', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 });
  fc.assert(
    fc.property(name, name, name, fc.boolean(), (pipeline, database, link, bare) => {
      const target = bare ? quoteIdentifier(link) : qualified(database, link);
      const definition = `CREATE PIPELINE ${quoteIdentifier(pipeline)} AS LOAD DATA LINK ${target} 'x' INTO TABLE t`;
      expect(sourceOf(definition, 'shop')).toEqual({
        through: 'link',
        link: qualified(bare ? 'shop' : database, link),
        path: 'x',
      });
    }),
  );
});

test.each([
  ['Running', 'running'],
  ['RUNNING', 'running'],
  ['Stopped', 'resting'],
  ['Error', 'resting'],
  ['error', 'resting'],
  ['Detached', 'resting'],
  ['Running...Foreground', 'busy'],
  ['Testing', 'busy'],
  ['Profiling', 'busy'],
  ['Paused', 'unknown'],
  [' Running', 'unknown'],
  ['', 'unknown'],
])('state "%s" means %s', (state, activity) => {
  expect(activityOf(state)).toBe(activity);
});

test('stopped and in Error are words of the server, in any letter case', () => {
  expect(['Stopped', 'STOPPED', 'Error', 'Running', undefined].map(isStopped)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(['Error', 'ERROR', 'Stopped', 'Detached', undefined].map(isInError)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe('whether another pipeline seems to bear a name', () => {
  const recorded: Identity = { id: '7', createdAt: '2026-01-01 00:00:00' };
  const later = '2026-11-22 10:00:00';

  test.each<[string, Identity | undefined, Identity | undefined, boolean]>([
    ['dropped and made anew', recorded, { id: '8', createdAt: later }, true],
    ['as it was', recorded, { ...recorded }, false],
    ['altered by OR REPLACE, which renews the time', recorded, { id: '7', createdAt: later }, false],
    ['read in another time zone', recorded, { id: '7', createdAt: '2026-01-01 01:00:00' }, false],
    ['given another id by a server that has restarted', recorded, { ...recorded, id: '8' }, false],
    [
      'given another id where the server says no time',
      { id: '7', createdAt: null },
      { id: '8', createdAt: null },
      false,
    ],
    [
      'given another id by a server that says a time now',
      { id: '7', createdAt: null },
      { id: '8', createdAt: later },
      false,
    ],
    ['given another id by a server that says no time now', recorded, { id: '8', createdAt: null }, false],
    ['recorded without an identity', undefined, { id: '8', createdAt: later }, false],
    ['shown without an identity', recorded, undefined, false],
    ['gone', undefined, undefined, false],
  ])('%s', (_, before, seen, another) => {
    expect(isAnother(before, seen)).toBe(another);
  });
});

test.each<[string, boolean | null]>([
  ["CREATE PIPELINE p AS LOAD DATA LINK l 'x' STOP_ON_ERROR OFF INTO TABLE t", false],
  ["CREATE PIPELINE p AS LOAD DATA LINK l 'x' stop_on_error on INTO TABLE t", true],
  ["CREATE PIPELINE p AS LOAD DATA LINK l 'STOP_ON_ERROR OFF' INTO TABLE t", null],
  ["CREATE PIPELINE `STOP_ON_ERROR` AS LOAD DATA LINK l 'x' INTO TABLE t", null],
  ["CREATE PIPELINE p AS LOAD DATA LINK l 'x' STOP_ON_ERROR NONE INTO TABLE t", null],
  ["CREATE PIPELINE p AS LOAD DATA LINK l 'x' STOP_ON_ERROR", null],
])('%s: stops on error, or leaves it to the server: %s', (definition, expected) => {
  expect(stopsOnError(definition)).toBe(expected);
});
