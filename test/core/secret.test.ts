import fc from 'fast-check';
import { Credentials } from '../../lambda/core/credentials';
import { RotationError } from '../../lambda/core/errors';
import {
  configBefore,
  linkConfig,
  linkCredentials,
  mergeConfig,
  parseFlatSecret,
  type FlatSecret,
} from '../../lambda/core/secret';
import type { ConfigValue } from '../../lambda/core/journal';
import type { Json } from '../../lambda/core/json';

const canary = 'CANARY';
const where = 'version v2 of prod/s3';
const none = { credentials: {}, config: {} };

const parsed = (value: object): FlatSecret => parseFlatSecret(new Credentials(JSON.stringify(value)), where);
const refused = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError);
    expect(error).toHaveProperty('code', 'SECRET_SHAPE');
    expect((error as Error).message).toContain(where);
    return (error as Error).message;
  }
  return 'accepted';
};

describe('a secret', () => {
  test('is a flat JSON object; an empty one, too', () => {
    const flat = { key: 'a', port: 3306, tls: true, none: null };
    expect(parsed(flat)).toEqual(new Map(Object.entries({ key: '"a"', port: '3306', tls: 'true', none: 'null' })));
    expect(parsed({}).size).toBe(0);
  });

  test.each([
    ['', 'is not a JSON object'],
    [canary, 'is not a JSON object'],
    [`{"key": ${canary}}`, 'is not a JSON object'],
    [`"${canary}"`, 'is not a JSON object'],
    [`["${canary}"]`, 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['7', 'is not a JSON object'],
    [`{"aws": {"key": "${canary}"}}`, 'has a nested value under "aws"'],
    [`{"ok": "${canary}", "keys": ["${canary}"]}`, 'has a nested value under "keys"'],
    [`{"ok": "${canary}", "half": "${canary}\\ud83d"}`, 'has half a surrogate pair under "half"'],
    [`{"ok\\ud83d": "\\ude00 ${canary}"}`, 'has half a surrogate pair under "ok\\ud83d"'],
    [`{"\\udd11": "${canary}"}`, 'has half a surrogate pair under "\\udd11"'],
  ])('%j is refused without a word of its values', (value, problem) => {
    const said = refused(() => parseFlatSecret(new Credentials(value), where));
    expect(said).toContain(problem);
    expect(said).not.toContain(canary);
  });
});

describe("a link's credentials", () => {
  const values = { aws_access_key_id: 'AKIANEW', aws_secret_access_key: 's', region: 'us-east-1', port: 7 };
  const secret = (): FlatSecret => parsed(values);
  const revealed = (fields: Parameters<typeof linkCredentials>[1]): unknown =>
    JSON.parse(linkCredentials(secret(), fields, where).reveal());

  test('are every key of the secret, if nothing else is said', () => {
    expect(revealed(none)).toEqual(values);
  });
  test('... but for those that belong into CONFIG', () => {
    const { region: _, ...rest } = values;
    expect(revealed({ credentials: {}, config: { 'aws.region': 'region' } })).toEqual(rest);
  });
  test('are the named keys, under the names of the link, types kept', () => {
    const fields = { credentials: { 'sasl.username': 'aws_access_key_id', port: 'port' }, config: {} };
    expect(revealed(fields)).toEqual({ 'sasl.username': 'AKIANEW', port: 7 });
  });
  test('and CONFIG has the keys that the secret decides, or none', () => {
    expect(linkConfig(secret(), none, where).size).toBe(0);
    expect(linkConfig(secret(), { credentials: {}, config: { port: 'port' } }, where)).toEqual(
      new Map([['port', '7']]),
    );
  });
  test('keep every digit of a number, and differ where one digit does', () => {
    const [one, other] = ['12345678901234567890', '12345678901234567891'].map((pin) =>
      linkCredentials(parseFlatSecret(new Credentials(`{"pin": ${pin}, "e": 1e400, "r": 1.0}`), where), none, where),
    );
    expect(one?.reveal()).toBe('{"pin":12345678901234567890,"e":1e400,"r":1.0}');
    expect(other?.equals(one!)).toBe(false);
  });
  test('written otherwise are the same, if they say the same', () => {
    const [one, other] = ['{"a":"\\u00e9\\/"}', '{ "a" : "é/" }'].map((text) =>
      linkCredentials(parseFlatSecret(new Credentials(text), where), none, where),
    );
    expect(one?.equals(other!)).toBe(true);
  });

  test('a key that is asked for and not there is named, without the others', () => {
    const fields = { credentials: { a: 'password' }, config: { b: 'host' } };
    const held = parsed({ key: canary });
    const missing = [
      refused(() => linkCredentials(held, fields, where)),
      refused(() => linkConfig(held, fields, where)),
    ];
    expect(missing[0]).toContain('has no key "password"');
    expect(missing[1]).toContain('has no key "host"');
    expect(missing.join()).not.toContain(canary);
  });
});

describe('CONFIG', () => {
  const before = '{"region": "us-east-1", "database.port": 3306, "disable_gunzip": false}';
  const set = (value: unknown): ConfigValue => ({ json: JSON.stringify(value) as Json });

  test.each<[string, Parameters<typeof mergeConfig>[1], string | null]>([
    ['no change', {}, null],
    ['the same value', { region: set('us-east-1') }, null],
    ['the same number, as a text', { 'database.port': set('3306') }, null],
    ['a key that is not there is taken away', { other: { absent: true } }, null],
    [
      'another value',
      { region: set('eu-west-1') },
      '{"region":"eu-west-1","database.port":3306,"disable_gunzip":false}',
    ],
    [
      'a number stays a number',
      { 'database.port': set('3307') },
      '{"region":"us-east-1","database.port":3307,"disable_gunzip":false}',
    ],
    [
      'a boolean stays a boolean',
      { disable_gunzip: set('true') },
      '{"region":"us-east-1","database.port":3306,"disable_gunzip":true}',
    ],
    [
      'a text that is no number',
      { 'database.port': set('any') },
      '{"region":"us-east-1","database.port":"any","disable_gunzip":false}',
    ],
    [
      'a blank is no number',
      { 'database.port': set(' ') },
      '{"region":"us-east-1","database.port":" ","disable_gunzip":false}',
    ],
    [
      'a text that is no boolean',
      { disable_gunzip: set('yes') },
      '{"region":"us-east-1","database.port":3306,"disable_gunzip":"yes"}',
    ],
    [
      'a new key comes last',
      { bucket: set('b') },
      '{"region":"us-east-1","database.port":3306,"disable_gunzip":false,"bucket":"b"}',
    ],
    [
      'a number for a number, a boolean for a boolean',
      { 'database.port': set(3307), disable_gunzip: set(true) },
      '{"region":"us-east-1","database.port":3307,"disable_gunzip":true}',
    ],
    [
      'a number with blanks around it',
      { 'database.port': set(' 3307\n') },
      '{"region":"us-east-1","database.port":3307,"disable_gunzip":false}',
    ],
    ['null is no text', { region: set(null) }, '{"region":null,"database.port":3306,"disable_gunzip":false}'],
    ['a text stays a text', { region: set(7) }, '{"region":"7","database.port":3306,"disable_gunzip":false}'],
    [
      'a text that only some would read as a number',
      { 'database.port': set('0x10') },
      '{"region":"us-east-1","database.port":"0x10","disable_gunzip":false}',
    ],
    [
      'a number of more digits than a double has',
      { 'database.port': set('12345678901234567891') },
      '{"region":"us-east-1","database.port":12345678901234567891,"disable_gunzip":false}',
    ],
    ['a key is taken away', { region: { absent: true } }, '{"database.port":3306,"disable_gunzip":false}'],
  ])('%s', (_, changes, merged) => {
    expect(mergeConfig(before, changes, 'link')).toBe(merged);
  });

  test('what is not asked for stays as it is written, to the last digit, there and back', () => {
    const odd = '{"a": 12345678901234567890, "b":1e400,"c":1.0 , "d":{"e": [9007199254740993, "}"]}, "f":"x"}';
    const there = mergeConfig(odd, { f: set('y') }, 'link') ?? '';
    expect(there).toBe('{"a":12345678901234567890,"b":1e400,"c":1.0,"d":{"e": [9007199254740993, "}"]},"f":"y"}');
    expect(mergeConfig(there, configBefore(odd, ['f', 'a']), 'given')).toBe(there.replace('"y"', '"x"'));
  });

  test.each(['', ' \n', '{}'])('an empty one (%j) takes keys', (empty) => {
    expect(mergeConfig(empty, { region: set('us-east-1') }, 'link')).toBe('{"region":"us-east-1"}');
    expect(configBefore(empty, ['region'])).toEqual({ region: { absent: true } });
  });

  test.each(['[]', 'null', `{"region": ${canary}}`, canary])(
    'one that is no JSON object (%j) is left as it is',
    (odd) => {
      for (const act of [() => mergeConfig(odd, {}, 'link'), () => configBefore(odd, ['region'])]) {
        expect(act).toThrow(
          new RotationError(
            'SECRET_SHAPE',
            "the catalogue's CONFIG of the link is not a JSON object. Nothing was changed. Set it to one with ALTER LINK … SET CONFIG.",
          ),
        );
      }
    },
  );

  test('none of its keys is asked for: it need not be readable', () => {
    expect(configBefore(canary, [])).toEqual({});
  });

  test('what was there before is kept for the way back, what was not there as absent', () => {
    expect(configBefore(before, ['database.port', 'bucket'])).toEqual({
      'database.port': { json: '3306' },
      bucket: { absent: true },
    });
  });

  test('the way back restores every key with its type, and takes away what is new', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('x', '1', 'true', ''));
    fc.assert(
      fc.property(fc.dictionary(key, value), fc.dictionary(key, value), (held, changes) => {
        const wanted = Object.fromEntries(Object.entries(changes).map(([name, one]) => [name, set(one)]));
        const text = JSON.stringify(held);
        const there = mergeConfig(text, wanted, 'link') ?? text;
        const back = mergeConfig(there, configBefore(text, Object.keys(changes)), 'given') ?? there;
        expect(JSON.parse(back)).toEqual(held);
      }),
    );
  });
});
