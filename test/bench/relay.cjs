'use strict';
// The thread of a line. Plain JavaScript, because a worker is given a file that runs as it stands.
const { connect, createServer } = require('node:net');
const { parentPort, Worker, workerData } = require('node:worker_threads');

/** @type {{ port: number, delayMs: number }} */
const { port, delayMs } = workerData;

/** Timers count whole milliseconds and end late by one. A thread that sleeps is as exact as the system. */
const sleeper = `
  const { parentPort } = require('node:worker_threads');
  const never = new Int32Array(new SharedArrayBuffer(4));
  parentPort.on('message', (ms) => parentPort.postMessage(Atomics.wait(never, 0, 0, ms)));
`;
const clock = new Worker(sleeper, { eval: true });

// all parcels wait equally long, so the order of sending is the order of delivery
const parcels = [];
let asleep = false;
let isSilent = false;

function wait() {
  if (parcels.length === 0 || asleep) return;
  asleep = true;
  clock.postMessage(Math.max(0, parcels[0].dueAt - performance.now()));
}

clock.on('message', () => {
  asleep = false;
  const now = performance.now();
  let due = 0;
  while (due < parcels.length && parcels[due].dueAt <= now) due += 1;
  for (const { to, bytes } of parcels.splice(0, due)) if (!to.destroyed) to.write(bytes);
  wait();
});

parentPort.on('message', () => {
  isSilent = true;
});

const relay = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
  const end = () => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
  client.on('data', (bytes) => isSilent || upstream.write(bytes));
  upstream.on('data', (bytes) => {
    if (isSilent) return;
    parcels.push({ dueAt: performance.now() + delayMs, to: client, bytes });
    wait();
  });
}).listen(0, '127.0.0.1', () => parentPort.postMessage(relay.address().port));
