import { inspect } from 'node:util';
import fc from 'fast-check';
import { Credentials } from '../../lambda/core/credentials';
import { qualified } from '../../lambda/core/names';
import { literal } from '../../lambda/core/sql';
import { openSessions } from '../../lambda/edge/opening';
import type { Session } from '../../lambda/edge/session';
import { openClusters } from '../../lambda/edge/singlestore';
import type { Statement } from '../../lambda/edge/statements';
import type { Cluster, ConnectionSecret } from '../../lambda/ports';
import { makeCertificates, type CertificateOptions } from '../standins/singlestore/tls';
import { installMariaDb, type MariaDb } from './mariadbServer';

/*
 * The connections of this function to a real MariaDB server: another implementation of the protocol than the stand-in's
 * says the same about TLS, logins, lost answers, KILL and literals.
 */

/** A password in which every quoting goes wrong that can go wrong. */
const password = `p"a's\\s%2Bw\`ö+/rd=`;
const quoted = `'${password.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`; // not by the code that is judged here
const minute = 60_000;

let server: MariaDb;
let secret: ConnectionSecret;
const opened: { close(): Promise<void> }[] = [];

/** @param madeAt when the certificates are made, epoch milliseconds. */
async function start(tls: CertificateOptions | undefined, madeAt = Date.now()): Promise<void> {
  const making = jest.spyOn(Date, 'now').mockReturnValue(madeAt);
  const certificates = tls && (await makeCertificates(tls));
  making.mockRestore();
  await server.start(certificates);
  secret = {
    host: '127.0.0.1',
    port: server.port,
    username: 'rotator',
    password: new Credentials(password),
    tls: certificates !== undefined,
    ...(certificates && { ca: certificates.ca }),
  };
}

async function open(to: ConnectionSecret = secret, lanes = 1): Promise<Cluster> {
  const cluster = await openClusters({ random: () => 'f00d' }).open(to, lanes);
  opened.push(cluster);
  return cluster;
}

async function session(to: ConnectionSecret = secret): Promise<Session> {
  const [one] = await openSessions(to, 1);
  opened.push(one);
  return one;
}

const sql = (text: string, database?: string): Statement => ({
  name: 'a statement of this test',
  text: new Credentials(text),
  ...(database !== undefined && { database }),
});

/** What the server has logged of logins, refused ones too. */
const logins = () =>
  server.administer("SELECT * FROM mysql.general_log WHERE command_type = 'Connect' AND argument LIKE '%rotator%'");

/** The statements that the server has logged of our users, oldest first. */
async function heard(): Promise<readonly string[]> {
  const rows = await server.administer(
    "SELECT CONVERT(argument USING utf8mb4) AS said FROM mysql.general_log WHERE command_type = 'Query' AND user_host LIKE '%rotator%'",
  );
  return rows.map(({ said }) => String(said));
}

/** Until the server is at a statement like this. */
async function isRunning(like: string): Promise<void> {
  const busy = `SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE '${like}%'`;
  while ((await server.administer(busy)).length === 0);
}

beforeAll(async () => {
  server = await installMariaDb();
  await server.start();
  await server.administer(
    `CREATE USER rotator@'%' IDENTIFIED BY ${quoted}`,
    `CREATE USER other@'%' IDENTIFIED BY ${quoted}`,
  );
  await server.stop();
}, minute);
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});
afterAll(() => server.remove());

