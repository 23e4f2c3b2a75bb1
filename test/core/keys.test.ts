import type { HeldVersion, LinkRecord } from '../../lambda/core/journal';
import { decideSlots, holdersOf, mayBeHeld, slotsPerUser, type KnownKey, type Slots } from '../../lambda/core/keys';
import { qualified } from '../../lambda/core/names';

const opened = Date.UTC(2026, 0, 1);
const until = opened + 60_000;
const intent = { secretId: 'prod/s3', version: 'v2', seen: ['AKIACURRENT'], openedAt: opened, until };

/** A key that was there long before, in use. */
const key = (keyId: string, is: Partial<KnownKey> = {}): KnownKey => ({
  keyId,
  active: true,
  createdAt: opened - 86_400_000,
  everUsed: true,
  ...is,
});
/** What CreateAccessKey left behind when its answer was lost. */
const lost = (is: Partial<KnownKey> = {}): KnownKey =>
  key('AKIALOST', { createdAt: opened + 1_000, everUsed: false, ...is });
const current = key('AKIACURRENT');
const previous = (is: Partial<KnownKey> = {}): KnownKey =>
  key('AKIAPREVIOUS', { createdAt: opened - 172_800_000, ...is });
const retired = previous({ active: false });

const slots = (keys: readonly KnownKey[], is: Partial<Slots> = {}): Slots => ({
  keys,
  current: 'AKIACURRENT',
  pending: null,
  claimed: [],
  abandoned: null,
  unstored: null,
  previous: null,
  intent: null,
  recorded: new Set(),
  unknownHolder: false,
  ...is,
});
const decided = (given: Slots, now = until + 120_000): string => {
  const decision = decideSlots(given, now);
  switch (decision.do) {
    case 'create':
      return 'create';
    case 'wait':
      return `wait until ${decision.until - opened}`;
    case 'delete':
      return `delete ${decision.keyId}, ${decision.because}`;
    case 'stop':
      return `stop for ${decision.keyIds.join(' and ')}`;
  }
};

test.each<[string, Slots, string]>([
  ['no key at all', slots([], { current: null }), 'create'],
  ['only the current key', slots([current]), 'create'],
  ['only a key of somebody else', slots([key('AKIAOTHER')], { current: null }), 'create'],
  [
    'only a retired key: no slot is needed, so it stays',
    slots([retired], { current: null, previous: 'AKIAPREVIOUS' }),
    'create',
  ],
  ['the key before, retired', slots([current, retired], { previous: 'AKIAPREVIOUS' }), 'delete AKIAPREVIOUS, retired'],
  ['... in the first slot', slots([retired, current], { previous: 'AKIAPREVIOUS' }), 'delete AKIAPREVIOUS, retired'],
  [
    '... though it was never used',
    slots([current, previous({ active: false, everUsed: false })], { previous: 'AKIAPREVIOUS' }),
    'delete AKIAPREVIOUS, retired',
  ],
])('%s', (_, given, decision) => {
  expect(decided(given)).toBe(decision);
});

