import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const functionName = 'rotation';
const functionArn = `arn:aws:lambda:us-east-1:111122223333:function:${functionName}`;

export type InvocationResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: { readonly errorType: string; readonly errorMessage: string } };

interface Invocation {
  readonly requestId: string;
  readonly body: string;
  readonly settle: (result: InvocationResult) => void;
}

const failed = (errorType: string, errorMessage: string): InvocationResult => ({
  ok: false,
  error: { errorType, errorMessage },
});

/** One execution environment: a process with a Runtime API of its own, which handles one invocation at a time. */
export class Sandbox {
  readonly #server: Server;
  readonly #exited: Promise<void>;
  #child: ChildProcess | undefined;
  #invocation: Invocation | undefined;
  /** The process's unanswered request for the next event. */
  #next: ServerResponse | undefined;
  #timer: NodeJS.Timeout | undefined;
  #alive = true;

  constructor(
    bundle: string,
    env: Record<string, string>,
    private readonly timeoutMs: number,
    onLine: (line: string) => void,
    onExit: () => void,
  ) {
    this.#server = createServer((request, response) => void this.#serve(request, response)).listen(0, '127.0.0.1');
    this.#exited = this.#run(bundle, env, onLine).then((how) => {
      this.#alive = false;
      this.#server.close();
      onExit();
      this.#settle(
        failed(
          'Runtime.ExitError',
          `RequestId: ${String(this.#invocation?.requestId)} Error: Runtime exited with error: ${how}`,
        ),
      );
    });
  }

  get busy(): boolean {
    return this.#invocation !== undefined;
  }

  get alive(): boolean {
    return this.#alive;
  }

  invoke(event: unknown): Promise<InvocationResult> {
    return new Promise((settle) => {
      this.#invocation = { requestId: randomUUID(), body: JSON.stringify(event), settle };
      this.#deliver();
    });
  }

  kill(): void {
    this.#alive = false;
    this.#child?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.kill();
    await this.#exited;
  }

  /** @returns how the process ended, in Lambda's words. */
  async #run(bundle: string, env: Record<string, string>, onLine: (line: string) => void): Promise<string> {
    await once(this.#server, 'listening');
    if (!this.#alive) return 'signal: killed';
    const { port } = this.#server.address() as AddressInfo;
    const child = spawn(process.execPath, [join(__dirname, 'bootstrap.cjs'), bundle], {
      env: { ...sandboxEnvironment(`127.0.0.1:${String(port)}`), ...env },
      stdio: ['pipe', 'pipe', 'pipe'], // stdin ends when this process does, and the child with it
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', onLine);
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return signal === 'SIGKILL' ? 'signal: killed' : `exit status ${String(code ?? signal)}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url?.replace('/2018-06-01/runtime/', '') ?? '';
    if (path === 'invocation/next') {
      this.#next = response;
      this.#deliver();
      return;
    }
    const answer = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
    response.writeHead(202).end();
    if (path.endsWith('/response')) {
      this.#settle({ ok: true, value: answer });
      return;
    }
    const { errorType, errorMessage } = answer as { errorType: string; errorMessage: string };
    if (path === 'init/error' || errorType.startsWith('Runtime.')) this.#alive = false; // it is about to exit
    this.#settle(failed(errorType, errorMessage));
  }

  /** Hands the event over as soon as there is one and the process asks for it. */
  #deliver(): void {
    const next = this.#next;
    if (this.#invocation === undefined || next === undefined) return;
    const { requestId, body } = this.#invocation;
    this.#next = undefined;
    this.#timer = setTimeout(() => {
      this.#settle(
        failed(
          'Sandbox.Timedout',
          `RequestId: ${requestId} Error: Task timed out after ${(this.timeoutMs / 1000).toFixed(2)} seconds`,
        ),
      );
      this.kill();
    }, this.timeoutMs);
    next
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(Date.now() + this.timeoutMs),
        'lambda-runtime-invoked-function-arn': functionArn,
      })
      .end(body);
  }

  #settle(result: InvocationResult): void {
    clearTimeout(this.#timer);
    this.#invocation?.settle(result);
    this.#invocation = undefined;
  }
}

/** What Lambda itself sets. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const sandboxEnvironment = (runtimeApi: string): Record<string, string> => ({
  AWS_LAMBDA_RUNTIME_API: runtimeApi,
  AWS_LAMBDA_FUNCTION_NAME: functionName,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]stand-in',
  AWS_REGION: 'us-east-1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  _HANDLER: 'index.handler',
  TZ: ':UTC',
});