describe('a server with a certificate for localhost and 127.0.0.1', () => {
  beforeAll(() => start({}));
  afterAll(() => server.stop());

  test.each(['127.0.0.1', 'localhost'])('is talked to as %s, encrypted', async (host) => {
    const answer = await (await session({ ...secret, host })).send(sql("SHOW STATUS LIKE 'Ssl_version'"), minute);
    expect(answer).toEqual({ is: 'rows', rows: [{ variable_name: 'Ssl_version', value: 'TLSv1.3' }] });
  });

  test('speaks to a user who must use TLS', async () => {
    await server.administer("ALTER USER rotator@'%' REQUIRE SSL");
    await expect(open()).resolves.toBeDefined();
    await expect(open({ ...secret, tls: false })).rejects.toThrow(/^LOGIN_REFUSED: .*\(error 1045\)/);
    await server.administer("ALTER USER rotator@'%' REQUIRE NONE");
  });

  test('is refused where another authority is trusted; it hears of no login', async () => {
    const before = await logins();
    const { ca: other } = await makeCertificates();
    const { ca: _, ...systemRoots } = secret;
    await expect(open({ ...secret, ca: other })).rejects.toThrow(/^TLS_REFUSED/);
    await expect(open(systemRoots)).rejects.toThrow(/^TLS_REFUSED: .*SELF_SIGNED_CERT_IN_CHAIN/);
    expect(await logins()).toEqual(before);
  });

  describe('refuses a login', () => {
    const refusal = async (to: ConnectionSecret): Promise<string> => {
      const error: unknown = await open(to).then(
        () => 'opened',
        (thrown: unknown) => thrown,
      );
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(inspect(password).slice(1, -1));
      return String(error);
    };

    test('with a wrong password, of an unknown or a locked user', async () => {
      await server.administer("ALTER USER other@'%' ACCOUNT LOCK");
      const wrong = { ...secret, password: new Credentials('wrong') };
      for (const to of [wrong, { ...secret, username: 'nobody' }, { ...secret, username: 'other' }])
        expect(await refusal(to)).toMatch(/LOGIN_REFUSED: .*\(error (1045|4151)\)/);
      await server.administer("ALTER USER other@'%' ACCOUNT UNLOCK");
    });

    test('by a method that is not used here', async () => {
      await server.administer("CREATE USER socket@'%' IDENTIFIED VIA unix_socket");
      expect(await refusal({ ...secret, username: 'socket' })).toMatch(/LOGIN_REFUSED/);
    });

    test.each([
      ['ALTER USER other@"%" WITH MAX_USER_CONNECTIONS 1', 'ALTER USER other@"%" WITH MAX_USER_CONNECTIONS 0', 1226],
      ['SET GLOBAL max_connections = 10', 'SET GLOBAL max_connections = 151', 1040],
    ])('for want of room (%s), which is no fault of user and password', async (full, wide, errno) => {
      await server.administer(full);
      await expect(open({ ...secret, username: 'other' }, 12)).rejects.toThrow(
        new RegExp(`^CONNECTION_REFUSED: .*\\(error ${errno}\\)`),
      );
      await server.administer(wide);
      await expect(open({ ...secret, username: 'other' }, 12)).resolves.toBeDefined();
    });
  });

  describe('at a statement', () => {
    test('that takes too long is asked no more, is still at it, and leaves it when killed', async () => {
      const [slow, cluster] = [await session(), await open()];
      expect(await slow.send(sql('SELECT SLEEP(1000)'), 50)).toEqual({ is: 'lost' });
      expect(slow.alive).toBe(false);
      expect(await cluster.present([slow.id])).toEqual([slow.id]);
      await cluster.kill(slow.id);
      while ((await cluster.present([slow.id])).length > 0);
    });

    test.each(['SELECT SLEEP(1000)', "SELECT GET_LOCK('taken', 1000)", 'DO SLEEP(1000)'])(
      '%s answers nothing when its connection is killed, and a second KILL is no error',
      async (statement) => {
        const [holder, blocked, cluster] = [await session(), await session(), await open()];
        await holder.send(sql("SELECT GET_LOCK('taken', 0)"), minute);
        const answer = blocked.send(sql(statement), minute);
        await isRunning(statement.slice(0, 12));
        await cluster.kill(blocked.id);
        expect(await answer).toEqual({ is: 'lost' });
        while ((await cluster.present([blocked.id])).length > 0);
        await cluster.kill(blocked.id);
        expect(await cluster.present([holder.id])).toEqual([holder.id]);
      },
    );

    test('that somebody else interrupts has no outcome', async () => {
      const [blocked, other] = [await session(), await session()];
      const answer = blocked.send(sql('SELECT SLEEP(1000)'), minute);
      await isRunning('SELECT SLEEP');
      await other.send(sql(`KILL QUERY ${blocked.id}`), minute);
      expect(await answer).toEqual({ is: 'lost' });
    });

    test('that the server itself ends for its length has no outcome', async () => {
      const one = await session();
      // error 1969, which no list of ours has, and SQLSTATE 70100
      expect(await one.send(sql('SET STATEMENT max_statement_time = 0.01 FOR SELECT SLEEP(1000)'), minute)).toEqual({
        is: 'lost',
      });
      expect(one.alive).toBe(false);
    });

    test.each([
      ['goes on, and is carried out when it can be', false, '1'],
      ['is not carried out any more once its connection is killed', true, '0'],
    ])('that changes something and takes too long %s: what it did is read', async (_, killed, rows) => {
      await server.administer(
        'CREATE OR REPLACE DATABASE late',
        'CREATE TABLE late.t (a INT)',
        "GRANT ALL ON late.* TO rotator@'%'",
      );
      const [holder, slow, cluster] = [await session(), await session(), await open()];
      await holder.send(sql('LOCK TABLES late.t WRITE'), minute);
      expect(await slow.send(sql('INSERT INTO late.t VALUES (1)'), 50)).toEqual({ is: 'lost' });
      if (killed) {
        await cluster.kill(slow.id);
        while ((await cluster.present([slow.id])).length > 0);
      }
      await holder.send(sql('UNLOCK TABLES'), minute);
      while ((await cluster.present([slow.id])).length > 0);
      const count = sql('SELECT COUNT(*) AS v FROM late.t');
      expect(await (await session()).send(count, minute)).toEqual({ is: 'rows', rows: [{ v: rows }] });
    });

    test('does not kill or count another user’s connections', async () => {
      const [theirs, cluster] = [await session({ ...secret, username: 'other' }), await open()];
      expect(await cluster.present([theirs.id, ...cluster.connections()])).toEqual(cluster.connections());
      await expect(cluster.kill(theirs.id)).rejects.toThrow(/^STATEMENT_REFUSED: .*KILL CONNECTION \d+ \(error 1095/);
    });

    test('may not ask for a file of this machine', async () => {
      await server.administer(
        'CREATE DATABASE files',
        'CREATE TABLE files.t (line TEXT)',
        "GRANT ALL ON files.* TO rotator@'%'",
        'SET GLOBAL local_infile = ON',
      );
      const answer = await (
        await session()
      ).send(sql(`LOAD DATA LOCAL INFILE '${__filename}' INTO TABLE files.t`), minute);
      expect(answer).toMatchObject({ is: 'refused' });
      expect(await server.administer('SELECT * FROM files.t')).toEqual([]);
    });

    test('that it does not know, says so with a number, and the secret in it is in nothing that can be printed', async () => {
      const cluster = await open();
      const link = qualified('analytics', 'lake');
      expect(await cluster.grammar({ link, type: 'S3', description: '', config: '' })).toBeNull();
      const outcome = await cluster.lanes[0]!.alter(
        {
          link,
          credentials: new Credentials('{"aws_secret_access_key":"k3y"}'),
          grammar: 'alter',
          existing: { link, type: 'S3', description: '', config: '{}' },
        },
        minute,
      );
      expect(outcome).toEqual({ is: 'refused', errno: 1064 });
      await expect(cluster.pipelines()).rejects.toThrow(/^STATEMENT_REFUSED: .*\(error 1109, SQLSTATE 42S02\)/);
      expect(inspect([outcome, cluster], { depth: 20, showHidden: true })).not.toContain('k3y');
    });

    test('in a database of any name, runs there', async () => {
      await server.administer("GRANT ALL ON *.* TO rotator@'%'");
      const one = await session();
      for (const name of ['we`ird', 'a.b', `it's "so"`, 'back\\slash', 'sel ect', 'シop', '%_?$1']) {
        await server.administer(`CREATE DATABASE \`${name.replaceAll('`', '``')}\``);
        expect(await one.send(sql('SELECT DATABASE() AS v', name), minute)).toEqual({
          is: 'rows',
          rows: [{ v: name }],
        });
      }
      await server.administer("REVOKE ALL PRIVILEGES, GRANT OPTION FROM rotator@'%'");
    });
  });

  describe('under the SQL mode', () => {
    afterAll(() => server.administer('SET GLOBAL sql_mode = DEFAULT'));
    /** Each of the first 256 characters, by itself and behind a backslash. */
    const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code, 92, code)).join('');
    const reads = (mode: string) => server.administer(`SET GLOBAL sql_mode = '${mode}'`);

    test.each([
      ...['', 'STRICT_ALL_TABLES', 'STRICT_TRANS_TABLES', 'TRADITIONAL', 'PIPES_AS_CONCAT', 'IGNORE_SPACE'],
      ...['HIGH_NOT_PRECEDENCE', 'PAD_CHAR_TO_FULL_LENGTH', 'NO_ZERO_DATE', 'EMPTY_STRING_IS_NULL'],
      ...['SIMULTANEOUS_ASSIGNMENT', 'NO_ENGINE_SUBSTITUTION', 'MYSQL40', 'ONLY_FULL_GROUP_BY'],
    ])("'%s' a literal is the text that it was made of, byte by byte", async (mode) => {
      await reads(mode);
      const one = await session();
      const value = fc.oneof(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({
          unit: fc.constantFrom('\\', "'", '"', '`', '\0', '\n', '\x1a', '?', '%', '$1', '\u{1f511}'),
          minLength: 1,
        }),
      );
      await fc.assert(
        fc.asyncProperty(value, async (text) => {
          const hex = Buffer.from(text).toString('hex').toUpperCase();
          const answer = await one.send(sql(`SELECT HEX(${literal(text)}) AS v, ${literal(text)} AS w`), minute);
          expect(answer).toEqual({ is: 'rows', rows: [{ v: hex, w: text }] });
        }),
        { numRuns: 40, examples: [[everyByte]] },
      );
    });

    test.each(['NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES', 'ANSI', 'ORACLE', 'MSSQL', 'DB2', 'POSTGRESQL', 'MAXDB'])(
      '%s nothing is sent: a text would be read otherwise than it is written',
      async (mode) => {
        await reads(mode);
        const before = await heard();
        await expect(open()).rejects.toThrow(
          /^SQL_MODE_UNSAFE: .* (NO_BACKSLASH_ESCAPES|ANSI_QUOTES): .*No credentials were sent/,
        );
        expect(new Set((await heard()).slice(before.length))).toEqual(new Set(['SELECT @@sql_mode AS mode']));
      },
    );

    test('a text of 64 KiB and one of 8 MiB arrive whole', async () => {
      await reads('');
      const one = await session();
      for (const length of [1 << 16, 1 << 23]) {
        const text = `'"\\\`${'é'.repeat(length / 2)}`;
        expect(
          await one.send(
            sql(
              `SELECT SHA2(${literal(text)}, 256) = SHA2(CONCAT('\\'"\\\\\`', REPEAT('é', ${length / 2})), 256) AS v`,
            ),
            minute,
          ),
        ).toEqual({ is: 'rows', rows: [{ v: '1' }] });
      }
    });
  });
});

