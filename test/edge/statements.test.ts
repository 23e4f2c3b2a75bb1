import { inspect } from 'node:util';
import fc from 'fast-check';
import { Credentials } from '../../lambda/core/credentials';
import { partsOf, qualified } from '../../lambda/core/names';
import { literal } from '../../lambda/core/sql';
import {
  alterLink,
  changeLink,
  createOrReplaceLink,
  errorsAfter,
  grantOf,
  killConnection,
  listLinks,
  probeAlter,
  probeCreate,
  probePrivilege,
  probeReplace,
  showCreateLink,
  showCreatePipeline,
  showFunctions,
  startPipeline,
  stopPipeline,
  useDatabase,
  type SetClause,
  type SetClauses,
  type Statement,
} from '../../lambda/edge/statements';
import type { LinkChange } from '../../lambda/ports';
import { pageExamples } from '../singlestore/page';
import { tokenize } from '../standins/singlestore/tokenizer';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(...['\\', "'", '"', '`', '\0', '\n', '\r', '\x1a', '?', ':', ';', '-', '/', '*', '$1', '$&']),
  }),
  fc.string({ unit: fc.constantFrom('%', '%s', '_', '\\%', '\\_', '\u{1f511}', '\u2028', 'é', '#', '--', '${x}') }),
);
const name = text.filter((value) => value !== '' && !value.includes('\0'));
const link = fc.tuple(name, name).map(([database, of]) => qualified(database, of));
const word = fc.stringMatching(/^[A-Za-z_]\w{0,63}$/);

/** What another reader of SQL than our own makes of it: words and symbols as they stand, names and strings by their value. */
const read = (sql: string): string[] =>
  tokenize(sql).flatMap(({ kind, text: value }) => (kind === 'end' ? [] : [`${kind} ${value}`]));
const shown = ({ text: sql }: Statement): string[] => read(sql.reveal());
const named = (of: LinkChange['link']): string[] => [
  `name ${partsOf(of).database}`,
  'symbol .',
  `name ${partsOf(of).name}`,
];
const words = (sql: string): string[] => sql.split(' ').map((each) => `word ${each}`);

const lake = qualified('analytics', 'lake');
const change: LinkChange = {
  link: lake,
  credentials: new Credentials(`{"aws_secret_access_key":"s'cr\\\\et"}`),
  grammar: 'alter',
  existing: { link: lake, type: 'S3', description: `the "lake"'s`, config: '{"region":"us-east-1"}' },
};

test('a literal is read back as the text it was made of, and as nothing more', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(read(`${literal(a)} ${literal(b)}`)).toEqual([`string ${a}`, `string ${b}`]);
    }),
    { numRuns: 1_000 },
  );
});

test.each(['\\', "'", '"', '\0', '\u{1f511}', '%', "\\'", '\n'])('64 KiB of %j come back as they were', (unit) => {
  const long = unit.repeat(65_536 / unit.length);
  expect(read(literal(long))).toEqual([`string ${long}`]);
  expect(shown(alterLink(lake, { credentials: { whole: new Credentials(long) } })).at(-1)).toBe(`string ${long}`);
});

