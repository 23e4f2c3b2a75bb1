import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLambda, type Lambda, type LambdaOptions } from './runtime';

let folder: string;
let lambda: Lambda;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'lambda-'))));
afterEach(async () => {
  await lambda.stop();
  rmSync(folder, { recursive: true });
});

/** A function whose bundle is this text. */
function start(source: string, options: Partial<LambdaOptions> = {}): Lambda {
  const bundle = join(folder, 'index.js');
  writeFileSync(bundle, source);
  return (lambda = startLambda({ bundle, env: {}, ...options }));
}
/** Resolves with the first line that the function writes. */
function startWatched(source: string, options: Partial<LambdaOptions> = {}): Promise<string> {
  return new Promise((onLine) => start(source, { ...options, onLine }));
}

test('the handler gets event, context and environment, and nothing of the environment here', async () => {
  process.env['ONLY_HERE'] = 'x';
  start(
    `exports.handler = async (event, context) => ({ event, context, left: context.getRemainingTimeInMillis(),
       table: process.env.JOURNAL_TABLE, here: process.env.ONLY_HERE ?? null });`,
    { env: { JOURNAL_TABLE: 'journal' }, timeoutMs: 60_000 },
  );
  const result = await lambda.invoke({ Step: 'createSecret' });
  expect(result).toMatchObject({
    ok: true,
    value: {
      event: { Step: 'createSecret' },
      context: {
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        functionName: 'rotation',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:rotation',
      },
      table: 'journal',
      here: null,
    },
  });
  const { left } = (result as { value: { left: number } }).value;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(60_000);
});

test('a process is warm for the next invocation, and concurrent invocations have processes of their own', async () => {
  start(`exports.handler = async () => process.pid;`);
  const one = await lambda.invoke({});
  expect(await lambda.invoke({})).toEqual(one);
  const both = Promise.all([lambda.invoke({}), lambda.invoke({})]);
  expect(lambda.running).toBe(2);
  const [first, second] = await both;
  expect(first).toEqual(one);
  expect(second).not.toEqual(one);
  expect(lambda.running).toBe(0);
});

test('a thrown error is the answer, and all its properties are printed', async () => {
  start(`exports.handler = async () => { throw Object.assign(new TypeError('no link'), { sql: 'ALTER LINK' }); };`);
  const error = { errorType: 'TypeError', errorMessage: 'no link' };
  expect(await lambda.invoke({})).toEqual({ ok: false, error });
  expect(lambda.output.join('\n')).toMatch(/\tERROR\tInvoke Error\t\{.*"sql":"ALTER LINK".*"stack":\[/);
});

test('what undefined is returned for is null', async () => {
  start(`exports.handler = async () => undefined;`);
  expect(await lambda.invoke({})).toEqual({ ok: true, value: null });
});

test('killed in the middle, the invocation answers Runtime.ExitError and the next one has a new process', async () => {
  const working = startWatched(
    `exports.handler = async ({ hang }) => hang ? new Promise((r) => { console.log('working'); setTimeout(r, 1e9); }) : process.pid;`,
  );
  const invocation = lambda.invoke({ hang: true });
  expect(await working).toMatch(/\tINFO\tworking$/);
  lambda.kill();
  const after = lambda.invoke({});
  const [result, next] = await Promise.all([invocation, after]);
  expect(result).toMatchObject({ ok: false, error: { errorType: 'Runtime.ExitError' } });
  expect(result).toMatchObject({ error: { errorMessage: expect.stringContaining('signal: killed') as string } });
  expect(next.ok).toBe(true);
});

test('a warm process that is killed while idle is replaced', async () => {
  start(`exports.handler = async () => process.pid;`);
  const first = await lambda.invoke({});
  lambda.kill();
  const second = await lambda.invoke({});
  expect(second.ok).toBe(true);
  expect(second).not.toEqual(first);
});

test('an invocation that outlives its time is ended, and the next one runs anew', async () => {
  start(`exports.handler = ({ hang }) => hang ? new Promise((r) => setTimeout(r, 1e9)) : 'done';`, { timeoutMs: 150 });
  expect(await lambda.invoke({ hang: true })).toMatchObject({
    ok: false,
    error: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('timed out after 0.15 s') as string },
  });
  expect(await lambda.invoke({})).toEqual({ ok: true, value: 'done' });
});

test('a process that exits by itself is an ExitError', async () => {
  start(`exports.handler = () => process.exit(3);`);
  expect(await lambda.invoke({})).toMatchObject({
    error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('exit status 3') as string },
  });
});

test('a bundle that throws while loading fails each invocation with its own error', async () => {
  start(`throw new RangeError('ROTATIONS: expected an array');`);
  const error = { errorType: 'RangeError', errorMessage: 'ROTATIONS: expected an array' };
  expect(await lambda.invoke({})).toEqual({ ok: false, error });
  expect(await lambda.invoke({})).toEqual({ ok: false, error });
});

test('a promise rejected behind the handler ends the process, and the next invocation has a new one', async () => {
  start(`exports.handler = ({ forget }) => forget && (Promise.reject(new Error('forgotten')), new Promise(() => {}));`);
  const error = { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'forgotten' };
  expect(await lambda.invoke({ forget: true })).toEqual({ ok: false, error });
  expect(await lambda.invoke({ forget: false })).toEqual({ ok: true, value: false });
});

test('process.stdout stays raw; console writes objects in the JSON log format', async () => {
  start(`exports.handler = async () => { process.stdout.write('{"a":1}\\n'); console.warn('w', 2); };`, {
    env: { AWS_LAMBDA_LOG_FORMAT: 'JSON' },
  });
  await lambda.invoke({});
  await lambda.stop();
  expect(lambda.output.map((line) => JSON.parse(line) as unknown)).toEqual([
    { a: 1 },
    expect.objectContaining({ level: 'WARN', message: 'w 2' }),
  ]);
});
