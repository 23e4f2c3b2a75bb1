import fc from 'fast-check';
import { quoteIdentifier } from '../../lambda/core/names';
import { literal, tokens } from '../../lambda/core/sql';

/** As in `word LINK`, one a token. */
const cut = (sql: string): string[] => [...tokens(sql)].map(({ kind, text }) => `${kind} ${text}`);

test.each<[string, string[]]>([
  ['', []],
  [' \t\r\n', []],
  ['LOAD data', ['word LOAD', 'word data']],
  ['a.b', ['word a', 'symbol .', 'word b']],
  ['$x_1 größe λ 日本', ['word $x_1', 'word größe', 'word λ', 'word 日本']],
  ['`LINK x`', ['identifier LINK x']],
  ['`a``b`.````', ['identifier a`b', 'symbol .', 'identifier `']],
  ['\'it\'\'s\' "say ""hi"""', ["string it's", 'string say "hi"']],
  ['\'a""b\' "a\'\'b"', ['string a""b', "string a''b"]],
  [String.raw`'it\'s' "\"" '\\' 'x'`, ["string it's", 'string "', 'string \\', 'string x']],
  [String.raw`'\0\b\n\r\t\Z\q\%'`, ['string \0\b\n\r\t\x1aq%']],
  ["'two\nlines'", ['string two\nlines']],
  ["a/* LINK `x` \n' */b", ['word a', 'word b']],
  ['a -- LINK x\nb', ['word a', 'word b']],
  ['a --\nb', ['word a', 'word b']],
  ['a --', ['word a']],
  ['a # LINK x\nb', ['word a', 'word b']],
  ['a -- LINK', ['word a']],
  ['a /* LINK', ['word a']],
  ['5--4', ['word 5', 'symbol -', 'symbol -', 'word 4']],
  ["'/* no */ -- comment # here'", ['string /* no */ -- comment # here']],
  ['`/* no */ -- comment`', ['identifier /* no */ -- comment']],
  ["'open", ["symbol '", 'word open']],
  ['`open', ['symbol `', 'word open']],
])('%j is cut as MySQL does', (sql, expected) => {
  expect(cut(sql)).toEqual(expected);
});

test.each<[string, boolean[]]>([
  ['a', [false]],
  ['a.b', [false, true, true]],
  ['a . b', [false, false, false]],
  ['a/* and */b', [false, false]],
  ["`a`'b'", [false, true]],
  [' a-b', [false, true, true]],
])('%j: a token is adjacent when nothing stands before it but a token', (sql, adjacent) => {
  expect([...tokens(sql)].map((token) => token.adjacent)).toEqual(adjacent);
});

test('any name that was quoted is read back as one token', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(cut(`LINK ${quoteIdentifier(name)} x`)).toEqual(['word LINK', `identifier ${name}`, 'word x']);
    }),
  );
});

test.each(["'", '"'])('any string that was quoted with %s is read back as one token', (quote) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = text.replaceAll('\\', '\\\\').replaceAll(quote, quote + quote);
      expect(cut(quote + escaped + quote)).toEqual([`string ${text}`]);
    }),
  );
});

test('every text comes to its end, and no sign outside comments and blanks is lost', () => {
  const pieces = fc.constantFrom('`', "'", '"', '\\', '/*', '*/', '--', '#', '\n', ' ', 'LINK', '.', '😀', 'é');
  fc.assert(
    fc.property(fc.array(pieces), (all) => {
      const sql = all.join('').replaceAll(/["'`\\#\n ]|--|\/\*|\*\//g, '');
      expect([...tokens(all.join(''))].length).toBeLessThanOrEqual(all.join('').length);
      expect([...tokens(sql)].map(({ text }) => text).join('')).toBe(sql);
    }),
  );
});

test('what is written as a literal is read as the same text', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\\', "'", '"', '\0', '%') }));
  fc.assert(
    fc.property(text, (value) => {
      expect(cut(literal(value))).toEqual([`string ${value}`]);
    }),
  );
});