describe('ALTER LINK', () => {
  type Shape = SetClause<string>;
  const shape: fc.Arbitrary<Shape> = fc.oneof(
    text.map((whole) => ({ whole })),
    fc.record({ key: word, value: text }),
  );
  const read1 = (what: string, clause: Shape): string[] => [
    ...words(`SET ${what}`),
    ...(clause.key === undefined
      ? [`string ${clause.whole}`]
      : ['symbol ::', `word ${clause.key}`, 'symbol =', `string ${clause.value}`]),
  ];
  const secretly = (clause: Shape): SetClause<Credentials> =>
    clause.key === undefined
      ? { whole: new Credentials(clause.whole) }
      : { key: clause.key, value: new Credentials(clause.value) };

  test('carries any name, and CONFIG, CREDENTIALS or both, whole or one key of it, unchanged', () => {
    fc.assert(
      fc.property(link, fc.option(shape), fc.option(shape), (of, config, credentials) => {
        fc.pre(config !== null || credentials !== null);
        const clauses = {
          ...(config === null ? {} : { config }),
          ...(credentials === null ? {} : { credentials: secretly(credentials) }),
        } as SetClauses;
        expect(shown(alterLink(of, clauses))).toEqual([
          ...words('ALTER LINK'),
          ...named(of),
          ...(config === null ? [] : read1('CONFIG', config)),
          ...(credentials === null ? [] : read1('CREDENTIALS', credentials)),
        ]);
      }),
      { numRuns: 500 },
    );
  });

  const both = { aws_access_key_id: 'final_key_id', aws_secret_access_key: 'final_secret' };
  const settings = { region: 'eu-central-1', disable_gunzip: true };
  const whole = (value: object) => ({ whole: JSON.stringify(value) });
  const secret = (value: object) => ({ whole: new Credentials(JSON.stringify(value)) });
  const rotated = { key: 'aws_access_key_id', value: new Credentials('rotated_key_id') };
  const ofThePage: readonly SetClauses[] = [
    { config: { key: 'region', value: 'us-east-1' } },
    { config: { key: 'region', value: 'us-west-2' } },
    { config: whole(settings) },
    { credentials: rotated },
    { credentials: secret(both) },
    { config: whole(settings), credentials: secret(both) },
    { config: whole({ ...settings, region: 'us-west-2' }), credentials: rotated },
  ];
  test.each(pageExamples.map(({ title, statement }, at) => [title, statement, ofThePage[at]!] as const))(
    'says what the page says: %s',
    (_, statement, clauses) => {
      const ours = shown(alterLink(qualified('db', 'analytics_link'), clauses));
      const [alter, of, , , link_, ...rest] = ours;
      expect([alter, of, link_?.replace('name', 'word'), ...rest, 'symbol ;']).toEqual(read(statement));
    },
  );

  test.each(['sasl.password', 'x-amz-key', '', "a' = 'b", '1st', 'a b', '`a`', 'ключ'])(
    'has no form ::key for %j: how the server reads it is not known, so the whole object must be set',
    (key) => {
      for (const clauses of [{ config: { key, value: 'x' } }, { credentials: { key, value: new Credentials('x') } }])
        expect(() => alterLink(lake, clauses)).toThrow(/^STATEMENT_REFUSED: ALTER LINK .* was not sent: the key/);
    },
  );

  test('has at most one clause of each kind, and at least one, by its type', () => {
    const config = { whole: '{}' };
    // @ts-expect-error there is no clause
    const none: SetClauses = {};
    // @ts-expect-error two CONFIG clauses
    const two: SetClauses = { config: [config, config] };
    // @ts-expect-error a secret goes into CREDENTIALS only as what cannot be printed
    const plain: SetClauses = { credentials: config };
    // @ts-expect-error a whole object and one of its keys
    const mixed: SetClauses = { config: { whole: '{}', key: 'region', value: 'x' } };
    expect([none, two, plain, mixed]).toHaveLength(4);
  });
});

test('CREATE OR REPLACE LINK repeats type, CONFIG and DESCRIPTION unchanged, and leaves out what is empty', () => {
  fc.assert(
    fc.property(link, text, text, (of, config, description) => {
      const definition = { type: 'S3', credentials: change.credentials, config, description };
      const expected = [
        ...words('CREATE OR REPLACE LINK'),
        ...named(of),
        ...words('AS S3 CREDENTIALS'),
        `string ${change.credentials.reveal()}`,
        ...(config === '' ? [] : ['word CONFIG', `string ${config}`]),
        ...(description === '' ? [] : ['word DESCRIPTION', `string ${description}`]),
      ];
      expect(shown(createOrReplaceLink(of, definition))).toEqual(expected);
      const existing = { link: of, type: 'S3', config, description };
      expect(shown(changeLink({ ...change, link: of, grammar: 'replace', existing }))).toEqual(expected);
    }),
  );
});

