import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as mariadb from 'mariadb';
import { pageExamples, pageLink } from '../singlestore/page';
import { readShown } from '../singlestore/shown';
import { startSingleStore, type SingleStoreStandIn } from '../standins/singlestore';
import { runClient } from './mariadbClient';

/*
 * Whatever others do to the stand-in, MariaDB's command-line client gets the page's answers from it over TLS: while they
 * do it, and afterwards.
 */

let server: SingleStoreStandIn;
let folder: string;
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = await startSingleStore();
  await server.execute('CREATE DATABASE analytics');
  folder = await mkdtemp(join(tmpdir(), 'abuse-'));
  await writeFile(join(folder, 'ca.pem'), server.ca);
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Plays the whole page through the client, on a link of its own. */
async function playsThePage(name: string): Promise<void> {
  const named = (sql: string) => sql.replaceAll('analytics_link', name);
  const shown = `SHOW CREATE LINK ${name}\\G\n`;
  const script = [pageLink, ...pageExamples.map(({ statement }) => `${statement}\n${shown}`)].map(named).join('\n');
  const tls = [`--ssl-ca=${join(folder, 'ca.pem')}`, '--ssl-verify-server-cert'];
  const { status, output, errors } = await runClient(server.port, 'password', script, [
    '--user=root',
    '--database=analytics',
    ...tls,
  ]);
  expect([status, errors]).toEqual([0, '']);
  const texts = [...output.matchAll(/^Create Link: (.*)$/gm)].map(([, text]) => readShown(text!));
  expect(texts).toEqual(pageExamples.map((example) => readShown(named(example.shown))));
}

/** A socket that has heard the greeting and will go on sending whatever it is told. */
async function dial(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: server.port, allowHalfOpen: true });
  sockets.add(socket.on('error', () => undefined));
  await once(socket, 'data');
  return socket.resume();
}

const packet = (payload: Buffer, sequence: number): Buffer =>
  Buffer.concat([Buffer.of(payload.length & 255, payload.length >> 8, 0, sequence), payload]);
/** The flags of protocol 4.1, of a password's proof, a plug-in and a database; with SSL it asks for TLS. */
const asks = (tls: boolean): Buffer => Buffer.concat([Buffer.of(0x0d, tls ? 0x8a : 0x82, 8, 0), Buffer.alloc(28)]);

const abuses: readonly (readonly [what: string, count: number, abuse: (socket: Socket) => void])[] = [
  ['noise instead of a login', 50, (socket) => socket.end(randomBytes(300))],
  ['a login full of noise', 50, (socket) => socket.end(packet(Buffer.concat([asks(false), randomBytes(60)]), 1))],
  ['a login cut short', 50, (socket) => socket.end(packet(asks(false), 1).subarray(0, 20))],
  [
    'noise instead of a TLS handshake',
    50,
    (socket) => socket.end(Buffer.concat([packet(asks(true), 1), randomBytes(99)])),
  ],
  [
    'packets out of order',
    50,
    (socket) => socket.end(packet(Buffer.concat([asks(false), Buffer.from('root\0\0\0')]), 9)),
  ],
  [
    'a packet without end',
    3,
    (socket) => {
      for (let at = 0; at < 10; at++)
        socket.write(Buffer.concat([Buffer.of(255, 255, 255, 1 + at), Buffer.alloc(0xffffff)]));
    },
  ],
  ['silence after the greeting', 100, () => undefined],
  ['silence in the middle of a login', 100, (socket) => socket.write(packet(asks(false), 1).subarray(0, 9))],
  ['silence in the middle of a TLS handshake', 100, (socket) => socket.write(packet(asks(true), 1))],
  ['a hang-up that is only half of one', 100, (socket) => socket.end()],
];

test.each(abuses)('%s, %i times: the client gets the answers of the page', async (what, count, abuse) => {
  const name = `link_${abuses.findIndex(([other]) => other === what)}`;
  const abused = Promise.all(
    Array.from({ length: count }, async () => {
      abuse(await dial());
    }),
  );
  await playsThePage(`${name}_meanwhile`);
  await abused;
  await playsThePage(`${name}_afterwards`);
});

test('500 connections at once over TLS, all at work: the client gets the answers of the page', async () => {
  const { host, port, ca } = server;
  const login = { host, port, user: 'root', password: 'password', ssl: { ca }, connectTimeout: 60_000 };
  const connections = await Promise.all(Array.from({ length: 500 }, () => mariadb.createConnection(login)));
  const working = connections.map((connection) => connection.query('SELECT CONNECTION_ID() AS id'));
  await playsThePage('link_500');
  const ids = (await Promise.all(working)).map((rows: { id: number | bigint }[]) => String(rows[0]!.id));
  expect(new Set(ids).size).toBe(500);
  expect(server.cluster.sessions.size).toBe(500);
  await Promise.all(connections.map((connection) => connection.end()));
  await playsThePage('link_0');
});

test('40 of the clients at once: each gets the answers of the page', async () => {
  await Promise.all(Array.from({ length: 40 }, (_, at) => playsThePage(`link_of_${at}`)));
});
