import { driftOf, type Compared } from '../../lambda/core/drift';
import type { Holding, LinkStatus, VersionStatus } from '../../lambda/core/status';
import { qualified } from '../../lambda/core/names';

const version = (id: string, labels: readonly string[], keyId: string): VersionStatus => ({
  ...{ version: id, fingerprint: id, labels, since: null, ageHours: null, keyId },
});
const held = (id: string | null, keyId: string | null, labels: readonly string[] = []): Holding => ({
  ...{ version: id, fingerprint: id, keyId, labels, since: null },
});
const link = (holds: readonly Holding[], more: Partial<LinkStatus> = {}): LinkStatus => ({
  ...{ cluster: 'db:3306', link: qualified('a', 'l'), type: 'S3', holds, bracket: null, pipelines: [] },
  agrees: holds.length === 1 && holds[0]?.version === 'v2',
  ...more,
});
const drift = (links: readonly LinkStatus[], more: Partial<Compared> = {}): readonly string[] =>
  driftOf({
    ...{ current: version('v2', ['AWSCURRENT'], 'K2'), pending: null, links, keys: null },
    clusters: new Set(['db:3306']),
    ...more,
  });
const refused = {
  ...{ pipeline: qualified('a', 'p'), state: 'Error', pausedByUs: false, lastBatch: null },
  lastError: { at: '', code: 1933, kind: 'credential' as const },
};

test.each<[string, LinkStatus, Partial<Compared>]>([
  ['a link that holds AWSCURRENT', link([held('v2', 'K2')]), {}],
  ['one that holds its key under another version', link([held('v9', 'K2')]), {}],
  ['one without a record, of which nothing is known', link([]), {}],
  ['one that a rotation under way has moved already', link([held('v3', 'K3')]), { pending: version('v3', [], 'K3') }],
  ['one of a cluster that was not seen', link([held('v2', 'K2')], { type: null }), { clusters: new Set() }],
  ['any, where AWSCURRENT could not be read', link([held('v1', 'K1')]), { current: null }],
])('%s agrees', (_, one, more) => {
  expect(drift([one], more)).toEqual([]);
});

test.each<[string, LinkStatus, string]>([
  [
    'the version before',
    link([held('v1', 'K1', ['AWSPREVIOUS'])]),
    'holds version v1 (AWSPREVIOUS), and AWSCURRENT is v2',
  ],
  ['a version that lost its labels', link([held('v3', 'K3')]), 'holds version v3 (without a label)'],
  ['a credential of somebody else', link([held(null, null)]), 'a credential that no rotation put there'],
  ['one of two', link([held('v1', 'K1'), held('v2', 'K2')]), 'version v1 (without a label) or version v2'],
])('a link that holds %s disagrees', (_, one, said) => {
  expect(drift([one])).toEqual([expect.stringContaining(said)]);
});

test('a link around a change that is not confirmed tells who settles it; while it is paused its pause tells', () => {
  const holds = [held('v2', 'K2'), held('v3', 'K3')];
  const retried = { pending: version('v3', ['AWSPENDING'], 'K3') };
  expect(drift([link(holds)], retried)).toEqual([expect.stringContaining('The retry of the rotation settles it.')]);
  expect(drift([link(holds)])).toEqual([expect.stringContaining('The watchdog or the next rotation settles it.')]);
  const bracket = {
    direction: 'forward',
    to: 'v3',
    openedAt: '',
    pipelines: [],
    held: false,
    leaseUntil: null,
  } as const;
  expect(drift([link(holds, { bracket: { ...bracket, phase: 'open' } })], retried)).toEqual([]);
  expect(drift([link(holds, { bracket: { ...bracket, phase: 'resumed' } })], retried)).toHaveLength(1);
});

test('a link that is gone leaves its record', () => {
  expect(drift([link([held('v2', 'K2')], { type: null })])).toEqual([expect.stringContaining('not there any more')]);
});

test('what SQL does not show, the errors of pipelines tell', () => {
  const other = { ...refused, lastError: { ...refused.lastError, kind: 'other' as const } };
  expect(drift([link([held('v2', 'K2')], { pipelines: [refused] })])).toEqual([
    expect.stringContaining('altered by hand'),
  ]);
  expect(drift([link([held('v2', 'K2')], { pipelines: [other] })])).toEqual([]);
});

test('the key that AWSCURRENT names must be there, and active', () => {
  const keys = (keyId: string, active = true) => ({ keys: [{ keyId, active }] });
  expect(drift([], keys('K2'))).toEqual([]);
  expect(drift([], keys('K1'))).toEqual([expect.stringContaining('names key K2, which the user does not have')]);
  expect(drift([], keys('K2', false))).toEqual([expect.stringContaining('Inactive')]);
});
