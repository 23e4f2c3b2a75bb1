import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Credentials } from '../../lambda/core/credentials';
import { openClusters } from '../../lambda/edge/singlestore';
import type { ConnectionSecret } from '../../lambda/ports';
import { startSingleStore, type SingleStoreStandIn } from '../standins/singlestore';
import { makeCertificates } from '../standins/singlestore/tls';

/** Who sits on the line. Each sees all that one side sends and answers both as he likes; `undefined`: he passes it on. */
interface Man {
  readonly atServers?: (chunk: Buffer, nth: number, client: Socket) => Buffer | undefined;
  readonly atClients?: (chunk: Buffer, nth: number, client: Socket) => Buffer | undefined;
}

let server: SingleStoreStandIn;
let secret: ConnectionSecret;
let heard: Buffer[];
let connections: number;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startSingleStore({ users: [{ name: 'rotator', password: 'open sesame' }] });
});
afterAll(() => server.stop());
beforeEach(() => {
  [heard, connections] = [[], 0];
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function between({ atServers, atClients }: Man): Promise<void> {
  const relay = createServer((client) => {
    connections += 1;
    const upstream = connect(server.port, server.host);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
    let [said, answered] = [0, 0];
    client.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      const passed = atClients === undefined ? chunk : atClients(chunk, (said += 1), client);
      if (passed !== undefined) upstream.write(passed);
    });
    upstream.on('data', (chunk: Buffer) => {
      const passed = atServers === undefined ? chunk : atServers(chunk, (answered += 1), client);
      if (passed !== undefined) client.write(passed);
    });
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  closing.push(async () => {
    relay.close();
    await once(relay, 'close');
  });
  const { port } = relay.address() as AddressInfo;
  secret = {
    host: '127.0.0.1',
    port,
    username: 'rotator',
    password: new Credentials('open sesame'),
    ca: server.ca,
    tls: true,
  };
}

const open = async (): Promise<string> => {
  const cluster = await openClusters({ random: () => 'f00d' }).open(secret, 0);
  await cluster.close();
  return 'opened';
};

/** Capability CLIENT_SSL, in the greeting behind header, protocol, version, connection id and the first part of the scramble. */
function withoutTls(greeting: Buffer): Buffer {
  const flags = greeting.indexOf(0, 5) + 1 + 4 + 8 + 1;
  greeting.writeUInt16LE(greeting.readUInt16LE(flags) & ~0x0800, flags);
  return greeting;
}
const hangUp = (_: Buffer, __: number, client: Socket): undefined => {
  client.destroy();
};
const from = (nth: number, act: NonNullable<Man['atClients']>): NonNullable<Man['atClients']> => {
  return (chunk, at, client) => (at < nth ? chunk : act(chunk, at, client));
};

test('a man who only listens hears no name and no password', async () => {
  await between({});
  await expect(open()).resolves.toBe('opened');
  expect(heard.length).toBeGreaterThan(3);
  expect(Buffer.concat(heard).toString('latin1')).not.toMatch(/rotator|open sesame|sql_mode/);
});

const inClear = Buffer.from('\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00', 'latin1'); // an OK packet
test.each<[string, Man, RegExp]>([
  ['takes the offer of TLS out of the greeting', { atServers: withoutTls }, /^TLS_REFUSED: .* offers no TLS/],
  [
    'answers the wish for TLS in clear text',
    { atClients: (_, __, client) => void client.write(inClear) },
    /^TLS_REFUSED: the TLS handshake .* failed/,
  ],
  ['hangs up when TLS is wished for', { atClients: hangUp }, /^(TLS|CONNECTION)_REFUSED/],
  ['hangs up at the first words of TLS', { atClients: from(2, hangUp) }, /^(TLS|CONNECTION)_REFUSED/],
  [
    'cuts the server’s part of the handshake',
    {
      atServers: from(2, (chunk, _, client) => {
        client.end(chunk.subarray(0, chunk.length >> 1));
        return undefined;
      }),
    },
    /^(TLS|CONNECTION)_REFUSED/,
  ],
  ['garbles the handshake', { atServers: from(2, (chunk) => chunk.fill(0x2a, 5)) }, /^TLS_REFUSED/],
  ['hangs up when the handshake is done', { atClients: from(3, hangUp) }, /^CONNECTION_REFUSED/],
])('a man who %s hears no name and no password, and it is not tried another way', async (_, man, error) => {
  await between(man);
  await expect(open()).rejects.toThrow(error);
  expect(connections).toBe(1);
  expect(Buffer.concat(heard).toString('latin1')).not.toMatch(/rotator|open sesame/);
  expect(server.cluster.sessions.size).toBe(0);
});

test('a server that offers no TLS is sent not a single byte', async () => {
  await between({ atServers: withoutTls });
  await expect(open()).rejects.toThrow(/^TLS_REFUSED/);
  expect(heard).toEqual([]);
});

describe('where the system trusts the authority', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roots-'));
    await writeFile(join(folder, 'roots.pem'), server.ca);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Node reads additional roots when it starts, so this takes a process of its own. */
  async function openElsewhere(ca?: string): Promise<string> {
    const { host, port } = server;
    const script = `
      const { Credentials } = require('./lambda/core/credentials');
      const { openClusters } = require('./lambda/edge/singlestore');
      const to = { ...${JSON.stringify({ host, port, username: 'rotator', tls: true, ca })}, password: new Credentials('open sesame') };
      openClusters({ random: () => 'f00d' }).open(to, 0)
        .then((cluster) => cluster.close())
        .then(() => console.log('opened'), (error) => console.log(error.message));
    `;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'roots.pem') };
    const { stdout } = await promisify(execFile)(process.execPath, ['--require', 'tsx/cjs', '--eval', script], { env });
    return stdout;
  }

  test('it suffices when there is no "ca"', async () => {
    expect(await openElsewhere()).toBe('opened\n');
  });

  test('it does not count beside another one in "ca"', async () => {
    expect(await openElsewhere((await makeCertificates()).ca)).toMatch(/^TLS_REFUSED/);
  });
});
