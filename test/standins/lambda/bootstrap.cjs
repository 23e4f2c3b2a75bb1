'use strict';
// The function's side of Lambda's Runtime API, for CommonJS bundles: what runs inside the sandbox. Plain JavaScript, so that
// nothing but the bundle is loaded into the process under test.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
const http = require('node:http');
const { format } = require('node:util');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let requestId;
let dying = false;

function call(method, path, body = '', headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, agent, path: `/2018-06-01/runtime/${path}`, headers };
    const request = http.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Lambda prints every own property of an error that leaves the handler; whatever hangs on it ends in CloudWatch. */
function described(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, ...error, stack: String(error.stack).split('\n') };
}

function report(error, path, label) {
  const all = described(error);
  process.stderr.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${label}\t${JSON.stringify(all)}\n`);
  const posted = { errorType: all.errorType, errorMessage: all.errorMessage, trace: all.stack ?? [] };
  return call('POST', path, JSON.stringify(posted), { 'lambda-runtime-function-error-type': all.errorType });
}

/** In Lambda `console` writes a prefixed line or, with the JSON log format, an object; only process.stdout stays raw. */
function patchConsole() {
  const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(levels))
    console[method] = (...values) => {
      const timestamp = new Date().toISOString();
      const line =
        process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON'
          ? JSON.stringify({
              timestamp,
              level,
              requestId,
              message: values.length === 1 ? values[0] : format(...values),
            })
          : `${timestamp}\t${requestId}\t${level}\t${format(...values)}`;
      process.stdout.write(`${line}\n`);
    };
}

/**
 * Ends the process when nobody is left at the other side: stdout and stderr are read, and stdin is held open, by the process
 * that plays Lambda, so whatever ends that one is seen here, also in the middle of an invocation.
 */
function dieWithParent() {
  const end = () => process.exit(1);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end); // EPIPE
  process.stdin.on('end', end).on('error', end).resume().unref();
}

async function fatal(error, errorType, code) {
  if (dying) return; // telling of the first failure is what failed now
  dying = true;
  const wrapped = Object.assign(new Error(String(error?.message ?? error)), {
    name: errorType,
    reason: described(error),
  });
  // Without a Runtime API to tell, there is nobody left to work for either.
  await report(wrapped, requestId === undefined ? 'init/error' : `invocation/${requestId}/error`, errorType).catch(
    () => {},
  );
  process.exit(code);
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

async function main() {
  patchConsole();
  dieWithParent();
  process.on('uncaughtException', (error) => void fatal(error, 'Runtime.UncaughtException', 129));
  process.on('unhandledRejection', (reason) => void fatal(reason, 'Runtime.UnhandledPromiseRejection', 128));
  const name = process.env._HANDLER ?? 'index.handler';
  let handler;
  try {
    handler = require(process.argv[2])[name.replace('index.', '')];
    if (typeof handler !== 'function')
      throw Object.assign(new Error(`${name} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  } catch (error) {
    await report(error, 'init/error', 'Init Error');
    process.exit(1);
  }
  for (;;) {
    const { headers, text } = await call('GET', 'invocation/next');
    requestId = headers['lambda-runtime-aws-request-id'];
    try {
      const value = await handler(JSON.parse(text), contextOf(headers));
      await call('POST', `invocation/${requestId}/response`, JSON.stringify(value ?? null));
    } catch (error) {
      await report(error, `invocation/${requestId}/error`, 'Invoke Error');
    }
  }
}

void main();