const inThreeDays = Date.now() + 3 * 86_400_000;
test.each<[string, CertificateOptions, string, { readonly host?: string; readonly madeAt?: number }]>([
  ['is over', { expiresAt: Date.now() - 1_000 }, 'CERT_HAS_EXPIRED', {}],
  ['is of a time to come', {}, 'CERT_NOT_YET_VALID', { madeAt: inThreeDays }],
  ['is for a name, where an address is asked for', { hosts: ['localhost'] }, 'ERR_TLS_CERT_ALTNAME_INVALID', {}],
  ['is for another address', { hosts: ['127.0.0.2'] }, 'ERR_TLS_CERT_ALTNAME_INVALID', {}],
  ['is for another name', { hosts: ['db.example'] }, 'ERR_TLS_CERT_ALTNAME_INVALID', { host: 'localhost' }],
])(
  'a server whose certificate %s is refused, and hears of no login',
  async (_, certificate, why, { host = '127.0.0.1', madeAt }) => {
    await start(certificate, madeAt);
    const before = await logins();
    await expect(open({ ...secret, host })).rejects.toThrow(`(${why}); the password was not sent`);
    expect(await logins()).toEqual(before);
    await server.stop();
  },
);

test('a server without TLS hears of no login, unless TLS is off in the secret', async () => {
  await start(undefined);
  const before = await logins();
  await expect(open({ ...secret, tls: true })).rejects.toThrow(
    /^TLS_REFUSED: .* offers no TLS; the password was not sent/,
  );
  expect(await logins()).toEqual(before);
  await expect(open()).resolves.toBeDefined();
  expect((await logins()).length).toBe(before.length + 2);
  await server.stop();
});

