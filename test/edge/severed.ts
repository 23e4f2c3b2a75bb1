import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/**
 * How a connection dies over one question: `before` it reaches the server; `after` the server has done all, without an
 * answer; `within` the answer; `all`: as `after`, and every other connection of the line with it.
 */
export const ways = ['before', 'after', 'within', 'all'] as const;
export type Way = (typeof ways)[number];

/** An answer that does not arrive whole; a number: after so many bytes. */
type Break = Exclude<Way, 'before'> | number;

export interface Line {
  readonly port: number;
  /** What becomes of the next answer on the connection to which the server has given this number. */
  breakAtAnswer(connectionId: number, at: Break): void;
  /** The answer that was to break, as much of it as the server has sent. */
  readonly answer: Buffer;
  close(): Promise<void>;
}

/** The parts of a login: 0 is the greeting, the others are what the client sends. */
export interface Logins {
  readonly isOver: (connectionId: number) => boolean;
  readonly onPart: (part: number) => Way | undefined;
}

/** A line to a server, with or without TLS, that breaks on command. */
export async function lineTo(
  server: { readonly host: string; readonly port: number },
  { isOver, onPart }: Logins = { isOver: () => true, onPart: () => undefined },
): Promise<Line> {
  const ends = new Set<() => void>();
  const breaks = new Map<number, Break>();
  let answer = Buffer.alloc(0);
  const relay = createServer((client) => {
    const upstream = connect(server.port, server.host);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      ends.delete(end);
    };
    ends.add(end);
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('close', end).on('error', end);
    let id: number | undefined;
    let parts = 0;
    let left: number | undefined;
    client.on('data', (chunk: Buffer) => {
      const way = id === undefined || isOver(id) ? undefined : onPart((parts += 1));
      if (way === 'before') end();
      else upstream.write(chunk);
      if (id !== undefined && way !== undefined && way !== 'before') breaks.set(id, way);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (id === undefined) {
        id = chunk.readUInt32LE(chunk.indexOf(0, 5) + 1); // behind the header, the protocol's number and the version
        const way = onPart(0);
        if (way !== undefined) breaks.set(id, way === 'before' ? 'after' : way);
      }
      const at = breaks.get(id);
      if (at !== undefined) {
        breaks.delete(id);
        answer = Buffer.alloc(0);
        left = at === 'within' ? chunk.length >> 1 : typeof at === 'number' ? at : 0;
        if (at === 'all') for (const each of ends) each();
      }
      if (left === undefined) {
        client.write(chunk);
        return;
      }
      answer = Buffer.concat([answer, chunk]);
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (left > 0 || part.length === chunk.length) client.write(part);
      else client.end(part);
    });
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    breakAtAnswer: (connectionId, at) => breaks.set(connectionId, at),
    get answer() {
      return answer;
    },
    async close() {
      for (const end of ends) end();
      relay.close();
      await once(relay, 'close');
    },
  };
}

/** Where an answer may be cut: before and within its first packet, and around the border of any two. */
export function placesIn(answer: Buffer): number[] {
  const places = new Set([0, 1]);
  for (let at = 0; at < answer.length; at += 4 + answer.readUIntLE(at, 3)) {
    for (const place of [at - 1, at, at + 4]) if (place >= 0 && place < answer.length) places.add(place);
  }
  return [...places.add(answer.length - 1)];
}
