import type { ErrorCode } from '../../lambda/core/errors';
import { explain, type Circumstances } from '../../lambda/core/explain';
import type { Fate } from '../../lambda/core/fate';
import type { PastRotation } from '../../lambda/core/history';
import type { LinkStatus } from '../../lambda/core/status';
import { qualified } from '../../lambda/core/names';

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-AbCdEf';
const now = Date.UTC(2026, 0, 2);
const minute = 60_000;
const hour = 60 * minute;

const version = (id: string, labels: readonly string[], keyId: string) => ({
  ...{ version: id, fingerprint: id, labels, since: '2026-01-01T00:00:00.000Z', ageHours: 24, keyId },
});
const link = (more: Partial<LinkStatus> = {}): LinkStatus => ({
  cluster: 'db:3306',
  link: qualified('analytics', 'lake'),
  type: 'S3',
  holds: [{ version: 'v1', fingerprint: 'v1', keyId: 'K1', labels: ['AWSCURRENT'], since: null }],
  agrees: true,
  bracket: null,
  pipelines: [],
  ...more,
});
const past = (more: Partial<PastRotation> = {}): PastRotation => ({
  ...{ secretId: arn, version: 'v2', startedAt: now - hour, startedBy: 'schedule', outcome: 'running' },
  ...{ paused: 0, spans: [], failures: 0 },
  ...more,
});
const failed = (code: ErrorCode, failures = 1, more: Partial<PastRotation> = {}): PastRotation =>
  past({
    failures,
    failure: { step: 'setSecret', code, message: `${code}: in words.`, at: now - minute, logs: 'https://logs/1' },
    ...more,
  });

const well: Circumstances = {
  now,
  functionName: 'rotator',
  secret: {
    ...{ arn, rotationEnabled: true, deleted: false, nextRotation: now + hour, lastRotation: null },
    labels: { v1: ['AWSCURRENT'] },
  },
  versions: [version('v1', ['AWSCURRENT'], 'K1')],
  valueless: [],
  links: [link()],
  keys: [],
  userName: 'ingest',
  history: [past({ version: 'v1', outcome: 'done' })],
};
const pending: Circumstances = {
  ...well,
  secret: { ...well.secret, labels: { v1: ['AWSCURRENT'], v2: ['AWSPENDING'] } },
  versions: [...well.versions, version('v2', ['AWSPENDING'], 'K2')],
};
const rotateAgain = `aws secretsmanager rotate-secret --secret-id ${arn}`;
const key = (keyId: string, is: Fate['is'], active = true) => ({ keyId, active, fate: { is, words: '' } });

test('a secret that rotates is not stuck', () => {
  expect(explain(well)).toBeNull();
  expect(explain({ ...well, history: [] })).toBeNull();
});

test('AWSPENDING that stayed on AWSCURRENT after a promotion is nothing pending', () => {
  const secret = { ...well.secret, labels: { v1: ['AWSPENDING', 'AWSCURRENT'] } };
  expect(explain({ ...well, secret })).toBeNull();
});