describe('a server that goes down', () => {
  beforeEach(() => start({}));
  afterEach(() => server.stop());

  test.each(['in good order', 'at once'])(
    '%s leaves its statements without an outcome; a new one is found again',
    async (way) => {
      const [cluster, blocked] = [await open(), await session()];
      const answer = blocked.send(sql('SELECT SLEEP(1000)'), minute);
      await isRunning('SELECT SLEEP');
      await server.stop(way === 'at once' ? 'SIGKILL' : 'SIGTERM');
      expect(await answer).toEqual({ is: 'lost' });
      await expect(cluster.present([])).rejects.toThrow(/^CONNECTION_LOST/);
      await expect(cluster.reopen()).rejects.toThrow(/^CONNECTION_REFUSED: .*ECONNREFUSED/);
      await start({});
      await expect(open()).resolves.toBeDefined();
    },
  );

  test('by standing still is given up in time, and found again when it goes on', async () => {
    const cluster = await open();
    await server.freeze();
    expect(await cluster.lanes[0]!.stop(qualified('analytics', 'orders'), 50)).toEqual({ is: 'unknown' });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
    try {
      const opening = expect(open()).rejects.toThrow(/^CONNECTION_REFUSED: .*no answer within 10 s/);
      jest.advanceTimersByTime(10_000);
      await opening;
    } finally {
      jest.useRealTimers();
      server.thaw();
    }
    await cluster.reopen();
    expect(cluster.lanes[0]!.alive).toBe(true);
    expect(await cluster.present(cluster.connections())).toEqual(cluster.connections());
  });
});
