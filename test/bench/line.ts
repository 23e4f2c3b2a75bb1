import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { spreadOf } from './figures';

export interface Line {
  readonly port: number;
  /** From now on nothing is delivered, either way; nobody is told. */
  silence(): void;
  close(): Promise<void>;
}

/** How long each of some round trips takes over a line to a server that answers at once. Milliseconds. */
export async function tripsOver(
  line: (server: { readonly port: number }) => Promise<Line>,
): Promise<readonly number[]> {
  const server = createServer((socket) => socket.setNoDelay(true).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const between = await line(server.address() as AddressInfo);
  const socket = connect(between.port, '127.0.0.1').setNoDelay(true);
  const trips: number[] = [];
  for (let round = 0; round < 100; round += 1) {
    const began = performance.now();
    socket.write('?');
    await once(socket, 'data');
    trips.push(performance.now() - began);
  }
  socket.destroy();
  await between.close();
  server.close();
  return trips;
}

/** What a relay itself takes on the way there and back differs between machines, so it is measured once: the median, and at most 1.2 ms, because a busy machine would make lines too short. */
const ownMs = async (): Promise<number> => {
  const delayMs = 10;
  const { median } = spreadOf(await tripsOver((server) => relayTo(server, delayMs)));
  return Math.min(1.2, median - delayMs);
};
let own: Promise<number> | undefined;

/**
 * A TCP line on which every answer arrives so many milliseconds after it was sent; questions arrive at once. A round trip takes as
 * long as if both directions shared the delay, and is disturbed by one timer instead of two. It runs in a thread of its own: what
 * server and account have to do meanwhile is not the line's time.
 */
export async function lineTo(server: { readonly port: number }, roundTripMs: number): Promise<Line> {
  return relayTo(server, roundTripMs - (await (own ??= ownMs())));
}

async function relayTo({ port: to }: { readonly port: number }, delayMs: number): Promise<Line> {
  const relay = new Worker(join(__dirname, 'relay.cjs'), { workerData: { port: to, delayMs } });
  const [port] = (await once(relay, 'message')) as [number];
  return {
    port,
    silence() {
      relay.postMessage('silence');
    },
    async close() {
      await relay.terminate();
    },
  };
}
