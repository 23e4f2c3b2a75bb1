import type { StatementRecord, Transition } from '../singlestore';
import type { Played } from './scenario';
import type { Evidence, Standing } from './stage';
import { crowd, inOrder, line, pausesOf, statementsOfPauses } from './timeline';
import { verdicts } from './verdicts';

const standing = (current: string, states: Record<string, string> = {}): Standing => ({
  states: new Map(Object.entries({ 'db.runs': 'Running', 'db.rests': 'Stopped', ...states })),
  rows: new Map(),
  link: '',
  labels: { AWSCURRENT: current },
  keys: new Map(),
});
const move = (at: number, pipeline: string, from: Transition['from'], to: Transition['to']): Transition => ({
  at,
  database: 'db',
  pipeline,
  from,
  to,
});
const pause = [move(100, 'runs', 'Running', 'Stopped'), move(2_100, 'runs', 'Stopped', 'Running')];
const moment = (held: string, accepted: string[], current = 'old', pending = 'new') => ({
  at: 0,
  links: { 'db.link': held },
  accepted,
  labels: { AWSCURRENT: current, AWSPENDING: pending },
});
const statement = (kind: StatementRecord['kind'], outcome: StatementRecord['outcome'] = 'ok'): StatementRecord => ({
  at: 0,
  connectionId: 1,
  user: 'root',
  sql: '',
  parsed: true,
  kind,
  ms: 1,
  outcome,
});
const good: Evidence = {
  transitions: pause,
  statements: [],
  requests: [],
  moments: [moment('old', ['old']), moment('new', ['old', 'new']), moment('new', ['new'], 'new')],
  looks: 3,
  outputs: { log: ['a line'] },
  secrets: ['s3cr3t/+value'],
};
const played = (evidence: Partial<Evidence> = {}, more: Partial<Played> = {}): Played => ({
  outcome: 'succeeded',
  from: 0,
  until: 3_000,
  before: standing('old'),
  after: standing('new'),
  evidence: { ...good, ...evidence },
  error: undefined,
  ...more,
});
const bad = (...of: Parameters<typeof verdicts>): string[] =>
  verdicts(...of)
    .filter((verdict) => !verdict.good)
    .map(({ name }) => name);

test('what went well is called good', () => {
  expect(bad(played(), 'rotation')).toEqual([]);
  expect(bad(played({ statements: [statement('start-pipeline', 'dropped')] }), 'crash')).toEqual([]);
  const denied = { outcome: 'failed', after: standing('old'), error: 'CREDENTIALS_DENIED: …' } as const;
  expect(bad(played({ transitions: [], moments: good.moments.slice(0, 1) }, denied), 'fail')).toEqual([]);
});

test.each<[string, string, Partial<Evidence>, Partial<Played>?]>([
  ['a rotation that failed', 'Rotated', {}, { outcome: 'failed' }],
  ['a link that is not on AWSCURRENT', 'Rotated', { moments: [moment('old', ['old', 'new'], 'new', 'old')] }],
  ['a pipeline that stayed paused', 'P1', {}, { after: standing('new', { 'db.runs': 'Stopped' }) }],
  ['a pipeline that is gone', 'P1', {}, { after: { ...standing('new'), states: new Map([['db.rests', 'Stopped']]) } }],
  ['a stranger that was started for a while', 'P1', { transitions: [move(1, 'rests', 'Stopped', 'Running')] }],
  ['a key in the link that does not work', 'P2', { moments: [moment('new', ['old']), ...good.moments.slice(2)] }],
  ['a current key that does not work', 'P2', { moments: [moment('new', ['new']), ...good.moments.slice(2)] }],
  ['a key that no label names', 'P2', { moments: [moment('x', ['x', 'old']), ...good.moments.slice(2)] }],
  ['a secret in base64', 'No secret', { outputs: { log: [Buffer.from('{"k":"s3cr3t/+value"}').toString('base64')] } }],
  ['a secret in a URL', 'No secret', { outputs: { log: ['?k=s3cr3t%2F%2Bvalue'] } }],
])('%s is called bad', (...[, name, evidence, more]) => {
  expect(bad(played(evidence, more), 'rotation')).toEqual([name]);
});

test('with --fail, anything paused is called bad, and so is another reason', () => {
  const denied = { outcome: 'failed', after: standing('old'), error: 'CREDENTIALS_DENIED' } as const;
  expect(bad(played({ transitions: pause }, denied), 'fail')).toContain('Nothing paused');
  expect(bad(played({ transitions: [], statements: [statement('stop-pipeline')] }, denied), 'fail')).toContain(
    'Nothing paused',
  );
  expect(bad(played({ transitions: [] }, { ...denied, error: 'LINK_MISSING' }), 'fail')).toContain('Nothing paused');
});

test('with --crash, a kill that hit no pause is called bad', () => {
  expect(bad(played(), 'crash')).toEqual(['Repaired']);
  expect(bad(played({ transitions: [], statements: [statement('start-pipeline', 'dropped')] }), 'crash')).toEqual([
    'Repaired',
  ]);
});

test('a pause is drawn where it was', () => {
  const pauses = pausesOf(pause);
  expect(pauses).toEqual([{ pipeline: 'db.runs', from: 100, to: 2_100 }]);
  expect(line(pauses, { from: -900, until: 3_100 }, 8)).toBe('━━····━━');
  expect(crowd(pauses, { from: -900, until: 3_100 }, 1, 4)).toBe(' ██ ');
});

test('statements are told by pause, kind and order', () => {
  const kinds = ['select', 'stop-pipeline', 'stop-pipeline', 'alter-link', 'start-pipeline', 'select'] as const;
  const statements = [...kinds, ...kinds].map((kind) => statement(kind));
  const told = '2 STOP PIPELINE, 1 ALTER LINK, 1 START PIPELINE';
  expect(statementsOfPauses(statements).map(inOrder)).toEqual([told, told]);
});