describe('a rotation that is pending', () => {
  test('is under way while it has not failed and is young', () => {
    expect(explain({ ...pending, history: [past({ startedAt: now - 19 * minute })] })).toBeNull();
  });

  test('has no invented cause, and no command, when the history could not be read', () => {
    for (const valueless of [[], ['v2']]) {
      const found = explain({ ...pending, valueless, history: null });
      expect(found).toMatchObject({ since: null, step: null, code: null, command: null });
      expect(found?.why).toMatch(/is not known: the history could not be read/);
    }
    expect(explain({ ...well, history: null })).toBeNull();
  });

  test('is stuck when nothing was heard of it for longer than an invocation lives', () => {
    expect(explain({ ...pending, history: [past({ startedAt: now - 21 * minute })] })).toMatchObject({
      since: new Date(now - 21 * minute).toISOString(),
      why: expect.stringContaining('no call of it has been heard of since') as string,
      command: `aws secretsmanager rotate-secret --secret-id ${arn}`,
    });
  });

  test('without a value, and of which no call is known, was never given to the function', () => {
    const found = explain({ ...pending, valueless: ['v2'], history: [] });
    expect(found).toMatchObject({ code: 'PENDING_WITHOUT_VALUE', since: null, version: 'v2', step: null });
    expect(found?.command).toContain('rotate-secret');
  });

  test('and has failed for a reason that passes is tried again: nothing is to be done', () => {
    const found = explain({ ...pending, history: [failed('DRAIN_EXCEEDED')] });
    expect(found).toMatchObject({
      ...{ step: 'setSecret', code: 'DRAIN_EXCEEDED', why: 'in words.', command: null, afterMending: false },
      ...{ logs: 'https://logs/1', since: new Date(now - hour).toISOString(), version: 'v2' },
    });
    expect(found?.next).toBe(
      `Secrets Manager tries again while a rotation window is open: this one or the next ends at ${new Date(now + hour).toISOString()}. Nothing is to be done.`,
    );
  });

  test('is tried again at no date that has passed', () => {
    const secret = { ...pending.secret, nextRotation: now - hour };
    expect(explain({ ...pending, secret, history: [failed('DRAIN_EXCEEDED')] })?.next).toBe(
      'Secrets Manager tries again while a rotation window is open. Nothing is to be done.',
    );
  });

  test.each<[string, PastRotation]>([
    ['five times', failed('DRAIN_EXCEEDED', 5)],
    ['for a day', failed('DRAIN_EXCEEDED', 1, { startedAt: now - 25 * hour })],
    ['for a reason that does not pass', failed('PRIVILEGE_MISSING')],
  ])('and has failed %s needs a person', (_, history) => {
    const found = explain({ ...pending, history: [history] });
    expect(found?.command).toBe(`aws secretsmanager rotate-secret --secret-id ${arn}`);
    expect(found?.next).toContain('fails the same way');
    expect(found?.afterMending).toBe(true); // the command alone would fail again
  });

  test.each<ErrorCode>([
    'SECRET_SHAPE',
    'CREATE_REFUSED',
    'CREDENTIALS_DENIED',
    'CONNECTION_SECRET_SHAPE',
    'LOGIN_REFUSED',
    'TLS_REFUSED',
    'GRAMMAR_UNKNOWN',
    'LINK_MISSING',
    'SOURCE_HIDDEN',
    'STOP_REFUSED',
    'ALTER_REFUSED',
    'INTERNAL',
  ])('and has failed with %s: its command is for when the cause is mended, which is told', (code) => {
    const found = explain({ ...pending, history: [failed(code)] });
    expect(found).toMatchObject({ code, why: 'in words.', afterMending: true });
    expect(found?.command).toContain('rotate-secret');
  });

  test('leaves behind its key, and what links hold', () => {
    const holds = (versions: readonly string[]) =>
      versions.map((each) => ({ version: each, fingerprint: each, keyId: null, labels: [], since: null }));
    const links = [
      link({ holds: holds(['v2']) }),
      link({ link: qualified('sales', 'lake'), holds: holds(['v1', 'v2']) }),
    ];
    expect(explain({ ...pending, links, history: [failed('DRAIN_EXCEEDED')] })?.leftBehind).toEqual([
      'key K2 exists, and stands in version v2',
      '`analytics`.`lake` holds version v2',
      '`sales`.`lake` may hold version v2',
    ]);
  });

  const full = (keys: Circumstances['keys']) =>
    explain({ ...pending, valueless: ['v2'], keys, history: [failed('KEY_QUOTA')] });
  test.each<[string, Circumstances['keys'], string]>([
    ['a key that waits for its end is ended at once', [key('K0', 'waits')], `retire ${arn} --now --function rotator`],
    ['as is one that is due', [key('K0', 'due')], `retire ${arn} --now --function rotator`],
    [
      "an unknown key is the user's to delete",
      [key('K9', 'unknown')],
      'delete-access-key --user-name ingest --access-key-id K9',
    ],
    ['a key that a link may hold is not ended by a command', [key('K9', 'held')], 'rotate-secret'],
  ])('for want of a free slot: %s', (_, keys, command) => {
    const found = full([key('K1', 'current'), ...keys]);
    expect(found?.command).toContain(command);
    expect(found?.afterMending).toBe(command === 'rotate-secret');
  });

  test.each<[string, Circumstances['keys'], string]>([
    ['ends with the next rotation', [key('K0', 'ends', false)], 'K0 is Inactive, deleted by the next rotation'],
    ['is gone', [], 'ingest has a free slot'],
  ])(
    'for want of a slot that has one since, for the key in the way %s, goes on with the command',
    (_, others, fact) => {
      const keys = [key('K1', 'current'), ...others].map((one) => ({
        ...one,
        fate: { ...one.fate, words: 'Inactive, deleted by the next rotation' },
      }));
      const found = full(keys);
      expect(found).toMatchObject({ code: 'KEY_QUOTA', command: rotateAgain, afterMending: false });
      expect(found?.why).toContain(`That looks mended: ${fact}.`);
      expect(found?.why).not.toContain('in words.');
      expect(found?.next).not.toContain('fails the same way');
    },
  );

  test('for want of a slot stays so while the keys cannot be looked at', () => {
    expect(full([])).toMatchObject({ why: 'in words.', afterMending: true });
  });

  test('for want of a slot that a key in use takes has no command that ends it, and says what uses it', () => {
    const used = { ...key('K0', 'used'), fate: { is: 'used', words: 'used at noon for s3' } } as const;
    expect(full([key('K1', 'current'), used])).toMatchObject({
      ...{ command: rotateAgain, afterMending: true },
      next: expect.stringContaining('In the way is key K0, used at noon for s3.') as string,
    });
  });

  test('whose key somebody set Inactive goes on once it is active', () => {
    const keys = [key('K2', 'pending', false)];
    const found = explain({ ...pending, keys, history: [failed('CREDENTIALS_NOT_ACCEPTED', 5)] });
    expect(found?.command).toContain('update-access-key --user-name ingest --access-key-id K2 --status Active');
  });

  test('that never gets a value is taken away', () => {
    const found = explain({ ...pending, valueless: ['v2'], history: [failed('PENDING_WITHOUT_VALUE', 5)] });
    expect(found?.command).toContain('--version-stage AWSPENDING --remove-from-version-id v2');
  });
});

