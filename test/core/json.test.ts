import fc from 'fast-check';
import { isBoolean, isNested, isNumber, jsonText, membersOf, objectOf, textIn } from '../../lambda/core/json';

test('the members of any object are what JSON.parse makes of them', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
      fc.constantFrom(0, 1, 2),
      (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const members = membersOf(text);
        const parsed = [...(members ?? [])].map(([key, json]) => [key, JSON.parse(json) as unknown]);
        expect(Object.fromEntries(parsed)).toEqual(JSON.parse(text));
        expect(JSON.parse(objectOf(members ?? []))).toEqual(JSON.parse(text));
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['{}', []],
  [' {\n} ', []],
  [
    '{"a":1.0,"b":1e400 , "c" : -0}',
    [
      ['a', '1.0'],
      ['b', '1e400'],
      ['c', '-0'],
    ],
  ],
  [
    '{"a:b":"c:d","e":{"f":":,}","g":[1,{"h":2}]}}',
    [
      ['a:b', '"c:d"'],
      ['e', '{"f":":,}","g":[1,{"h":2}]}'],
    ],
  ],
  ['{"a\\"b":"\\\\"}', [['a"b', '"\\\\"']]],
  ['{"a":1,"a":2}', [['a', '2']]],
  [
    '{"__proto__":{"x":1},"a":null}',
    [
      ['__proto__', '{"x":1}'],
      ['a', 'null'],
    ],
  ],
])('%s', (text, members) => {
  expect([...(membersOf(text) ?? [])]).toEqual(members);
});

test.each(['', '[]', '"{}"', 'null', '7', '{', '{"a":}', '{a:1}', "{'a':1}", '{"a":1}x', '{"a":01}'])(
  '%j is no object',
  (text) => {
    expect(membersOf(text)).toBeNull();
  },
);

test('a text is told from other values', () => {
  const members = membersOf('{"s":"\\u00e9","n":7,"o":{},"l":["x"]}')!;
  expect(['s', 'n', 'o', 'l', 'none'].map((key) => textIn(members.get(key)))).toEqual([
    'é',
    ...Array<undefined>(4).fill(undefined),
  ]);
  expect([...members.values()].map(isNested)).toEqual([false, false, true, true]);
  expect(textIn(jsonText('a"\\\n'))).toBe('a"\\\n');
});

test.each(['0', '-0', '7', '10', '-12.050', '1e5', '1E+05', '0.1e-10', '12345678901234567890'])(
  '%s is a number',
  (text) => {
    expect(isNumber(text)).toBe(true);
  },
);

test.each([
  '',
  'x',
  '01',
  '+1',
  '.5',
  '1.',
  '1.x',
  '1e',
  '1e+',
  '1ex',
  '1x5',
  'x1',
  '1x',
  ' 1',
  '0x1f',
  'Infinity',
  '1_000',
  '-',
])('%j is no number, whatever JavaScript makes of it', (text) => {
  expect(isNumber(text)).toBe(false);
});

test('two words are booleans', () => {
  expect(['true', 'false', 'True', '"true"', '1', 'null', ''].map(isBoolean)).toEqual([
    true,
    true,
    ...Array<boolean>(5).fill(false),
  ]);
});

test('a text with brackets in it is not nested, and one that ends like a text is none', () => {
  expect(isNested(jsonText('{['))).toBe(false);
  expect(textIn(membersOf('{"l":["x"], "o":{"a":"b"}}')?.get('l'))).toBeUndefined();
});
