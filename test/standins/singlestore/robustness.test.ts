import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import * as mysql from 'mysql2/promise';
import { startSingleStore, type SingleStoreStandIn } from './index';
import { frame, LARGEST_FRAME, PacketReader } from './packet';

jest.setTimeout(60_000); // half a gigabyte, and 500 TLS handshakes on both sides of one machine

let server: SingleStoreStandIn;
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = await startSingleStore();
  const { host, port, ca } = server;
  login = { host, port, user: 'root', password: 'password', ssl: { ca } };
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});
afterAll(() => server.stop());

let login: mysql.ConnectionOptions;

/** That a client can log in and ask is all that counts, whatever others do. */
async function serves(): Promise<boolean> {
  const client = await mysql.createConnection(login);
  const [rows] = await client.query('SELECT 1 AS one');
  await client.end();
  return JSON.stringify(rows) === '[{"one":1}]';
}

/** A client that goes on sending though the server has said its last word. */
async function dial(): Promise<Socket> {
  const { host, port } = server;
  const socket = connect({ host, port, allowHalfOpen: true }).on('error', () => undefined);
  sockets.add(socket);
  await once(socket, 'data'); // the greeting
  return socket;
}

/** The errors that the server has told this client before it hung up. */
async function errorsUntilClosed(socket: Socket): Promise<number[]> {
  const reader = new PacketReader(1 << 20);
  const errors: number[] = [];
  socket.on('data', (chunk: Buffer) => {
    errors.push(...reader.push(chunk).map(({ payload }) => payload.readUInt16LE(1)));
  });
  await once(socket, 'close');
  return errors;
}

const flags = Buffer.from('0d820800', 'hex'); // 4.1, a password's proof, a plug-in, a database
const asks = (user: string): Buffer => Buffer.concat([flags, Buffer.alloc(28), Buffer.from(`${user}\0\0\0`)]);
const packet = (payload: Buffer, sequence: number): Buffer => Buffer.concat(frame(payload, sequence));

test('whatever bytes come instead of a login, and however they are cut, others are served', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((noise) => Buffer.from(noise)),
    fc.uint8Array({ maxLength: 100 }).map((noise) => packet(Buffer.concat([flags, Buffer.from(noise)]), 1)),
    fc.uint8Array({ maxLength: 300 }).map((noise) => packet(Buffer.concat([asks('root'), Buffer.from(noise)]), 1)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.nat(300), async (sent, cut) => {
      const socket = await dial();
      socket.write(sent.subarray(0, cut));
      socket.end(sent.subarray(cut));
      await once(socket.resume(), 'close');
    }),
    { numRuns: 200 },
  );
  expect(await serves()).toBe(true);
});

test('whatever commands come after a login, others are served', async () => {
  await server.execute("CREATE USER 'open'@'%' IDENTIFIED BY ''");
  await fc.assert(
    fc.asyncProperty(fc.nat(255), fc.uint8Array({ maxLength: 60 }), async (code, noise) => {
      const socket = await dial();
      socket.write(packet(asks('open'), 1));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer[4]).toBe(0); // OK
      socket.end(packet(Buffer.concat([Buffer.of(code), Buffer.from(noise)]), 0));
      await once(socket.resume(), 'close');
    }),
    { numRuns: 200 },
  );
  expect(await serves()).toBe(true);
});

test('a packet beyond max_allowed_packet is refused before it has come, and nothing of it is kept', async () => {
  const socket = await dial();
  const heard = errorsUntilClosed(socket);
  const part = Buffer.alloc(LARGEST_FRAME);
  const frames = 30;
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < frames; at++) {
    socket.write(Buffer.of(0xff, 0xff, 0xff, 1 + at));
    if (!socket.write(part)) await once(socket, 'drain');
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan((frames / 2) * LARGEST_FRAME);
  socket.end();
  expect(await heard).toEqual([1153]);
  expect(await serves()).toBe(true);
});

test('clients that fall silent at any point hold up nobody', async () => {
  const tls = Buffer.concat([Buffer.from('0d8a0800', 'hex'), Buffer.alloc(28)]);
  const hello = packet(asks('root'), 1);
  for (const said of [
    [],
    hello.subarray(0, 3),
    hello.subarray(0, 20),
    packet(tls, 1),
    [packet(tls, 1), Buffer.of(22, 3, 1)],
  ])
    for (let i = 0; i < 20; i++) {
      const socket = await dial();
      for (const piece of [said].flat()) socket.write(piece);
    }
  expect(await serves()).toBe(true);
});

test('a client that has said its last word and only listens is let go', async () => {
  for (const said of [Buffer.alloc(0), packet(asks('root'), 1).subarray(0, 9)]) {
    const socket = await dial();
    socket.end(said);
    await once(socket.resume(), 'close');
  }
  expect(await serves()).toBe(true);
});

test('clients that vanish while their statements run take nothing with them', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => mysql.createConnection(login)));
  for (const client of clients) {
    client.query(`SELECT '${'x'.repeat(1 << 20)}' AS x`).catch(() => undefined);
    client.destroy();
  }
  expect(await serves()).toBe(true);
  while (server.cluster.sessions.size > 0) await new Promise(setImmediate);
});

test('500 connections at once are all served, and all gone afterwards', async () => {
  const clients = await Promise.all(Array.from({ length: 500 }, () => mysql.createConnection(login)));
  expect(server.cluster.sessions.size).toBe(500);
  const ids = await Promise.all(
    clients.map(async (client) => {
      const [rows] = await client.query<mysql.RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
      return rows[0]!['id'] as number;
    }),
  );
  expect(new Set(ids).size).toBe(500);
  await Promise.all(clients.map((client) => client.end()));
  while (server.cluster.sessions.size > 0) await new Promise(setImmediate);
});
