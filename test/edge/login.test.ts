import { inspect } from 'node:util';
import { openClusters } from '../../lambda/edge/singlestore';
import type { ConnectionSecret } from '../../lambda/ports';
import { closeOdd, oddSingleStore, refused, rows, type OddOptions } from './oddSingleStore';

const clusters = openClusters({ random: () => 'f00d' });
const open = async (secret: ConnectionSecret, lanes = 1) => {
  const cluster = await clusters.open(secret, lanes);
  await cluster.close();
  return 'opened';
};
type ConnectionChange = (secret: ConnectionSecret, other: ConnectionSecret) => ConnectionSecret;

afterEach(closeOdd);

describe('before the password is sent', () => {
  test('the certificate is for the IP address that was connected to', async () => {
    const { secret, logins } = await oddSingleStore({ tls: true });
    await expect(open(secret)).resolves.toBe('opened');
    expect(Buffer.concat(logins).toString('latin1')).toContain('rotator');
  });

  test('a certificate for another IP address is refused', async () => {
    const { secret, logins, statements } = await oddSingleStore({ tls: true });
    await expect(open({ ...secret, host: '127.0.0.2' })).rejects.toThrow(
      `TLS_REFUSED: the TLS handshake with 127.0.0.2:${secret.port} failed (ERR_TLS_CERT_ALTNAME_INVALID); the password was not sent`,
    );
    expect(logins).toEqual([]);
    expect(statements).toEqual([]);
  });

  test('a name is checked against the certificate too', async () => {
    const { secret } = await oddSingleStore({ tls: true });
    await expect(open({ ...secret, host: 'localhost' })).resolves.toBe('opened');
  });

  const toAnother: ConnectionChange = (secret, { ca }) => ({ ...secret, ca: ca! });
  const toSystemRoots: ConnectionChange = ({ ca: _, ...secret }) => secret;
  const byName: ConnectionChange = (secret) => ({ ...secret, host: 'localhost' });
  test.each<[string, OddOptions, ConnectionChange, RegExp]>([
    ['another authority', { tls: true }, toAnother, /^TLS_REFUSED/],
    ['an authority that the system does not know', { tls: true }, toSystemRoots, /\(SELF_SIGNED_CERT_IN_CHAIN\)/],
    ['nobody in "ca"', { tls: true }, (secret) => ({ ...secret, ca: 'no certificate at all' }), /^TLS_REFUSED/],
    ['a time gone by', { tls: { expiresAt: Date.now() - 1_000 } }, (secret) => secret, /\(CERT_HAS_EXPIRED\)/],
    ['another host', { tls: { hosts: ['db.example', '127.0.0.2'] } }, (secret) => secret, /_ALTNAME_INVALID\)/],
    ['a time to come', { tls: true, inDays: 3 }, (secret) => secret, /\(CERT_NOT_YET_VALID\)/],
    ['addresses only, asked for by a name', { tls: { hosts: ['127.0.0.1'] } }, byName, /_ALTNAME_INVALID\)/],
    [
      'another name',
      { tls: { hosts: ['db.localhost', '*.localhost', 'localhost.example'] } },
      byName,
      /_ALTNAME_INVALID\)/,
    ],
    ['nothing, without TLS', { tls: false }, (secret) => ({ ...secret, tls: true }), /^TLS_REFUSED: .* offers no TLS/],
  ])('a server with a certificate of %s hears not even who asks', async (_, options, change, message) => {
    const { secret, logins, statements, sockets } = await oddSingleStore(options);
    const { secret: other } = await oddSingleStore();
    await expect(open(change(secret, other), 2)).rejects.toThrow(message);
    while (sockets.size > 0) await new Promise(setImmediate); // all that was sent has arrived
    expect(Buffer.concat(logins).toString('latin1')).toBe('');
    expect(statements).toEqual([]);
  });
});

