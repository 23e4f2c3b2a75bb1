import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
let api: Server;
let child: ChildProcess;

/** The bootstrap as the sandbox starts it, in an invocation that never ends by itself. Resolves when the handler runs. */
async function startBusy(handler: string): Promise<void> {
  const bundle = join(folder, 'index.js');
  writeFileSync(
    bundle,
    `exports.handler = () => { console.log('working'); ${handler}; return new Promise(() => {}); };`,
  );
  let events = 1;
  const answer = (response: ServerResponse): unknown =>
    events-- > 0 && response.writeHead(200, { 'lambda-runtime-aws-request-id': '1' }).end('{}');
  api = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await once(api, 'listening');
  child = spawn(process.execPath, [join(__dirname, 'bootstrap.cjs'), bundle], {
    env: { AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${String((api.address() as AddressInfo).port)}` },
  });
  await once(child.stdout!, 'data');
}

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'lambda-'))));
afterEach(() => {
  child.kill('SIGKILL');
  api.closeAllConnections();
  api.close();
  rmSync(folder, { recursive: true });
});

test('a process whose output nobody reads any more ends at its next line, in the middle of an invocation', async () => {
  await startBusy(`setInterval(() => console.log('a line'), 10)`);
  const exited = once(child, 'exit');
  child.stdout!.destroy();
  child.stderr!.destroy();
  expect(await exited).toEqual([1, null]);
});

test('a failure that cannot be told, because nobody reads it, ends the process too', async () => {
  await startBusy(`setTimeout(() => { throw new Error('late'); }, 50)`);
  const exited = once(child, 'exit');
  child.stdout!.destroy();
  child.stderr!.destroy();
  expect(await exited).toEqual([1, null]);
});

test('a process whose parent has died ends, also when it is busy and writes nothing', async () => {
  await startBusy('setInterval(() => {}, 1_000)');
  const exited = once(child, 'exit');
  child.stdin!.destroy();
  expect(await exited).toEqual([1, null]);
});
