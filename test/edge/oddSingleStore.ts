import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { Credentials } from '../../lambda/core/credentials';
import type { ConnectionSecret } from '../../lambda/ports';
import { encodeGreeting, encodeReply } from '../standins/singlestore/encode';
import { errorReply, ok, type FinalReply } from '../standins/singlestore/reply';
import { makeCertificates, type CertificateOptions } from '../standins/singlestore/tls';

export const refused = (errno: number, sqlState = 'HY000') => errorReply(errno, sqlState, 'the text of the server');

/** Rows whose columns are all text; a column called CONFIG is of type JSON on the wire. */
export const rows = (columns: readonly string[], ...values: readonly (readonly (string | null)[])[]): FinalReply => ({
  type: 'rows',
  columns: columns.map((name) => ({ name, type: 'text' })),
  rows: values,
});

export interface OddOptions {
  /** Default false. Otherwise with a certificate for 127.0.0.1 and localhost, or as described. */
  readonly tls?: boolean | CertificateOptions;
  /** When the certificates are made, from now. Default 0. */
  readonly inDays?: number;
  /** What follows the login: a reply, raw packets, or nothing at all. */
  readonly login?: FinalReply | readonly Buffer[] | 'silence';
  readonly greeting?: FinalReply | 'silence';
  /** Answers a statement; `undefined`: as an ordinary server would. */
  readonly answer?: (sql: string, connectionId: number) => FinalReply | 'silence' | 'hang up' | undefined;
}

const running: (() => Promise<void>)[] = [];
export async function closeOdd(): Promise<void> {
  for (const stop of running.splice(0)) await stop();
}

/**
 * A server on all addresses of this machine that speaks the protocol and otherwise does what a test wants of it.
 */
export async function oddSingleStore({
  tls: offer = false,
  inDays = 0,
  login = ok,
  greeting,
  answer,
}: OddOptions = {}) {
  const tls = offer !== false;
  const then = Date.now() + inDays * 86_400_000;
  const making = jest.spyOn(Date, 'now').mockReturnValue(then);
  const certificates = await makeCertificates(typeof offer === 'object' ? offer : {});
  making.mockRestore();
  const secureContext = createSecureContext(certificates);
  const sockets = new Set<Socket>();
  const logins: Buffer[] = [];
  const statements: string[] = [];
  let ids = 0;

  const serve = (first: Socket, id: number): void => {
    const send = (socket: Socket, payloads: readonly Buffer[], sequence: number): void => {
      socket.write(
        Buffer.concat(payloads.flatMap((of, i) => [Buffer.of(of.length & 255, of.length >> 8, 0, sequence + i), of])),
      );
    };
    const converse = (socket: Socket): void => {
      let received = Buffer.alloc(0);
      let loggedIn = false;
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        if (socket !== first) logins.push(chunk);
        received = Buffer.concat([received, chunk]);
        while (received.length >= 4 && received.length >= 4 + received.readUIntLE(0, 3)) {
          const length = 4 + received.readUIntLE(0, 3);
          const sequence = received.readUInt8(3);
          const payload = received.subarray(4, length);
          received = received.subarray(length);
          const asksForTls = payload.length === 32 && socket === first;
          if (asksForTls) {
            first.pause().removeAllListeners('data').unshift(received);
            converse(new TLSSocket(first, { isServer: true, secureContext }));
            return;
          }
          if (!loggedIn) {
            if (socket === first) logins.push(payload);
            loggedIn = true;
            if (login !== 'silence') send(socket, 'type' in login ? encodeReply(login) : login, sequence + 1);
            continue;
          }
          if (payload[0] !== 3) {
            socket.end();
            continue;
          }
          const sql = payload.subarray(1).toString();
          statements.push(sql);
          const reply = answer?.(sql, id) ?? (sql.includes('sql_mode') ? rows(['mode'], ['STRICT_ALL_TABLES']) : ok);
          if (reply === 'hang up') socket.destroy();
          else if (reply !== 'silence') send(socket, typed(encodeReply(reply), reply), sequence + 1);
        }
      });
    };
    converse(first);
    if (greeting !== 'silence')
      send(first, greeting ? encodeReply(greeting) : [encodeGreeting(id, Buffer.alloc(20, 'scramble'), tls)], 0);
  };

  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    serve(socket, (ids += 1));
  }).listen(0);
  await once(server, 'listening');
  running.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const secret: ConnectionSecret = {
    host: '127.0.0.1',
    port,
    username: 'rotator',
    password: new Credentials('open sesame'),
    ca: certificates.ca,
    tls,
  };
  /** `logins`: what clients sent after the greeting, or after the TLS handshake. */
  return { secret, sockets, logins, statements, connected: () => once(server, 'connection') };
}

/** The type of a column is six bytes before the end of its definition. */
function typed(packets: Buffer[], reply: FinalReply): Buffer[] {
  const json = reply.type === 'rows' ? reply.columns.findIndex(({ name }) => name === 'CONFIG') : -1;
  if (json >= 0) packets[1 + json]!.writeUInt8(0xf5, packets[1 + json]!.length - 6);
  return packets;
}
