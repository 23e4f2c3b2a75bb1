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

const canary = 'CANARY';
const where = 'version v2 of prod/s3';
const none = { credentials: {}, config: {} };

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
    expect(parseFlatSecret(new Credentials(JSON.stringify(flat)), where)).toEqual(flat);
    expect(parseFlatSecret(new Credentials('{}'), where)).toEqual({});
  });

  test.each([
    ['', 'is not JSON'],
    [canary, 'is not JSON'],
    [`{"key": ${canary}}`, 'is not JSON'],
    [`"${canary}"`, 'is not a JSON object'],
    [`["${canary}"]`, 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['7', 'is not a JSON object'],
    [`{"aws": {"key": "${canary}"}}`, 'has a nested value under "aws"'],
    [`{"ok": "${canary}", "keys": ["${canary}"]}`, 'has a nested value under "keys"'],
  ])('%j is refused without a word of its values', (value, problem) => {
    const said = refused(() => parseFlatSecret(new Credentials(value), where));
    expect(said).toContain(problem);
    expect(said).not.toContain(canary);
  });
});

describe("a link's credentials", () => {
  const secret: FlatSecret = { aws_access_key_id: 'AKIANEW', aws_secret_access_key: 's', region: 'us-east-1', port: 7 };
  const revealed = (fields: Parameters<typeof linkCredentials>[1]): unknown =>
    JSON.parse(linkCredentials(secret, fields, where).reveal());

  test('are every key of the secret, if nothing else is said', () => {
    expect(revealed(none)).toEqual(secret);
  });
  test('... but for those that belong into CONFIG', () => {
    const { region: _, ...rest } = secret;
    expect(revealed({ credentials: {}, config: { 'aws.region': 'region' } })).toEqual(rest);
  });
  test('are the named keys, under the names of the link, types kept', () => {
    const fields = { credentials: { 'sasl.username': 'aws_access_key_id', port: 'port' }, config: {} };
    expect(revealed(fields)).toEqual({ 'sasl.username': 'AKIANEW', port: 7 });
  });
  test('and CONFIG has the keys that the secret decides, or none', () => {
    expect(linkConfig(secret, none, where)).toEqual({});
    expect(linkConfig(secret, { credentials: {}, config: { port: 'port' } }, where)).toEqual({ port: 7 });
  });

  test('a key that is asked for and not there is named, without the others', () => {
    const fields = { credentials: { a: 'password' }, config: { b: 'host' } };
    const held = { key: canary };
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
  const set = (value: unknown) => ({ value });

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
    ['a text stays a text', { region: set(7) }, '{"region":"7","database.port":3306,"disable_gunzip":false}'],
    ['a key is taken away', { region: { absent: true } }, '{"database.port":3306,"disable_gunzip":false}'],
  ])('%s', (_, changes, merged) => {
    expect(mergeConfig(before, changes, 'link')).toBe(merged);
  });

  test.each(['', ' \n', '{}'])('an empty one (%j) takes keys', (empty) => {
    expect(mergeConfig(empty, { region: set('us-east-1') }, 'link')).toBe('{"region":"us-east-1"}');
    expect(configBefore(empty, ['region'])).toEqual({ region: { absent: true } });
  });

  test('what was there before is kept for the way back, what was not there as absent', () => {
    expect(configBefore(before, ['database.port', 'bucket'])).toEqual({
      'database.port': { value: 3306 },
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
