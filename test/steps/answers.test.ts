import { answerBytes } from '../../lambda/core/bound';
import { RotationError } from '../../lambda/core/errors';
import { qualified } from '../../lambda/core/names';
import type { PipelineStatus, SecretStatus, Status } from '../../lambda/core/status';
import { answerOf, recoveryOf } from '../../lambda/steps/answers';
import type { Plan, PlannedPipeline } from '../../lambda/steps/plan';
import { boundedStatus } from '../../lambda/steps/status/bounded';
import { link, lookedAt, midPause, pipeline, secret, stuck } from '../support/statuses';

/* What is answered fits through Lambda, however much there is: what needs nobody is left out first. */

/** As long as the server allows, and each character as long as it can be in JSON. */
const longest = (at: number): string => `${at}`.padEnd(64, '"');
const name = (at: number) => qualified(longest(at), longest(at));
const bytesOf = (answer: unknown): number => Buffer.byteLength(JSON.stringify(answer));
const numbered = <T>(count: number, of: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => of(at));
/** The number of what is left out comes on top. */
const fits = (answer: unknown, bytes: number): void => {
  expect(bytesOf(answer)).toBeLessThanOrEqual(bytes + 200);
};

describe('a status', () => {
  /** Four of each hundred are not simply running. */
  const odd: readonly Partial<PipelineStatus>[] = [
    { state: 'Error' },
    { lastError: { at: lookedAt, code: 1_933, kind: 'credential' } },
    { state: 'Stopped', pausedByUs: true },
    { state: 'Stopped' },
  ];
  const large = (count: number, more: Partial<SecretStatus> = {}): SecretStatus => {
    const pipelines = numbered(count, (at) => pipeline(longest(at), longest(at), odd[at % 100] ?? { lastBatch: at }));
    return secret({ links: [link('db', 'lake', pipelines)], ...more });
  };
  const statusOf = (...secrets: readonly SecretStatus[]): Status => ({ at: lookedAt, secrets });
  const listed = ({ secrets }: Status): readonly PipelineStatus[] =>
    secrets.flatMap(({ links }) => links.flatMap((one) => one.pipelines));

  test('of usual size is answered whole', () => {
    for (const status of [stuck, midPause]) expect(boundedStatus(status)).toBe(status);
  });

  test('of ten secrets with 2,000 pipelines each fits, and keeps every pipeline that needs a person', () => {
    const whole = statusOf(...numbered(10, () => large(2_000)));
    expect(bytesOf(whole)).toBeGreaterThan(6 * 1_024 * 1_024);
    const status = boundedStatus(whole);
    fits(status, answerBytes);
    const shown = listed(status);
    expect(status.leftOut).toEqual({ pipelines: 20_000 - shown.length });
    const ofLinks = status.secrets.flatMap(({ links }) => links.map(({ leftOut = 0 }) => leftOut));
    expect(ofLinks.reduce((sum, count) => sum + count, 0)).toBe(status.leftOut?.pipelines);
    expect(shown.filter(({ state, lastError }) => state !== 'Running' || lastError !== null)).toHaveLength(800);
  });

  test('that is still too long leaves out the pauses of former rotations next, then what merely stands', () => {
    const whole = statusOf(large(1_000), large(1_000));
    const needed = whole.secrets.map((one) => ({
      ...one,
      history: one.history.map((past) => ({ ...past, spans: [] })),
      links: one.links.map((of) => ({
        ...of,
        pipelines: of.pipelines.filter(
          ({ state, pausedByUs, lastError }) => state === 'Error' || pausedByUs || lastError !== null,
        ),
      })),
    }));
    const status = boundedStatus(whole, bytesOf(statusOf(...needed)) + 100);
    expect(status.leftOut?.pauses).toBe(8);
    const shown = listed(status);
    expect(shown).toHaveLength(60);
    expect(shown.filter(({ state, pausedByUs }) => state === 'Stopped' && !pausedByUs)).toEqual([]);
  });

  test.each<[string, Partial<SecretStatus>]>([
    ['what is left behind', { stuck: { ...stuck.secrets[0]!.stuck!, leftBehind: numbered(1_000, longest) } }],
    ['drift', { drift: numbered(1_000, longest) }],
    ['what was not seen', { unseen: ['one '.repeat(30_000), ...numbered(1_000, longest)] }],
    ['the journal', { journal: { ...secret().journal, unproven: numbered(1_000, name) } }],
    [
      'an open pause',
      {
        links: [
          link('db', 'lake', [], {
            bracket: { ...midPause.secrets[0]!.links[0]!.bracket!, pipelines: numbered(1_000, name) },
          }),
        ],
      },
    ],
    ['the list of links', { links: numbered(1_000, (at) => link(longest(at), longest(at), [])) }],
  ])('fits however long %s is, and says how much is missing', (_, more) => {
    const status = boundedStatus(statusOf(secret(more)), 30_000);
    fits(status, 30_000);
    expect(Object.values(status.leftOut ?? {}).some((count) => count > 500)).toBe(true);
    expect(status.secrets).toHaveLength(1);
  });

  test('of more secrets than can be told at all keeps the one that needs a person', () => {
    const quiet = numbered(200, (at) => secret({ secretId: `quiet-${at}` }));
    const status = boundedStatus(statusOf(...quiet, { ...stuck.secrets[0]!, secretId: 'stuck' }), 30_000);
    fits(status, 30_000);
    expect(status.secrets.at(-1)?.secretId).toBe('stuck');
    expect(status.leftOut?.secrets).toBe(201 - status.secrets.length);
  });
});

