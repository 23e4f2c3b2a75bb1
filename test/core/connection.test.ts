import { connectionSecret } from '../../lambda/core/connection';
import { Credentials } from '../../lambda/core/credentials';
import { RotationError } from '../../lambda/core/errors';

const whole = { host: 'svc-1.example', username: 'rotator', password: 'CANARY' };
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const read = (held: unknown) => connectionSecret(new Credentials(JSON.stringify(held)), 'prod/singlestore');
const message = (secret: string): string => {
  try {
    connectionSecret(new Credentials(secret), 'prod/singlestore');
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError);
    expect(error).toHaveProperty('code', 'CONNECTION_SECRET_SHAPE');
    return (error as Error).message;
  }
  return 'accepted';
};

test('host, user and password are enough: port 3306, TLS on', () => {
  const connection = read(whole);
  expect(connection).toEqual({ ...whole, port: 3306, tls: true, password: expect.any(Credentials) as Credentials });
  expect(connection.password.reveal()).toBe('CANARY');
});

test("keys of AWS's own database secrets are let be", () => {
  expect(read({ ...whole, engine: 'mysql', dbname: 'x', dbClusterIdentifier: 'y' })).toEqual(read(whole));
});

test.each([
  [1, 1],
  [3307, 3307],
  ['3307', 3307],
  [65535, 65535],
])('port %j is %d', (port, number) => {
  expect(read({ ...whole, port }).port).toBe(number);
});

test.each(['10.0.0.7', '::1', 'fe80::1', 'localhost'])('host %s is a host', (host) => {
  expect(read({ ...whole, host }).host).toBe(host);
});

test.each([
  [undefined, true],
  ['on', true],
  ['off', false],
])('tls %j means %j', (tls, on) => {
  expect(read({ ...whole, tls }).tls).toBe(on);
});

test('certificates of an own authority are kept', () => {
  expect(read({ ...whole, ca: pem }).ca).toBe(pem);
});

test.each<[string, unknown]>([
  ['host', ''],
  ['host', 'svc CANARY'],
  ['host', 'mysql://svc'],
  ['host', 'svc:3306'],
  ['host', 7],
  ['port', 0],
  ['port', 65536],
  ['port', 3306.5],
  ['port', '3306x'],
  ['port', 'x3306'],
  ['port', '0xcea'],
  ['port', '33e2'],
  ['port', ' 3306'],
  ['port', ''],
  ['port', [3306]],
  ['port', null],
  ['port', true],
  ['username', undefined],
  ['username', { CANARY: 1 }],
  ['password', ''],
  ['password', null],
  ['ca', 'CANARY'],
  ['ca', ''],
  ['tls', 'OFF'],
  ['tls', false],
  ['tls', 'required'],
  ['tls', null],
])('a wrong %s (%j) is named, without its value', (field, held) => {
  const said = message(JSON.stringify({ ...whole, [field]: held }));
  expect(said).toContain(`the connection secret prod/singlestore has no valid "${field}" (`);
  expect(said).not.toContain('CANARY');
});

test('every wrong field is said with what is expected there', () => {
  expect(message('{"port": "33x06", "tls": "no", "ca": "none"}')).toContain(
    'no valid "host" (a name or an IP address, without port), "port" (1 to 65535, or absent for 3306), "username" (a text), "password" (a text), "tls" ("off", "on" or absent), "ca" (PEM certificates, or absent). No',
  );
});

test('without certificates of an own authority there is no key for them', () => {
  expect(read(whole)).not.toHaveProperty('ca');
});

test('all wrong fields are named at once', () => {
  expect([...message('{"port": "CANARY", "tls": "no"}').matchAll(/"(\w+)" \(/g)].map(([, name]) => name)).toEqual([
    'host',
    'port',
    'username',
    'password',
    'tls',
  ]);
});

test.each(['', 'CANARY', '"CANARY"', 'null', '{"host": CANARY}'])('%j is not a connection secret', (secret) => {
  const said = message(secret);
  expect(said).toContain('prod/singlestore is not a JSON object');
  expect(said).not.toContain('CANARY');
});