test.each<[string, OddOptions, RegExp]>([
  ['a wrong password', { login: refused(1045, '28000') }, /^LOGIN_REFUSED: .* login of "rotator" \(error 1045\)/],
  ['an expired token', { login: refused(2628) }, /^LOGIN_REFUSED: .*\(error 2628\)/],
  ['too many connections of this user', { login: refused(1226, '42000') }, /^CONNECTION_REFUSED: .*\(error 1226\)/],
  ['too many connections', { greeting: refused(1040, '08004') }, /^CONNECTION_REFUSED: .*\(error 1040\)/],
  [
    'a password wanted in clear text',
    { tls: true, login: [Buffer.from('\xfemysql_clear_password\0\0', 'latin1')] },
    /^LOGIN_REFUSED: .*clear text/,
  ],
  [
    'a login method nobody knows',
    { login: [Buffer.from('\xfemystery\0\0', 'latin1')] },
    /^LOGIN_REFUSED: .* a method that is not used here/,
  ],
  ['a connection closed at once', { answer: () => 'hang up' }, /^CONNECTION_REFUSED: .*closed after the login/],
])('%s is told apart, without the server’s text or the password', async (_, options, message) => {
  const { secret, logins } = await oddSingleStore(options);
  const error = await open(secret).catch((thrown: unknown) => thrown);
  expect(error).toHaveProperty('message', expect.stringMatching(message));
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/open sesame|text of the server/);
  expect(Buffer.concat(logins).toString('latin1')).not.toContain('open sesame');
});

test('a refused connection names host and port', async () => {
  const { secret } = await oddSingleStore();
  await closeOdd();
  await expect(open(secret)).rejects.toThrow(
    `CONNECTION_REFUSED: no connection to 127.0.0.1:${secret.port} (ECONNREFUSED).`,
  );
  await expect(open({ ...secret, host: 'no-such-host.invalid' })).rejects.toThrow(
    /^CONNECTION_REFUSED: no connection to no-such-host\.invalid:\d+ \((ENOTFOUND|EAI_AGAIN)\)/,
  );
});

test.each<[string, OddOptions]>([
  ['does not greet', { greeting: 'silence' }],
  ['does not answer the login', { login: 'silence' }],
])('a server that %s is given up after 10 s', async (_, options) => {
  const { secret, connected, sockets } = await oddSingleStore(options);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
  try {
    const opening = expect(open(secret, 0)).rejects.toThrow(/^CONNECTION_REFUSED: .*no answer within 10 s/);
    await connected();
    const [socket] = sockets;
    jest.advanceTimersByTime(9_999);
    expect(socket!.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    await opening;
  } finally {
    jest.useRealTimers();
  }
});

test('when one connection of several fails, none stays open', async () => {
  const { secret, sockets } = await oddSingleStore({ answer: (_, id) => (id === 3 ? 'hang up' : undefined) });
  await expect(open(secret, 4)).rejects.toThrow(/^CONNECTION_REFUSED/);
  while (sockets.size > 0) await new Promise(setImmediate);
});

describe('the SQL mode', () => {
  const escapes = "SELECT '\\\\\\'\"' AS v";
  test.each([['NO_BACKSLASH_ESCAPES'], ['STRICT_ALL_TABLES,ANSI_QUOTES'], ['ansi_quotes']])(
    '%s is refused: a secret would be read otherwise than it is written',
    async (mode) => {
      const { secret } = await oddSingleStore({ answer: () => rows(['mode'], [mode]) });
      await expect(open(secret)).rejects.toThrow(/^SQL_MODE_UNSAFE: .*(NO_BACKSLASH_ESCAPES|ANSI_QUOTES)/i);
    },
  );

  test.each<[string, ReturnType<typeof rows>, RegExp]>([
    ['is the text itself', rows(['v'], ['\\\'"']), /opened/],
    ['is another text', rows(['v'], ['\\\\\'"']), /SQL_MODE_UNSAFE/],
    ['is a refusal', refused(1064), /SQL_MODE_UNSAFE/],
  ])('where it cannot be read, a harmless text is sent, and the answer %s', async (_, answer, outcome) => {
    const { secret, statements } = await oddSingleStore({
      answer: (sql) => (sql.includes('sql_mode') ? refused(1193) : sql === escapes ? answer : undefined),
    });
    expect(await open(secret).catch(String)).toMatch(outcome);
    expect(statements).toContain(escapes);
  });

  test('is asked of every connection', async () => {
    const { secret } = await oddSingleStore({
      answer: (_, id) => rows(['mode'], [id === 3 ? 'ANSI_QUOTES' : 'STRICT_ALL_TABLES']),
    });
    await expect(open(secret, 2)).rejects.toThrow(/^SQL_MODE_UNSAFE/);
  });
});
