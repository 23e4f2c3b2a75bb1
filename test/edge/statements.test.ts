import { inspect } from 'node:util';
import fc from 'fast-check';
import { Credentials } from '../../lambda/core/credentials';
import { partsOf, qualified } from '../../lambda/core/names';
import { literal, tokens } from '../../lambda/core/sql';
import {
  changeLink,
  errorsAfter,
  grantOf,
  killConnection,
  listLinks,
  probeAlter,
  probeReplace,
  showCreatePipeline,
  startPipeline,
  stopPipeline,
  useDatabase,
  type Statement,
} from '../../lambda/edge/statements';
import type { LinkChange } from '../../lambda/ports';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\\', "'", '"', '`', '\0', '\n', '?', ':', ';', '-', '/', '*', '\u{1f511}') }),
);
const name = text.filter((value) => value !== '' && !value.includes('\0'));
const link = fc.tuple(name, name).map(([database, of]) => qualified(database, of));

/** What the server reads: words and symbols as they stand, names and strings by their value. */
const read = (sql: string): string[] => [...tokens(sql)].map(({ kind, text: value }) => `${kind} ${value}`);
const named = (of: LinkChange['link']): string[] => [
  `identifier ${partsOf(of).database}`,
  'symbol .',
  `identifier ${partsOf(of).name}`,
];
const words = (sql: string): string[] => sql.split(' ').map((word) => `word ${word}`);

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
  );
});

test('ALTER LINK carries any name, CONFIG and CREDENTIALS unchanged', () => {
  fc.assert(
    fc.property(link, text, text, (of, config, credentials) => {
      const { text: sql } = changeLink({ ...change, link: of, config, credentials: new Credentials(credentials) });
      expect(read(sql.reveal())).toEqual([
        ...words('ALTER LINK'),
        ...named(of),
        ...words('SET CONFIG'),
        `string ${config}`,
        ...words('SET CREDENTIALS'),
        `string ${credentials}`,
      ]);
    }),
  );
});

test('CREATE OR REPLACE LINK repeats type, CONFIG and DESCRIPTION unchanged', () => {
  fc.assert(
    fc.property(link, text, name, (of, config, description) => {
      const existing = { ...change.existing, config, description };
      const { text: sql } = changeLink({ ...change, link: of, grammar: 'replace', existing });
      expect(read(sql.reveal())).toEqual([
        ...words('CREATE OR REPLACE LINK'),
        ...named(of),
        ...words('AS S3 CREDENTIALS'),
        `string ${change.credentials.reveal()}`,
        ...words('CONFIG'),
        `string ${config}`,
        ...words('DESCRIPTION'),
        `string ${description}`,
      ]);
    }),
  );
});

const orders = qualified('shop`s', 'shop.orders');
const shown = '`shop``s`.`shop.orders`';
const documented: readonly (readonly [Statement, string])[] = [
  [stopPipeline(orders), `STOP PIPELINE IF RUNNING ${shown}`],
  [startPipeline(orders), `START PIPELINE IF NOT RUNNING ${shown}`],
  [showCreatePipeline(orders), 'SHOW CREATE PIPELINE `shop.orders`'],
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
  [
    listLinks("o'brien"),
    "SELECT DATABASE_NAME, LINK, TYPE, DESCRIPTION, CONFIG FROM information_schema.LINKS WHERE DATABASE_NAME = 'o\\'brien'",
  ],
  [
    errorsAfter(1700000000.123456),
    'SELECT DATABASE_NAME, PIPELINE_NAME, ERROR_UNIX_TIMESTAMP, ERROR_CODE, ERROR_MESSAGE, ERROR_TYPE FROM information_schema.PIPELINES_ERRORS WHERE ERROR_UNIX_TIMESTAMP > 1700000000.123456',
  ],
  [killConnection(17), 'KILL CONNECTION 17'],
];
test.each(documented.map(([statement, sql]) => [sql, statement] as const))('as documented: %s', (sql, statement) => {
  expect(statement.text.reveal()).toBe(sql);
});

test.each([
  ['a NUL', qualified('analytics', 'la\0ke')],
  ['half a surrogate pair', qualified('analytics\ud83d', 'lake')],
])('a name with %s is never sent: it would reach the server as another name', (_, of) => {
  expect(() => stopPipeline(of)).toThrow(/^STATEMENT_REFUSED: .* was not sent/);
  expect(() => changeLink({ ...change, link: of })).toThrow(/^STATEMENT_REFUSED: .* was not sent/);
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
