import fc from 'fast-check';
import { RotationError } from '../../lambda/core/errors';
import { parseLinkPattern, partsOf, qualified, quoteIdentifier, type QualifiedName } from '../../lambda/core/names';

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ unit: fc.constantFrom('`', '.', '*', 'a'), minLength: 1 }),
);

test.each([
  ['orders', '`orders`'],
  ['shop.orders', '`shop.orders`'],
  ['a`b', '`a``b`'],
  ['`', '````'],
  ["it's; DROP LINK x -- ", "`it's; DROP LINK x -- `"],
])('%s is quoted as %s', (plain, quoted) => {
  expect(quoteIdentifier(plain)).toBe(quoted);
});

test('a qualified name gives back its parts, whatever stands in them', () => {
  fc.assert(
    fc.property(name, name, (database, own) => {
      expect(partsOf(qualified(database, own))).toEqual({ database, name: own });
    }),
  );
});

test('different names never look the same', () => {
  expect(qualified('a', 'b`.`c')).not.toBe(qualified('a`.`b', 'c'));
  expect(qualified('a', 'B')).not.toBe(qualified('a', 'b'));
});

test.each(['orders', '`shop`', '`shop`.orders', '`a`.`b`.`c`', '`a``.`b`', '', '`a`.`b` '])(
  '%j is not a qualified name',
  (text) => {
    const attempt = (): unknown => partsOf(text as QualifiedName);
    expect(attempt).toThrow(RotationError);
    expect(attempt).toThrow(`INTERNAL: ${JSON.stringify(text)} is not a qualified name`);
  },
);

test.each([
  ['analytics.lake', { database: 'analytics', link: 'lake' }],
  ['  analytics.lake\n', { database: 'analytics', link: 'lake' }],
  ['sales.*', { database: 'sales', all: true }],
  ['`sales`.*', { database: 'sales', all: true }],
  ['sales.`*`', { database: 'sales', link: '*' }],
  ['`a.b`.`c`', { database: 'a.b', link: 'c' }],
  ['`a``b`.c', { database: 'a`b', link: 'c' }],
  ['`two words`.`new\nline`', { database: 'two words', link: 'new\nline' }],
  ['my-db.my-link', { database: 'my-db', link: 'my-link' }],
  ['größe.λ', { database: 'größe', link: 'λ' }],
])('%j names a link, or all of a database', (text, pattern) => {
  expect(parseLinkPattern(text)).toEqual(pattern);
});

test.each([
  '',
  'lake',
  '.lake',
  'analytics.',
  'a.b.c',
  '*.lake',
  '*',
  'a.**',
  'a.b*',
  '`a.b',
  '``.b',
  'a.``',
  'a .b',
  'a b.c',
  'a`b.c',
])('%j names no link', (text) => {
  expect(parseLinkPattern(text)).toBeNull();
});

test('any link can be named by its quoted name', () => {
  fc.assert(
    fc.property(name, name, (database, link) => {
      expect(parseLinkPattern(qualified(database, link))).toEqual({ database, link });
    }),
  );
});
