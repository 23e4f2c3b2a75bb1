import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface Line {
  readonly port: number;
  /** From now on nothing is delivered, either way; nobody is told. */
  silence(): void;
  close(): Promise<void>;
}

/** What the relay itself takes on its way there and back, on a quiet machine. Milliseconds; the bench measures the sum. */
const ownMs = 0.7;

/**
 * A TCP line on which every answer arrives so many milliseconds after it was sent; questions arrive at once. A round trip takes as
 * long as if both directions shared the delay, and is disturbed by one timer instead of two. It runs in a thread of its own: what
 * server and account have to do meanwhile is not the line's time.
 */
export async function lineTo(server: { readonly port: number }, roundTripMs: number): Promise<Line> {
  const relay = new Worker(join(__dirname, 'relay.cjs'), {
    workerData: { port: server.port, delayMs: roundTripMs - ownMs },
  });
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
