import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

export interface Line {
  readonly port: number;
  /** The next answer to a statement like this is cut off after so many bytes, and the connection with it. */
  sever(statement: RegExp, afterBytes: number): void;
  /** The answer to the last statement for which {@link sever} was called, as much of it as the server has sent. */
  readonly answer: Buffer;
  close(): Promise<void>;
}

/** A line to a server without TLS that breaks in the middle of an answer: the server has done all, its client hears a part. */
export async function lineTo(server: { readonly host: string; readonly port: number }): Promise<Line> {
  let next: { readonly statement: RegExp; readonly afterBytes: number } | undefined;
  let answer = Buffer.alloc(0);
  const relay = createServer((client) => {
    const upstream = connect(server.port, server.host);
    let left: number | undefined;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on('close', end).on('error', end);
    upstream.on('close', end).on('error', end);
    client.on('data', (chunk: Buffer) => {
      if (next?.statement.test(chunk.toString('latin1')) === true) {
        left = next.afterBytes;
        answer = Buffer.alloc(0);
        next = undefined;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
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
    sever: (statement, afterBytes) => (next = { statement, afterBytes }),
    get answer() {
      return answer;
    },
    async close() {
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
