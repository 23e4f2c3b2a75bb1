import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { startAws, type Aws, type AwsOptions } from '../standins/aws/server';

const own = { ...process.env };
const open: (() => void | Promise<void>)[] = [];

/** Ends what a test has started, and gives the environment back. */
export async function closeOutside(): Promise<void> {
  for (const close of open.splice(0)) await close();
  process.env = { ...own };
}

/** AWS as the SDK finds it through its own environment variables. */
export async function aws(options: AwsOptions = {}): Promise<Aws> {
  const started = await startAws(options);
  open.push(() => started.stop());
  Object.assign(process.env, started.env);
  return started;
}

/** A server that answers every AWS call in the same, odd way. */
export async function oddServer(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const listener: RequestListener = (request, response) => {
    let body = '';
    request
      .on('data', (chunk: Buffer) => (body += chunk.toString()))
      .on('end', () => {
        answer(request, response, body);
      });
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIAROLE', AWS_SECRET_ACCESS_KEY: 'role' });
}

/** Answers with this status and body. */
export const answering = (status: number, body = '') =>
  oddServer((_, response) => {
    response.writeHead(status).end(body);
  });

/** Everything that could be printed of the error that a call ends with. */
export async function printed(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (thrown: unknown) => thrown as Error,
  );
  return `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${error.message}`;
}
