import { connect } from 'node:net';
import * as mariadb from 'mariadb';
import * as mysql from 'mysql2/promise';
import { startSingleStore } from './index';
import type { SingleStoreOptions, SingleStoreStandIn, Verdict } from './index';
import { PacketReader } from './packet';

type Row = Record<string, unknown>;

/** Two clients that have no code in common with the server, nor with each other. */
interface Client {
  query(sql: string): Promise<Row[]>;
  end(): Promise<void>;
}
interface Login {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly tls?: boolean;
}

/** Both drivers take the same words. */
const options = ({ host, port, ca }: SingleStoreStandIn, { tls = true, ...login }: Login = {}) => ({
  host,
  port,
  user: 'root',
  password: 'password',
  ...login,
  ...(tls ? { ssl: { ca, rejectUnauthorized: true } } : {}),
});

const clients: Record<string, (server: SingleStoreStandIn, login?: Login) => Promise<Client>> = {
  mysql2: async (server, login) => {
    const connection = await mysql.createConnection(options(server, login));
    connection.on('error', () => undefined); // a connection killed between two statements
    return { query: async (sql) => (await connection.query(sql))[0] as Row[], end: () => connection.end() };
  },
  mariadb: async (server, login) => {
    const connection = await mariadb.createConnection(options(server, login));
    connection.on('error', () => undefined);
    return { query: (sql) => connection.query(sql), end: () => connection.end() };
  },
};