describe('a plan', () => {
  const planned = (at: number): PlannedPipeline => ({
    ...{ pipeline: name(at), paused: at % 2 === 0, pausedByUs: false, state: at % 2 === 0 ? 'Running' : 'Stopped' },
    ...{ why: 'it runs: a link is changed while none of its pipelines does', expected: null },
  });
  const planOf = (count: number, more: Partial<Plan> = {}): Plan => ({
    pending: null,
    links: [
      {
        ...{ cluster: 'c:3306', link: '`a`.`l`', type: 'S3', unchanged: false },
        pipelines: numbered(count, planned),
        statements: [
          ...numbered(count, (at) => `STOP PIPELINE IF RUNNING ${longest(at)}`),
          'ALTER LINK `a`.`l` SET CREDENTIALS = <redacted>',
          ...numbered(count, (at) => `START PIPELINE IF NOT RUNNING ${longest(at)}`),
        ],
      },
    ],
    ...{ places: [], uncovered: [], blockers: [], dangers: [], advice: [], calls: [] },
    ...more,
  });

  test('of 2,000 pipelines is answered whole, its errors as messages', () => {
    const blockers = [new RotationError('KEY_QUOTA', 'full.')];
    const answer = answerOf(planOf(2_000, { blockers }));
    expect([answer.blockers, answer.links[0]?.pipelines.length, answer.leftOut]).toEqual([
      ['KEY_QUOTA: full.'],
      2_000,
      undefined,
    ]);
  });

  test('that is too long leaves out statements that are all alike, then pipelines that are left alone', () => {
    const plan = answerOf(planOf(200), 45_000);
    fits(plan, 45_000);
    const [one] = plan.links;
    expect(one?.statements.map((statement) => statement.split(' ')[0])).toEqual(['STOP', 'ALTER', 'START']);
    expect(one?.pipelines.filter(({ paused }) => paused)).toHaveLength(100);
    expect(plan.leftOut).toEqual({ statements: 398, pipelines: one?.leftOut });
    expect(one?.leftOut).toBe(200 - one!.pipelines.length);
  });

  test.each<[string, Partial<Plan>]>([
    ['the list of what blocks', { blockers: numbered(1_000, (at) => new RotationError('PIPELINE_BUSY', longest(at))) }],
    ['one reason', { blockers: [new RotationError('PIPELINE_BUSY', 'name, '.repeat(20_000))] }],
    ['the list of dangers', { dangers: numbered(1_000, longest) }],
    ['what is not covered', { uncovered: numbered(1_000, (at) => ({ cluster: 'c', object: longest(at), why: '' })) }],
  ])('fits however long %s is, and keeps the rest', (_, more) => {
    const plan = answerOf(planOf(10, more), 30_000);
    fits(plan, 30_000);
    expect([plan.links[0]?.pipelines.length, plan.links[0]?.statements.length]).toEqual([10, 21]);
  });
});

describe('a recovery', () => {
  const none = { resumed: [], settled: [], retired: [], started: [], leftPaused: [], failures: [] };

  test('of usual size is answered whole', () => {
    const recovery = { ...none, leftPaused: numbered(200, name) };
    expect(recoveryOf(recovery)).toBe(recovery);
  });

  test.each<[string, object]>([
    ['pipelines are still paused', { leftPaused: numbered(1_000, name) }],
    ['links are resumed', { resumed: numbered(1_000, longest) }],
    ['failures there are', { failures: numbered(1_000, longest) }],
  ])('fits however many %s, and says how many it leaves out', (_, more) => {
    const answer = recoveryOf({ ...none, dryRun: true, ...more }, 30_000);
    fits(answer, 30_000);
    expect(answer.dryRun).toBe(true);
    expect(Object.values(answer.leftOut ?? {})[0]).toBeGreaterThan(500);
  });
});