const open = (openedAt: number, held = false): LinkStatus['bracket'] => ({
  ...{ phase: 'open', direction: 'forward', to: 'v2', openedAt: new Date(openedAt).toISOString(), held },
  leaseUntil: new Date(held ? now + minute : openedAt).toISOString(),
  pipelines: [qualified('analytics', 'orders')],
});

describe('pipelines that a dead run left paused', () => {
  test('come before everything else', () => {
    const secret = { ...pending.secret, deleted: true };
    const links = [link(), link({ bracket: open(now - minute) })];
    expect(explain({ ...pending, secret, links, history: [failed('PRIVILEGE_MISSING')] })).toMatchObject({
      since: new Date(now - minute).toISOString(),
      code: 'PRIVILEGE_MISSING',
      why: 'pipelines are paused by a run that died.',
      leftBehind: expect.arrayContaining(['paused through `analytics`.`lake`: `analytics`.`orders`']) as string[],
      next: expect.stringMatching(/^The watchdog starts them.*recover --function rotator$/) as string,
      command: null, // nobody has to run it: the watchdog has its time first
    });
  });

  test('are named while they are few; of two hundred the first are, and the others counted', () => {
    const left = (count: number) => {
      const pipelines = Array.from({ length: count }, (_, at) => qualified('a', `p${at}`));
      return explain({ ...pending, links: [link({ bracket: { ...open(now - minute)!, pipelines } })] })?.leftBehind;
    };
    expect(left(8)?.[1]).toMatch(/^paused through `analytics`\.`lake`: (`a`\.`p\d`(, )?){8}$/);
    expect(left(200)?.[1]).toBe(
      'paused through `analytics`.`lake`: 200 pipelines: `a`.`p0`, `a`.`p1`, `a`.`p2` and 197 more',
    );
  });

  test('were killed in setSecret, which alone begins a pause; nothing else is known of why', () => {
    const links = [link({ bracket: open(now - minute) })];
    const killed = { step: 'setSecret', code: null, logs: null };
    expect(explain({ ...pending, links, history: [past()] })).toMatchObject(killed);
    const before = failed('KEY_QUOTA', 1, {
      failure: { step: 'createSecret', code: 'KEY_QUOTA', message: 'KEY_QUOTA: no', at: now - hour, logs: 'https://l' },
    });
    expect(explain({ ...pending, links, history: [before] })).toMatchObject(killed);
  });

  test('on the way back were left by whatever step began it', () => {
    const bracket = { ...open(now - minute)!, direction: 'back' } as const;
    expect(explain({ ...pending, links: [link({ bracket })], history: [past()] })?.step).toBeNull();
  });

  test('for minutes, though the watchdog comes every minute, need a person: it does not come, or cannot', () => {
    const left = (minutes: number) => explain({ ...pending, links: [link({ bracket: open(now - minutes * minute) })] });
    expect(left(3)?.command).toBeNull();
    expect(left(4)).toMatchObject({
      why: expect.stringContaining('watchdog has not') as string,
      command: 'npx singlestore-link-rotation recover --function rotator',
    });
  });

  test('by a run that died late in a long pause are not late: the watchdog may come when the lease has run out', () => {
    const bracket = { ...open(now - 10 * minute)!, leaseUntil: new Date(now - minute).toISOString() };
    expect(explain({ ...pending, links: [link({ bracket })] })?.command).toBeNull();
  });

  test('are no concern while somebody is at work on them', () => {
    const history = [past({ startedAt: now - minute })];
    expect(explain({ ...pending, history, links: [link({ bracket: open(now - minute, true) })] })).toBeNull();
  });
});