const servers: SingleStoreStandIn[] = [];
async function start(options: SingleStoreOptions = {}): Promise<SingleStoreStandIn> {
  const server = await startSingleStore(options);
  servers.push(server);
  await server.execute('CREATE DATABASE db');
  await server.execute('CREATE TABLE db.t (line TEXT)');
  await server.execute(`CREATE LINK db.lake AS S3 CREDENTIALS '{"aws_access_key_id":"a"}'`);
  await server.execute("CREATE PIPELINE db.orders AS LOAD DATA LINK lake 'bucket/orders' INTO TABLE t");
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe.each(Object.keys(clients))('with the client %s', (name) => {
  const open = clients[name]!;

  test('the examples of the ALTER LINK page give the outputs of the page', async () => {
    const client = await open(await start(), { database: 'db' });
    await client.query(`CREATE LINK analytics_link AS S3
CONFIG '{"disable_gunzip":false}'
CREDENTIALS '{"aws_access_key_id":"initial_key_id",
"aws_secret_access_key":"initial_secret"}';`);
    const configs: string[] = [];
    for (const clauses of [
      'SET CONFIG ::region = "us-east-1";',
      "SET CONFIG ::region = 'us-west-2';",
      `SET CONFIG '{"region":"eu-central-1","disable_gunzip":true}';`,
      `SET CREDENTIALS ::aws_access_key_id = 'rotated_key_id';`,
      `SET CREDENTIALS '{"aws_access_key_id":"final_key_id","aws_secret_access_key":"final_secret"}';`,
      `SET CONFIG '{"region":"eu-central-1","disable_gunzip":true}'
       SET CREDENTIALS '{"aws_access_key_id":"final_key_id","aws_secret_access_key":"final_secret"}';`,
    ]) {
      await client.query(`ALTER LINK analytics_link\n${clauses}`);
      const [row] = await client.query('SHOW CREATE LINK analytics_link');
      expect(row!['Link Name']).toBe('analytics_link');
      configs.push(
        /^CREATE LINK `analytics_link` AS S3 CONFIG "(.*)" CREDENTIALS <CREDENTIALS REDACTED>$/.exec(
          row!['Create Link'] as string,
        )![1]!,
      );
    }
    const third = String.raw`{\"region\":\"eu-central-1\",\"disable_gunzip\":true}`;
    expect(configs).toEqual([
      String.raw`{\"disable_gunzip\":false,\"region\":\"us-east-1\"}`,
      String.raw`{\"disable_gunzip\":false,\"region\":\"us-west-2\"}`,
      third,
      third,
      third,
      third,
    ]);
    expect(servers[0]!.link('db', 'analytics_link')!.credentials).toEqual({
      aws_access_key_id: 'final_key_id',
      aws_secret_access_key: 'final_secret',
    });
    await client.end();
  });

  test('wrong password, unknown user and missing TLS are refused with 1045, an unknown database with 1049', async () => {
    const server = await start();
    await server.execute("CREATE USER 'ann'@'%' IDENTIFIED BY 'pw' REQUIRE SSL");
    const denied = { errno: 1045, sqlState: '28000' };
    await expect(open(server, { password: 'wrong' })).rejects.toMatchObject(denied);
    await expect(open(server, { user: 'bob' })).rejects.toMatchObject(denied);
    await expect(open(server, { user: 'ann', password: 'pw', tls: false })).rejects.toMatchObject(denied);
    await expect(open(server, { database: 'nope' })).rejects.toMatchObject({ errno: 1049 });
    for (const login of [{ user: 'ann', password: 'pw' }, { tls: false }, { database: 'information_schema' }]) {
      await (await open(server, login)).end();
    }
    await until(() => server.cluster.sessions.size === 0);
  });

  test('a certificate of an authority that is not trusted is not talked to', async () => {
    const [server, other] = [await start(), await start()];
    await expect(open({ ...server, port: server.port, ca: other.ca })).rejects.toThrow(/certificate|self.signed/i);
  });

  test('errors carry number, SQLSTATE and text', async () => {
    const client = await open(await start());
    await client.query('START PIPELINE db.orders');
    await expect(client.query(`ALTER LINK db.lake SET CREDENTIALS '{}'`)).rejects.toMatchObject({
      errno: 2470,
      sqlState: 'HY000',
      message: expect.stringContaining(
        'Cannot alter link `db`.`lake` because pipeline `db`.`orders` is running',
      ) as string,
    });
    await expect(client.query('PAUSE PIPELINE db.orders')).rejects.toMatchObject({
      errno: 1064,
      sqlState: '42000',
      message: expect.stringContaining("near 'PAUSE PIPELINE db.orders' at line 1") as string,
    });
    await client.end();
  });

  test('results of many rows and of 17 MB arrive whole', async () => {
    const server = await start();
    const client = await open(server);
    const long = 'x'.repeat(17_000_000);
    expect(await client.query(`SELECT '${long}' AS x, NULL AS n, 1 AS one`)).toEqual([
      { x: long, n: null, one: expect.anything() as unknown },
    ]);
    for (let i = 0; i < 1000; i++) await server.execute(`CREATE LINK db.l${i} AS S3 CREDENTIALS '{}'`);
    expect(await client.query('SHOW LINKS ON db')).toHaveLength(1001);
    await client.end();
  });

  test('a killed connection is gone from the process list and its client is told nothing', async () => {
    const server = await start();
    const [victim, other] = [await open(server), await open(server)];
    const [row] = await victim.query('SELECT CONNECTION_ID() AS id');
    await other.query(`KILL CONNECTION ${String(row!['id'])}`);
    expect(await other.query('SHOW PROCESSLIST')).toHaveLength(1);
    await expect(victim.query('SELECT 1')).rejects.toThrow();
    await expect(other.query('KILL 424242')).rejects.toMatchObject({ errno: 1094 });
    await other.end();
  });
});

describe('the server', () => {
  const open = clients['mysql2']!;

  test.each([
    ['withdrawn', 'Running'],
    ['goes-on', 'Stopped'],
  ] as const)('KILL frees a STOP that waits for its batch; the stop is %s', async (killedStop, state) => {
    let end: (() => void) | undefined;
    const empty = { objects: [] } as const;
    let reads = 0;
    const read = () =>
      new Promise<typeof empty>((resolve) => {
        if (reads++ === 0)
          resolve(empty); // CREATE PIPELINE's own look; the batch after it waits
        else {
          end = () => {
            resolve(empty);
          };
        }
      });
    const server = await startSingleStore({ killedStop, read });
    servers.push(server);
    await server.execute('CREATE DATABASE db');
    await server.execute('CREATE TABLE db.t (line TEXT)');
    await server.execute(`CREATE LINK db.lake AS S3 CREDENTIALS '{}'`);
    await server.execute("CREATE PIPELINE db.orders AS LOAD DATA LINK lake 'x' INTO TABLE t");
    await server.execute('START PIPELINE db.orders');
    await until(() => end !== undefined);
    const [victim, other] = [await open(server), await open(server)];
    const [row] = await victim.query('SELECT CONNECTION_ID() AS id');
    const stop = victim.query('STOP PIPELINE db.orders').then(
      () => 'ok',
      () => 'lost',
    );
    await until(() => server.statements.at(-1)!.kind === 'stop-pipeline');
    const [blocked] = await other.query("SELECT INFO FROM information_schema.PROCESSLIST WHERE INFO LIKE 'STOP%'");
    expect(blocked).toEqual({ INFO: 'STOP PIPELINE db.orders' });
    await other.query(`KILL ${String(row!['id'])}`);
    expect(await stop).toBe('lost');
    end!();
    await other.query('SELECT 1');
    expect(server.pipeline('db', 'orders')!.state).toBe(state);
    expect(server.statements.find(({ kind }) => kind === 'stop-pipeline')).toMatchObject({ outcome: 'killed' });
    await other.end();
  });

  test('a client that hangs up does not take back the STOP it sent', async () => {
    const server = await start({ batchMs: 50 });
    const { host, port, ca } = server;
    const connection = await mysql.createConnection({ host, port, user: 'root', password: 'password', ssl: { ca } });
    await server.execute('START PIPELINE db.orders');
    await until(() => server.pipeline('db', 'orders')!.run?.batchId !== undefined);
    connection.query('STOP PIPELINE db.orders').catch(() => undefined);
    await until(() => server.statements.at(-1)?.kind === 'stop-pipeline');
    connection.destroy();
    expect(server.cluster.sessions.size).toBe(1); // still in the process list
    await until(() => server.pipeline('db', 'orders')!.state === 'Stopped');
    await until(() => server.cluster.sessions.size === 0);
  });

  test('KILL QUERY interrupts and leaves the connection', async () => {
    const server = await start({ batchMs: 10_000 });
    const [victim, other] = [await open(server), await open(server)];
    await server.execute('START PIPELINE db.orders');
    await until(() => server.pipeline('db', 'orders')!.run?.batchId !== undefined);
    const [row] = await victim.query('SELECT CONNECTION_ID() AS id');
    const stop = victim.query('STOP PIPELINE db.orders');
    await until(() => server.statements.at(-1)!.kind === 'stop-pipeline');
    await Promise.all([
      expect(stop).rejects.toMatchObject({ errno: 1317, sqlState: '70100' }),
      other.query(`KILL QUERY ${String(row!['id'])}`),
    ]);
    expect(await victim.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await Promise.all([victim.end(), other.end()]);
  });

  test.each([
    [true, "Feature 'Audit logging with binary protocol' is not supported by SingleStore."],
    [false, 'This command is not supported in the prepared statement protocol yet'],
  ])('prepared statements are refused (audit logging %s)', async (auditLogging, message) => {
    const { host, port, ca } = await start({ auditLogging });
    const connection = await mysql.createConnection({ host, port, user: 'root', password: 'password', ssl: { ca } });
    await expect(connection.execute('SELECT 1')).rejects.toMatchObject({ message });
    expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    await connection.changeUser({ user: 'root' }).catch((error: unknown) => error);
    connection.destroy();
  });

  test('every statement is recorded, and whether it could be parsed; set-up is not', async () => {
    const server = await start({ version: '9.0' });
    const client = await open(server, { database: 'db' });
    await client.query('SHOW PIPELINES');
    await client.query(`ALTER LINK lake SET CREDENTIALS '{}'`).catch(() => undefined);
    expect(server.statements).toMatchObject([
      {
        user: 'root',
        sql: 'SHOW PIPELINES',
        parsed: true,
        kind: 'show-pipelines',
        outcome: 'ok',
        ms: expect.any(Number) as number,
      },
      { parsed: false, kind: 'unparsed', outcome: 'error 1064' },
    ]);
    await client.query('USE db');
    await server.execute('START PIPELINE db.orders');
    await client.query('STOP PIPELINE orders');
    expect(server.transitions.map(({ pipeline, from, to }) => [pipeline, from, to])).toEqual([
      ['orders', 'Stopped', 'Running'],
      ['orders', 'Running', 'Stopped'],
    ]);
    await client.end();
  });

  test.each<[Verdict, string, string | undefined]>([
    ['ok', 'ok', 'Running'],
    ['drop-before', 'lost', 'Stopped'],
    ['drop-after', 'lost', 'Running'],
    [{ errno: 1205, sqlState: 'HY000', message: 'Lock wait timeout' }, '1205', 'Stopped'],
    [{ delayMs: 20 }, 'ok', 'Running'],
  ])('a statement with the verdict %j', async (verdict, heard, state) => {
    const seen: string[] = [];
    const server = await start({
      onStatement: ({ normalized }) => {
        seen.push(normalized);
        return normalized.startsWith('START') ? verdict : 'ok';
      },
    });
    const client = await open(server);
    const reply = await client.query('START /* x */ PIPELINE db . `orders`').then(
      () => 'ok',
      (error: unknown) => {
        const { errno = 0 } = error as { errno?: number };
        return errno > 0 ? String(errno) : 'lost';
      },
    );
    expect(reply).toBe(heard);
    expect(seen).toEqual(['START PIPELINE db . `orders`']);
    expect(server.pipeline('db', 'orders')!.state).toBe(state);
    await client.end().catch(() => undefined);
  });

  test('malformed bytes end their connection and nothing else', async () => {
    const server = await start();
    const client = await open(server);
    const login = Buffer.concat([
      Buffer.from('0882 2a00 00000001 2d'.replaceAll(' ', ''), 'hex'),
      Buffer.alloc(23),
      Buffer.from('root\0'),
    ]);
    const packet = (payload: Buffer, sequence = 1) =>
      Buffer.concat([Buffer.of(payload.length & 0xff, payload.length >> 8, 0, sequence), payload]);
    const tls = Buffer.concat([Buffer.from('088a2a00000000012d', 'hex'), Buffer.alloc(23)]);
    const garbage: [Buffer, number | undefined][] = [
      [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), undefined], // a packet whose rest is waited for
      [Buffer.alloc(100_000, 0xff), undefined],
      [packet(Buffer.alloc(0)), 1835],
      [packet(login), 1835], // its token is missing
      [packet(login.subarray(0, 20)), 1835],
      [packet(Buffer.concat([login, Buffer.of(0)]), 9), 1156],
      [Buffer.concat([packet(tls), Buffer.from('not a TLS handshake, but long enough to be looked at')]), undefined],
    ];
    for (const [bytes, errno] of garbage) {
      const socket = connect(server.port, '127.0.0.1');
      const reader = new PacketReader(1 << 20);
      const replies: Buffer[] = [];
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => replies.push(...reader.push(chunk as Buffer).map(({ payload }) => payload)));
      socket.write(bytes);
      const timer = setTimeout(() => socket.destroy(), 100);
      await new Promise((resolve) => socket.on('close', resolve));
      clearTimeout(timer);
      expect(replies.slice(1).map((reply) => reply.readUInt16LE(1))).toEqual(errno === undefined ? [] : [errno]);
    }
    expect(await client.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await client.end();
  });

  test('a thousand pipelines are created, started and stopped in moments', async () => {
    const server = await start({ batchMs: 60_000 });
    const client = await open(server, { database: 'db' });
    const began = performance.now();
    for (let i = 0; i < 1000; i++) {
      await client.query(`CREATE PIPELINE p${i} AS LOAD DATA LINK lake 'b/${i}' INTO TABLE t`);
    }
    for (let i = 0; i < 1000; i++) await client.query(`START PIPELINE p${i}`);
    await server.execute('DROP PIPELINE db.orders');
    server.update((cluster) => ({ ...cluster, settings: { ...cluster.settings, stopMode: 'cancel' } }));
    for (let i = 0; i < 1000; i++) await client.query(`STOP PIPELINE IF RUNNING p${i}`);
    const ms = performance.now() - began;
    expect(await client.query('SELECT STATE, COUNT(*) AS n FROM information_schema.PIPELINES GROUP BY STATE')).toEqual([
      { STATE: 'Stopped', n: 1000 },
    ]);
    expect(ms).toBeLessThan(6000);
    const worked = server.statements.reduce((sum, { ms: spent = 0 }) => sum + spent, 0) / server.statements.length;
    expect(worked).toBeLessThan(0.5);
    await client.end();
  });
});
