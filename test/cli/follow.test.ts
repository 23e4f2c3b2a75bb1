import type { SecretStatus } from '../../lambda/core/status';
import { follow, stepsPassed, type Stand } from '../../cli/follow';
import { stepDone } from '../../cli/render/rotation';
import { before, link, pending, pipeline, plain, secret } from './given';

const [was] = secret().versions;
const [done] = secret().history;
const next = { version: pending, fingerprint: '22222222', ageHours: 0, keyId: null };
const valued = { ...next, labels: ['AWSPENDING'], since: before(1) };
const running = { ...done!, version: pending, outcome: 'running' as const };
const journal = { ...secret().journal, version: pending };
const open = {
  phase: 'open',
  direction: 'forward',
  to: pending,
  openedAt: before(1),
  held: true,
  leaseUntil: before(-29),
} as const;
const pause = { ...open, pipelines: [pipeline('clicks').pipeline, pipeline('orders').pipeline] };

const unlisted = secret();
const staged = secret({ versions: [was!, { ...next, labels: ['AWSPENDING'], since: null }] });
const stored = secret({ versions: [was!, valued] });
const paused = secret({ versions: [was!, valued], links: [link({ bracket: pause })] });
const set = secret({ versions: [was!, valued], journal: { ...journal, setAt: before(1) } });
const tested = secret({ versions: [was!, valued], journal: { ...journal, setAt: before(2), testedAt: before(1) } });
const promoted = secret({
  versions: [
    { ...was!, labels: ['AWSPREVIOUS'] },
    { ...valued, labels: ['AWSCURRENT'] },
  ],
});
/** Failed once, and went well since. */
const mended = secret({ versions: [was!, valued], history: [{ ...running, failures: 1 }] });
const failed = (failures: number): SecretStatus => {
  const failure = {
    step: 'setSecret',
    code: 'CREDENTIALS_DENIED',
    message: 'CREDENTIALS_DENIED: no',
    at: 0,
    logs: null,
  } as const;
  return secret({ versions: [was!, valued], history: [{ ...running, failures, failure }] });
};

/** Shows these, the last again and again, in a time that passes only by sleeping. */
async function followed(...shown: readonly SecretStatus[]) {
  const stands: Stand[] = [];
  const steps: string[] = [];
  let now = 0;
  let at = 0;
  const { outcome } = await follow(pending, {
    look: () => Promise.resolve({ secret: shown[Math.min(at++, shown.length - 1)]!, at: before(0) }),
    now: () => now,
    sleep: (milliseconds) => Promise.resolve(void (now += milliseconds)),
    tell: (stand, earlier) => {
      stands.push(stand);
      steps.push(...stepsPassed(stand, earlier));
    },
    patienceMs: 60_000,
  });
  return { outcome, steps, stands, seconds: now / 1_000 };
}

test('a rotation is followed through its steps to its end', async () => {
  const { outcome, steps, stands } = await followed(staged, stored, paused, set, tested, promoted);
  expect([outcome, steps]).toEqual(['done', ['createSecret', 'setSecret', 'testSecret', 'finishSecret']]);
  expect(stands.map(({ paused: count }) => count)).toEqual([0, 0, 2, 0, 0, 0]);
});

test('steps that ended between two looks are all told, none twice', async () => {
  expect((await followed(staged, tested, promoted)).steps).toEqual([
    'createSecret',
    'setSecret',
    'testSecret',
    'finishSecret',
  ]);
});

test('a step is told with the time since the beginning, which is not its own', () => {
  expect(stepDone('setSecret', 4_800, plain(80))).toContain('setSecret     after  4.8 s  they were accepted');
});

test('a version that is not listed yet is waited for; one that is taken away is abandoned', async () => {
  expect((await followed(unlisted, unlisted, stored, promoted)).outcome).toBe('done');
  expect((await followed(stored, unlisted)).outcome).toBe('abandoned');
  expect(await followed(unlisted)).toMatchObject({ outcome: 'abandoned', seconds: 16 });
});

test('after a failed call it waits for the next one, and leaves when none comes', async () => {
  expect(await followed(stored, failed(1), failed(2), promoted)).toMatchObject({ outcome: 'done' });
  expect(await followed(stored, failed(1))).toMatchObject({ outcome: 'left', seconds: 62 });
  expect(await followed(stored, failed(1), failed(1), failed(2))).toMatchObject({ outcome: 'left', seconds: 66 });
});

test('a step that went well after a failed call is waited for as long as it takes', async () => {
  const long = Array.from({ length: 60 }, () => mended);
  expect(await followed(stored, failed(1), ...long, promoted)).toMatchObject({ outcome: 'done', seconds: 124 });
});

test('a rotation that is given up has ended', async () => {
  const given = secret({ versions: [was!], history: [{ ...running, outcome: 'given-up' }] });
  expect((await followed(stored, given)).outcome).toBe('given-up');
});
