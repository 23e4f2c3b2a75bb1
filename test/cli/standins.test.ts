import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../../lambda/core/status';
import { freePage, keep } from '../standins/demo/keep';
import { paperFor } from '../standins/demo/paper';
import { withStage, type Stage } from '../standins/demo/stage';

jest.setTimeout(60_000);
const folder = mkdtempSync(join(tmpdir(), 'tool-'));
const file = join(folder, 'demo.env');
const files = { environment: file, page: join(folder, 'status.html') };
const tool = join(__dirname, '..', '..', 'dist', 'cli', 'index.js');
const ended = new AbortController();
const over = new Error('over');
const told: string[] = [];
let stage: Stage;
let standing: Promise<unknown>;

beforeAll(async () => {
  const options = { pipelines: 2, scenario: 'rotation', singlestore: undefined, keep: true } as const;
  const ready = new Promise<void>((resolve) => {
    standing = withStage(options, ended.signal, (opened) => {
      stage = opened;
      const say = (text: string): void => {
        told.push(text);
        resolve();
      };
      return keep(stage, 'rotation', ended.signal, { say }, paperFor({ columns: 80 }, {}), files);
    });
  });
  await Promise.race([ready, standing]);
});
afterAll(async () => {
  ended.abort(over);
  await expect(standing).rejects.toBe(over);
  expect(existsSync(file)).toBe(false);
  rmSync(folder, { recursive: true });
});

/** Runs the built tool as its reader would: in a shell that has read the file. @param instead variables after that */
const run = (command: string, env: NodeJS.ProcessEnv = {}, instead = '') =>
  new Promise<{ exit: number; out: string; err: string }>((resolve) => {
    const script = `. ${file} && exec env ${instead} ${process.execPath} ${tool} ${command}`;
    execFile('sh', ['-c', script], { env: { PATH: process.env['PATH'], ...env } }, (error, out, err) => {
      resolve({ exit: error === null ? 0 : Number(error.code), out, err });
    });
  });
const statusOf = ({ out }: { readonly out: string }): Status => JSON.parse(out) as Status;

test('whoever keeps the demonstration is told how to come to it, and nobody else can read the way', () => {
  expect(told.join('\n')).toContain('npx singlestore-link-rotation rotate prod/s3-ingest');
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/^export AWS_ENDPOINT_URL_LAMBDA='http:\/\/127\.0\.0\.1:\d+'$/m);
});

test('a second demonstration leaves the way to the first as it is, and has its own; one that was killed keeps none', async () => {
  const before = readFileSync(file, 'utf8');
  const second = join(folder, 'demo-2.env');
  writeFileSync(second, '# of process 99999999\nexport LEFT_BEHIND=1\n');
  const end = new AbortController();
  const page = readFileSync(files.page, 'utf8');
  writeFileSync(files.page, 'of the first');
  let kept: Promise<void> | undefined;
  const told = await new Promise<string>((say) => {
    kept = keep(stage, 'rotation', end.signal, { say }, paperFor({ columns: 80 }, {}), files);
  });
  expect(told).toContain(`. ${second}`);
  expect(told).toContain('status-2.html');
  expect(readFileSync(join(folder, 'status-2.html'), 'utf8').slice(0, 500)).toBe(page.slice(0, 500));
  expect(readFileSync(files.page, 'utf8')).toBe('of the first');
  expect(freePage(files)).toBe(join(folder, 'status-3.html'));
  expect(readFileSync(second, 'utf8')).toContain('export AWS_ENDPOINT_URL_LAMBDA=');
  expect(readFileSync(second, 'utf8')).not.toContain('LEFT_BEHIND');
  end.abort();
  await kept;
  expect([existsSync(second), readFileSync(file, 'utf8')]).toEqual([false, before]);
});

test.each(['status', 'status --local', 'rotate prod/s3-ingest', 'recover --local'])(
  'where the demonstration has ended, %s says so',
  async (command) => {
    const services = ['SECRETS_MANAGER', 'IAM', 'STS', 'S3', 'DYNAMODB', 'SNS', 'LAMBDA'];
    const nobody = services.map((name) => `AWS_ENDPOINT_URL_${name}=http://127.0.0.1:9`).join(' ');
    const { exit, out, err } = await run(command, {}, nobody);
    expect([exit, out]).toEqual([3, '']);
    expect(err).toMatch(
      /^AWS_ENDPOINT_URL_\w+ of this shell leads to this machine .* has ended\. Use another shell\.\n$/,
    );
  },
);

test('the deployed function and one in process tell the same, and with --json nothing else is on standard output', async () => {
  const [there, here] = await Promise.all([run('status --json'), run('status --json --local --verbose')]);
  expect([there.exit, here.exit]).toEqual([here.exit, there.exit]);
  const [one, other] = [there, here].map((answer) => statusOf(answer).secrets[0]!);
  expect(one!.links.map(({ link, pipelines }) => [link, pipelines.map(({ state }) => state)])).toEqual(
    other!.links.map(({ link, pipelines }) => [link, pipelines.map(({ state }) => state)]),
  );
  expect(one!.versions).toEqual(
    other!.versions.map((version) => ({ ...version, ageHours: expect.any(Number) as number })),
  );
});

test('a plan is shown for people without colour outside a terminal, and changes nothing', async () => {
  const stops = (): number => stage.evidence().statements!.filter(({ kind }) => kind === 'stop-pipeline').length;
  const { exit, out, err } = await run('plan prod/s3-ingest', { COLUMNS: '80' });
  expect([exit, err, stops()]).toEqual([0, '', 0]);
  expect(out).toContain('✓ prod/s3-ingest  would change 1 link and pause 2 pipelines');
  expect(out).not.toContain('\u001b');
});

test('a rotation is started and followed to its end; then the key that leaked is ended', async () => {
  const rotated = await run('rotate prod/s3-ingest');
  expect([rotated.exit, rotated.err]).toEqual([0, '']);
  expect(rotated.out).toContain('✓  prod/s3-ingest is rotated');
  expect(rotated.out).toMatch(/sales\.orders +paused \d+ ms/);
  expect((await run('status')).out).toContain('prod/s3-ingest  all is well');
  expect((await run('doctor prod/s3-ingest')).exit).toBe(1); // both key slots are taken
  const retired = await run('retire prod/s3-ingest --now');
  expect([retired.exit, retired.err]).toEqual([0, '']);
  expect(stage.account.user.keys.map(({ status }) => status).sort()).toEqual(['Active', 'Inactive']);
  expect(await run('recover')).toMatchObject({ exit: 0 });
});

test.each([
  [
    'plan prod/unknown',
    /^SECRET_NOT_CONFIGURED: ROTATIONS has no definition for prod\/unknown; it has those of arn:aws:secretsmanager:\S+\. Nothing was done\./,
  ],
  ['plan prod/unknown --local', /^SECRET_NOT_CONFIGURED: /],
  ['status --function nobody', /^function nobody could not be invoked: Function not found: nobody\. Look at the name/],
])('%s: no answer is a sentence without a stack, and exit code 3', async (command, sentence) => {
  const { exit, out, err } = await run(command);
  expect([exit, out]).toEqual([3, '']);
  expect(err).toMatch(sentence);
  expect(err).not.toMatch(/\n +at /);
});