test.each<[string, Slots, string]>([
  [
    'the second slot holds a key that nobody knows',
    slots([current, key('AKIAOTHER')]),
    'stop for AKIACURRENT and AKIAOTHER',
  ],
  [
    '... older than ours: the oldest key is not the one to go',
    slots([key('AKIAOTHER', { createdAt: 0 }), current]),
    'stop for AKIAOTHER and AKIACURRENT',
  ],
  ['... inactive', slots([current, key('AKIAOTHER', { active: false })]), 'stop for AKIACURRENT and AKIAOTHER'],
  [
    '... never used, but without an intent of ours',
    slots([current, key('AKIAOTHER', { everUsed: false })]),
    'stop for AKIACURRENT and AKIAOTHER',
  ],
  [
    'a first rotation, both slots taken',
    slots([key('AKIAONE'), key('AKIATWO')], { current: null }),
    'stop for AKIAONE and AKIATWO',
  ],
  [
    'the key before is still active',
    slots([current, previous()], { previous: 'AKIAPREVIOUS' }),
    'stop for AKIACURRENT and AKIAPREVIOUS',
  ],
  [
    'the key before, retired, may be held by a link without a record',
    slots([current, retired], { previous: 'AKIAPREVIOUS', unknownHolder: true }),
    'stop for AKIACURRENT and AKIAPREVIOUS',
  ],
  [
    'the key before, retired, is in a record',
    slots([current, retired], { previous: 'AKIAPREVIOUS', recorded: new Set(['AKIAPREVIOUS']) }),
    'stop for AKIACURRENT and AKIAPREVIOUS',
  ],
  [
    'an inactive key that AWSPREVIOUS does not name',
    slots([current, retired]),
    'stop for AKIACURRENT and AKIAPREVIOUS',
  ],
  [
    'AWSPREVIOUS names the key of AWSCURRENT',
    slots([key('AKIACURRENT', { active: false }), key('AKIAOTHER')], { previous: 'AKIACURRENT' }),
    'stop for AKIACURRENT and AKIAOTHER',
  ],
  [
    'AWSPREVIOUS names the key of AWSPENDING',
    slots([current, key('AKIAPENDING', { active: false })], { pending: 'AKIAPENDING', previous: 'AKIAPENDING' }),
    'stop for AKIACURRENT and AKIAPENDING',
  ],
])('nothing is deleted and both keys are named: %s', (_, given, decision) => {
  expect(given.keys).toHaveLength(slotsPerUser);
  expect(decided(given)).toBe(decision);
});

describe('a key whose secret was lost with the answer', () => {
  test.each<[string, Slots]>([
    ['in the second slot', slots([current, lost()], { intent })],
    ['at a first rotation', slots([lost()], { intent, current: null })],
    [
      'at a first rotation, beside a key of somebody else',
      slots([key('AKIACURRENT'), lost()], { intent, current: null }),
    ],
    [
      'though a link without a record may hold any older key',
      slots([current, lost()], { intent, unknownHolder: true }),
    ],
    ['before a retired key', slots([retired, lost()], { intent, current: null, previous: 'AKIAPREVIOUS' })],
    ['5 s before the intent, by the clock of IAM', slots([current, lost({ createdAt: opened - 5_000 })], { intent })],
    ['5 s after it', slots([current, lost({ createdAt: until + 5_000 })], { intent })],
  ])('is deleted, %s', (_, given) => {
    expect(decided(given)).toBe('delete AKIALOST, orphan');
  });

  test('is left alone until no value with it can still arrive: 70 s', () => {
    const given = slots([current, lost()], { intent });
    expect(decided(given, opened + 1_000 + 69_999)).toBe('wait until 71000');
    expect(decided(given, opened + 1_000 + 70_000)).toBe('delete AKIALOST, orphan');
  });

  test('is known behind every intent by the record of what was made, once its value cannot arrive any more', () => {
    const given = slots([current, lost({ createdAt: until + 86_400_000 })], { unstored: 'AKIALOST' });
    expect(decided(given, until + 86_400_000 + 69_999)).toContain('wait');
    expect(decided(given, until + 86_400_000 + 70_000)).toBe('delete AKIALOST, orphan');
  });

  test('is waited for from when its value was about to be stored: who made it may have slept before that', () => {
    const given = slots([current, lost({ madeAt: opened + 300_000 })], { unstored: 'AKIALOST' });
    expect(decided(given, opened + 300_000 + 69_999)).toContain('wait');
    expect(decided(given, opened + 300_000 + 70_000)).toBe('delete AKIALOST, orphan');
  });

  const stop = 'stop for AKIACURRENT and AKIALOST';
  test.each<[string, Slots]>([
    ['no intent is open', slots([current, lost()])],
    ['the version that the intent was for names it', slots([current, lost()], { intent, claimed: ['AKIALOST'] })],
    [
      'it was there when the intent was written',
      slots([current, lost()], { intent: { ...intent, seen: ['AKIACURRENT', 'AKIALOST'] } }),
    ],
    ['it was created before the intent', slots([current, lost({ createdAt: opened - 5_001 })], { intent })],
    ['it was created after the intent', slots([current, lost({ createdAt: until + 5_001 })], { intent })],
    ['it was used', slots([current, lost({ everUsed: true })], { intent, unstored: 'AKIALOST' })],
    ['a record names it', slots([current, lost()], { intent, recorded: new Set(['AKIALOST']) })],
    ['AWSPENDING names it', slots([current, lost()], { intent, pending: 'AKIALOST' })],
    ['AWSPREVIOUS names it', slots([current, lost()], { intent, previous: 'AKIALOST' })],
  ])('is not taken for it: %s', (_, given) => {
    expect(decided(given)).toBe(stop);
  });

  test('is not the key of AWSCURRENT, whatever the intent says', () => {
    expect(decided(slots([lost(), key('AKIAOTHER')], { intent, current: 'AKIALOST' }))).toBe(
      'stop for AKIALOST and AKIAOTHER',
    );
  });
});