test('a secret that is being deleted is restored first', () => {
  expect(explain({ ...well, secret: { ...well.secret, deleted: true } })).toMatchObject({
    code: 'SECRET_UNREADABLE',
    command: `aws secretsmanager restore-secret --secret-id ${arn}`,
  });
});

test('a rotation that was cancelled says what it left', () => {
  const secret = { ...pending.secret, rotationEnabled: false };
  expect(explain({ ...pending, secret, history: [past()] })).toMatchObject({
    ...{ code: 'ROTATION_OFF', version: 'v2', leftBehind: ['key K2 exists, and stands in version v2'] },
    why: expect.stringContaining('AWSPENDING was left behind') as string,
    command: expect.stringContaining('rotate-secret') as string,
  });
});

test('links on a version that has lost its labels are moved back', () => {
  const holds = [{ version: 'v0', fingerprint: 'v0', keyId: 'K0', labels: [], since: null }];
  expect(explain({ ...well, links: [link({ holds })] })).toMatchObject({
    ...{ version: 'v0', leftBehind: ['`analytics`.`lake` may hold version v0'] },
    next: expect.stringMatching(/^The watchdog moves these links back .*Secrets Manager rotates again/) as string,
    command: 'npx singlestore-link-rotation recover --function rotator',
  });
});

test('a version that was given up is told until the next one', () => {
  const history = [failed('PROOF_FAILED', 2, { outcome: 'given-up' })];
  expect(explain({ ...well, history })).toMatchObject({ code: 'PROOF_FAILED', version: 'v2', step: 'setSecret' });
  expect(explain({ ...well, history: [past({ version: 'v3', outcome: 'done' }), ...history] })).toBeNull();
});
