import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export interface Line {
  readonly port: number;
  /** From now on nothing is delivered, either way; nobody is told. */
  silence(): void;
  close(): Promise<void>;
}

interface Parcel {
  readonly dueAt: number;
  readonly to: Socket;
  readonly bytes: Buffer;
}

/** Timers count whole milliseconds and end late by one. A thread that sleeps is as exact as the system. */
const sleeper = `
  const { parentPort } = require('node:worker_threads');
  const never = new Int32Array(new SharedArrayBuffer(4));
  parentPort.on('message', (ms) => parentPort.postMessage(Atomics.wait(never, 0, 0, ms)));
`;

/** What the relay itself takes on its way there and back, on a quiet machine. Milliseconds; the bench measures the sum. */
const ownMs = 0.5;

/**
 * A TCP line on which every answer arrives so many milliseconds after it was sent; questions arrive at once. A round trip takes as
 * long as if both directions shared the delay, and is disturbed by one timer instead of two.
 */
export async function lineTo(server: { readonly port: number }, roundTripMs: number): Promise<Line> {
  const sockets = new Set<Socket>();
  // all parcels wait equally long, so the order of sending is the order of delivery
  const parcels: Parcel[] = [];
  let isSilent = false;
  const clock = new Worker(sleeper, { eval: true });
  let asleep = false;
  const wait = (): void => {
    const [next] = parcels;
    if (next === undefined || asleep) return;
    asleep = true;
    clock.postMessage(Math.max(0, next.dueAt - performance.now()));
  };
  clock.on('message', () => {
    asleep = false;
    const now = performance.now();
    let at = 0;
    for (; at < parcels.length && parcels[at]!.dueAt <= now; at += 1) {
      const { to, bytes } = parcels[at]!;
      if (!to.destroyed) to.write(bytes);
    }
    parcels.splice(0, at);
    wait();
  });
  const relay = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      for (const socket of [client, upstream]) sockets.delete(socket);
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('close', end).on('error', end);
    }
    client.on('data', (bytes) => isSilent || upstream.write(bytes));
    upstream.on('data', (bytes) => {
      if (isSilent) return;
      parcels.push({ dueAt: performance.now() + roundTripMs - ownMs, to: client, bytes });
      wait();
    });
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    silence() {
      isSilent = true;
    },
    async close() {
      await clock.terminate();
      for (const socket of sockets) socket.destroy();
      relay.close();
      await once(relay, 'close');
    },
  };
}