const orders = qualified('shop`s', 'shop.orders');
const quoted = '`shop``s`.`shop.orders`';
const documented: readonly (readonly [Statement, string])[] = [
  [stopPipeline(orders), `STOP PIPELINE IF RUNNING ${quoted}`],
  [startPipeline(orders), `START PIPELINE IF NOT RUNNING ${quoted}`],
  [showCreatePipeline(orders), 'SHOW CREATE PIPELINE `shop.orders`'],
  [showCreateLink(orders), 'SHOW CREATE LINK `shop.orders`'],
  [useDatabase('shop`s'), 'USE `shop``s`'],
  [
    changeLink(change),
    `ALTER LINK \`analytics\`.\`lake\` SET CREDENTIALS '{"aws_secret_access_key":"s\\'cr\\\\\\\\et"}'`,
  ],
  [
    changeLink({ ...change, grammar: 'replace', config: '{}', existing: { ...change.existing, description: '' } }),
    `CREATE OR REPLACE LINK \`analytics\`.\`lake\` AS S3 CREDENTIALS '{"aws_secret_access_key":"s\\'cr\\\\\\\\et"}' CONFIG '{}'`,
  ],
  [probeAlter('analytics', 'f00d'), "ALTER LINK `analytics`.`probe_f00d` SET CONFIG '{}'"],
  [probeReplace('f00d'), "CREATE OR REPLACE LINK `probe_db_f00d`.`probe_f00d` AS S3 CREDENTIALS '{}' CONFIG '{}'"],
  [probeCreate(change.existing), "CREATE LINK `analytics`.`lake` AS S3 CREDENTIALS '{}' CONFIG '{'"],
  [probePrivilege('SHOW LINK', 'shop`s', 'f00d'), 'SHOW LINKS ON `shop``s`'],
  [probePrivilege('SHOW PIPELINE', 'shop`s', 'f00d'), 'SHOW PIPELINES'],
  [probePrivilege('START PIPELINE', 'shop`s', 'f00d'), 'START PIPELINE IF NOT RUNNING `shop``s`.`probe_f00d`'],
  [showFunctions('shop`s'), 'SHOW FUNCTIONS IN `shop``s`'],
  [
    listLinks("o'brien"),
    "SELECT DATABASE_NAME, LINK, TYPE, DESCRIPTION, CONFIG FROM information_schema.LINKS WHERE DATABASE_NAME = 'o\\'brien'",
  ],
  [
    errorsAfter(1700000000.123456),
    'SELECT DATABASE_NAME, PIPELINE_NAME, ERROR_UNIX_TIMESTAMP, ERROR_CODE, ERROR_MESSAGE, ERROR_TYPE, BATCH_ID FROM information_schema.PIPELINES_ERRORS WHERE ERROR_UNIX_TIMESTAMP > 1700000000.123456',
  ],
  [killConnection(17), 'KILL CONNECTION 17'],
];
test.each(documented.map(([statement, sql]) => [sql, statement] as const))('as documented: %s', (sql, statement) => {
  expect(statement.text.reveal()).toBe(sql);
});

test('what has no qualified form is said in its own database', () => {
  for (const statement of [
    showCreatePipeline(orders),
    showCreateLink(orders),
    probePrivilege('SHOW PIPELINE', 'shop`s', ''),
  ])
    expect(statement.database).toBe('shop`s');
});

const half = '\ud83d';
test.each([
  ['a NUL', qualified('analytics', 'la\0ke')],
  ['half a surrogate pair', qualified(`analytics${half}`, 'lake')],
])('a name with %s is never sent: it would reach the server as another name', (_, of) => {
  expect(() => stopPipeline(of)).toThrow(/^STATEMENT_REFUSED: .* was not sent/);
  expect(() => changeLink({ ...change, link: of })).toThrow(/^STATEMENT_REFUSED: .* was not sent/);
});

test('a secret or CONFIG with half a surrogate pair is never sent: another one would be stored', () => {
  const credentials = new Credentials(`{"a":"k3y${half}"}`);
  for (const grammar of ['alter', 'replace'] as const) {
    expect(() => changeLink({ ...change, grammar, credentials })).toThrow(
      /^STATEMENT_REFUSED: (?!.*k3y).* was not sent/,
    );
    expect(() => changeLink({ ...change, grammar, config: half })).toThrow(/^STATEMENT_REFUSED: .* was not sent/);
  }
  expect(() => alterLink(lake, { credentials: { key: 'a', value: credentials } })).toThrow(/was not sent/);
});

test('a link whose type is not one word is never replaced', () => {
  const existing = { ...change.existing, type: "S3 CREDENTIALS '{}'" };
  expect(() => changeLink({ ...change, grammar: 'replace', existing })).toThrow(/the catalogue gives no type/);
});

test('a statement can be printed in every way without showing what it holds', () => {
  const statement = changeLink(change);
  expect([inspect(statement, { depth: 9 }), JSON.stringify(statement), statement.name].join()).not.toMatch(/cr.*et"/);
  expect(statement.name).toBe('ALTER LINK `analytics`.`lake`');
});

test('the missing privilege is named as GRANT wants it', () => {
  expect(grantOf(stopPipeline(orders).needs!, "o'brien")).toBe(
    "GRANT START PIPELINE ON `shop``s`.* TO 'o\\'brien'@'%'",
  );
  expect(grantOf(changeLink(change).needs!, 'rotator')).toBe(
    "GRANT SHOW LINK, CREATE LINK ON `analytics`.* TO 'rotator'@'%'",
  );
});