test('a key that we made for a version without labels is deleted, and no other used key is', () => {
  const ours = key('AKIAOURS');
  expect(decided(slots([current, ours], { abandoned: 'AKIAOURS' }))).toBe('delete AKIAOURS, abandoned');
  expect(decided(slots([current, ours], { abandoned: 'AKIAOURS', recorded: new Set(['AKIAOURS']) }))).toBe(
    'stop for AKIACURRENT and AKIAOURS',
  );
  expect(decided(slots([current, ours], { abandoned: 'AKIAOURS', previous: 'AKIAOURS' }))).toBe(
    'stop for AKIACURRENT and AKIAOURS',
  );
  expect(decided(slots([current, ours], { abandoned: 'AKIAOURS', pending: 'AKIAOURS' }))).toBe(
    'stop for AKIACURRENT and AKIAOURS',
  );
  expect(decided(slots([ours, key('AKIAOTHER')], { abandoned: 'AKIAOURS', current: 'AKIAOURS' }))).toBe(
    'stop for AKIAOURS and AKIAOTHER',
  );
});

test('a key that nobody needs any more is let be while a slot is free', () => {
  expect(decided(slots([key('AKIAOURS')], { current: null, abandoned: 'AKIAOURS' }))).toBe('create');
});

describe('who holds which key', () => {
  const record = (...holds: HeldVersion[]): LinkRecord => ({
    fence: 1,
    lease: null,
    cluster: 'svc:3306',
    link: qualified('analytics', 'lake'),
    secretId: 'prod/s3',
    connectionSecretId: 'prod/singlestore',
    connections: [],
    holds,
    bracket: null,
  });
  const one = record({ version: 'v1', keyId: 'AKIAONE' });
  const either = record({ version: 'v1', keyId: 'AKIAONE' }, { version: 'v2', keyId: 'AKIATWO' });

  test.each<[string, LinkRecord[], boolean, string[], boolean]>([
    ['no link', [], false, [], false],
    ['one for certain', [one], false, ['AKIAONE'], false],
    ['around an ALTER either', [either], false, ['AKIAONE', 'AKIATWO'], false],
    ['of all records', [one, record({ version: 'v3', keyId: 'AKIASIX' })], false, ['AKIAONE', 'AKIASIX'], false],
    [
      'a version of ours without a key id is of another kind',
      [one, record({ version: 'v4' })],
      false,
      ['AKIAONE'],
      false,
    ],
    ['a link without a record may hold any', [one], true, ['AKIAONE'], true],
    ['so may one whose record says nothing', [one, record()], false, ['AKIAONE'], true],
    [
      'so may one that we did not write',
      [record({ version: null }, { version: 'v2', keyId: 'AKIATWO' })],
      false,
      ['AKIATWO'],
      true,
    ],
  ])('%s', (_, records, unrecorded, recorded, unknownHolder) => {
    const holders = holdersOf(records, unrecorded);
    expect(holders).toEqual({ recorded: new Set(recorded), unknownHolder });
    expect(mayBeHeld(holders, 'AKIAONE')).toBe(recorded.includes('AKIAONE') || unknownHolder);
    expect(mayBeHeld(holders, 'AKIANONE')).toBe(unknownHolder);
  });
});
