import { fateOf } from '../../lambda/core/fate';
import type { Retirement } from '../../lambda/core/journal';
import type { KnownKey, Slots } from '../../lambda/core/keys';

const now = Date.UTC(2026, 0, 2);
const key = (keyId: string, more: Partial<KnownKey> = {}): KnownKey => ({
  ...{ keyId, active: true, createdAt: now - 1_000, everUsed: true },
  ...more,
});
const slots = (keys: readonly KnownKey[], more: Partial<Slots> = {}): Slots => ({
  ...{
    keys,
    current: 'CUR',
    pending: null,
    previous: null,
    intent: null,
    claimed: [],
    abandoned: null,
    unstored: null,
  },
  ...{ recorded: new Set<string>(), unknownHolder: false },
  ...more,
});
const retirement = (dueIn: number, more: Partial<Retirement> = {}): Retirement => ({
  ...{ version: 'v1', keyId: 'OLD', switchedAt: now - 1_000, dueAt: now + dueIn },
  ...more,
});
/** The slots, and what the journal says of the older key. */
type Found = Slots & { readonly retiring?: Retirement };
const two = (old: Partial<KnownKey> = {}): readonly KnownKey[] => [key('CUR'), key('OLD', old)];
const intent = { secretId: 's', version: 'v', seen: ['CUR'], openedAt: now - 5_000, until: now + 55_000 };

test.each<[words: string, keyId: string, is: string, found: Found]>([
  ['AWSCURRENT', 'CUR', 'current', slots(two())],
  ['AWSPENDING', 'OLD', 'pending', slots(two(), { pending: 'OLD' })],
  [
    'retires at 2026-01-02T00:00:01.000Z if unused',
    'OLD',
    'waits',
    { ...slots(two(), { previous: 'OLD' }), retiring: retirement(1_000) },
  ],
  ['due to retire since', 'OLD', 'due', { ...slots(two(), { previous: 'OLD' }), retiring: retirement(-1_000) }],
  [
    'being ended: Inactive',
    ...(['OLD', 'ending'] as const),
    { ...slots(two({ active: false }), { previous: 'OLD' }), retiring: retirement(1_000, { endingAt: now - 1 }) },
  ],
  [
    'retires at',
    ...(['OLD', 'waits'] as const),
    { ...slots(two(), { previous: 'OLD' }), retiring: retirement(1_000, { endingAt: now - 1 }) },
  ],
  [
    'AWSCURRENT, and Inactive: was being ended, the watchdog makes it Active again',
    ...(['OLD', 'current'] as const),
    { ...slots(two({ active: false }), { current: 'OLD' }), retiring: retirement(1_000, { endingAt: now - 1 }) },
  ],
  ['Inactive, deleted by the next rotation', 'OLD', 'ends', slots(two({ active: false }), { previous: 'OLD' })],
  [
    'Inactive, kept: a link has no record',
    ...(['OLD', 'ended', slots(two({ active: false }), { previous: 'OLD', unknownHolder: true })] as const),
  ],
  [
    'Inactive, deleted when its slot is needed',
    'OLD',
    'ended',
    slots([key('OLD', { active: false })], { previous: 'OLD' }),
  ],
  [
    'kept: a link may hold it',
    'OLD',
    'held',
    { ...slots(two(), { recorded: new Set(['OLD']) }), retiring: retirement(-1_000) },
  ],
  ['AWSPREVIOUS, kept', 'OLD', 'previous', slots(two(), { previous: 'OLD' })],
  ['never touches it', 'OLD', 'unknown', slots(two())],
  ['nobody knows its secret half', 'OLD', 'ends', slots(two({ everUsed: false }), { intent })],
  ['made for a version that has lost its labels', 'OLD', 'ends', slots([key('OLD')], { abandoned: 'OLD' })],
])('%s', (words, keyId, is, { retiring, ...found }) => {
  expect(fateOf(keyId, found, retiring, null, now)).toEqual({ is, words: expect.stringContaining(words) as string });
});

test.each([1_000, -1_000])(
  'an old key that was used since links left it is kept until that stops, due or not: in %d ms',
  (due) => {
    const found = slots(two(), { previous: 'OLD' });
    const fateAfter = (at: number) => fateOf('OLD', found, retirement(due), { at, service: 's3' }, now);
    expect(fateAfter(now - 1_000)).toEqual({
      is: 'used',
      words: 'used at 2026-01-01T23:59:59.000Z for s3 since the switch: kept until that stops',
    });
    expect(fateAfter(now - 1_001).is).toBe(due > 0 ? 'waits' : 'due');
  },
);

test.each([
  ['CUR', { current: 'CUR' }],
  ['OLD', { pending: 'OLD' }],
])('a labelled key that somebody set Inactive says so: %s', (keyId, more) => {
  const keys = [key('CUR', { active: false }), key('OLD', { active: false })];
  expect(fateOf(keyId, slots(keys, more), undefined, null, now).words).toContain('Inactive');
});
