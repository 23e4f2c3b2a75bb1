import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { Credentials } from '../../lambda/core/credentials';

const canary = 'CANARY-wJalrXUtnFEMI';
const secret = new Credentials(canary);

const logged = (thing: unknown): string => {
  const out = new PassThrough();
  new Console(out).log(thing);
  return String(out.read());
};

test.each<[string, () => string, string]>([
  ['String', () => String(secret), '[credentials]'],
  ['a template', () => `password ${secret as unknown as string}`, 'password [credentials]'],
  ['a joined list', () => ['password', secret].join(' '), 'password [credentials]'],
  ['JSON', () => JSON.stringify({ password: secret }), '{"password":"[credentials]"}'],
  ['inspect', () => inspect({ deep: { password: secret } }), '{ deep: { password: [credentials] } }'],
  ['console.log', () => logged(secret), '[credentials]\n'],
  ['console.log, in a list', () => logged([secret]), '[ [credentials] ]\n'],
  ['console.log, in a map', () => logged(new Map([['password', secret]])), "Map(1) { 'password' => [credentials] }\n"],
  ['%s', () => format('%s', secret), '[credentials]'],
  ['%o', () => format('%o', secret), '[credentials]'],
  ['%O', () => format('%O', secret), '[credentials]'],
  ['%j', () => format('%j', secret), '"[credentials]"'],
])('credentials print as [credentials]: %s', (_, print, printed) => {
  expect(print()).toBe(printed);
});

test.each<[string, () => unknown]>([
  ['inspect without custom printing', () => inspect(secret, { customInspect: false, showHidden: true })],
  ['spread', () => ({ ...(secret as object) })],
  ['entries', () => Object.entries(secret)],
  ['every own property', () => Reflect.ownKeys(secret)],
  ['a clone', () => structuredClone(secret)],
  ['an error about it', () => inspect(new Error('failed', { cause: secret }))],
])('nothing shows them: %s', (_, take) => {
  expect(inspect(take(), { depth: null, showHidden: true })).not.toContain(canary);
});

test('nor does a dump of their memory as a message', () => {
  expect(serialize(secret).toString('latin1')).not.toContain(canary);
});

test('they are revealed and compared only by name', () => {
  expect(secret.reveal()).toBe(canary);
  expect(secret.equals(new Credentials(canary))).toBe(true);
  expect(secret.equals(new Credentials(`${canary} `))).toBe(false);
});
