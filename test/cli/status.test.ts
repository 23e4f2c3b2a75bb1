import { qualified } from '../../lambda/core/names';
import type { LinkStatus } from '../../lambda/core/status';
import { renderStatus } from '../../cli/render/status';
import { table } from '../../cli/render/lines';
import { shownDuration } from '../../lambda/page/view';
import { widthOf } from '../../cli/width';
import { logAddress } from '../../lambda/edge/log';
import { before, link, pending, pipeline, plain, secret, status } from './given';

const text = (given: ReturnType<typeof secret>, width = 80, all = false): string =>
  renderStatus(status(given), plain(width), all).join('\n');

test('a healthy secret is one short screen', () => {
  expect(text(secret())).toBe(
    `✓ prod/s3-ingest  all is well
Versions
  AWSCURRENT  11111111  30 days old  key …000001
Links and pipelines
  analytics.lake  S3 on db.example.com:3306
    holds 11111111 (AWSCURRENT) for 30 days
    analytics.clicks  Running  batch 312
    analytics.orders  Running  batch 312
Access keys of singlestore-ingest
  …000001  Active  30 days old  used 1 minute ago, s3  AWSCURRENT
Last rotations
  30 days ago  11111111  done  in 4 s  2 pauses ≤ 9 ms  schedule
Rotation  on; next by 2026-12-01 03:00 UTC, in 8 days; last success 30 days ago`,
  );
});

test('a version without an age has no value yet, or one that was not read', () => {
  const [version] = secret().versions;
  const none = { ...version!, since: null, ageHours: null, keyId: null };
  expect(text(secret({ versions: [none] }))).toContain('AWSCURRENT  11111111  no value yet');
  expect(text(secret({ versions: [{ ...none, unread: true }] }))).toContain('AWSCURRENT  11111111  value not read');
});

const stuck = secret({
  stuck: {
    since: before(240),
    version: pending,
    step: 'setSecret',
    code: 'CREDENTIALS_DENIED',
    why: `s3://ingest/sales/ denies ListObjectsV2 to the new key. ${'Nothing was paused. '.repeat(5)}`,
    leftBehind: ['key AKIAPENDING0000000001 exists', '`analytics`.`lake` may hold version 22222222'],
    next: 'Secrets Manager calls again until 2026-12-01T03:00:00.000Z.',
    command: `aws secretsmanager rotate-secret --secret-id ${secret().secretId}`,
    afterMending: true,
    logs: `https://console.example.com/${'x'.repeat(200)}`,
  },
});

test('a stuck secret says what failed, what is left and the one command, which is never broken', () => {
  const lines = renderStatus(status(stuck), plain(80));
  expect(lines[0]).toBe('✗ prod/s3-ingest  needs a person');
  expect(lines).toContain('  stuck        in setSecret: CREDENTIALS_DENIED, pending for 4 minutes');
  expect(lines).toContain('  by itself    Secrets Manager calls again until 2026-12-01 03:00 UTC.');
  expect(lines.join('\n')).toMatch(/^ {2}once mended +aws secretsmanager/m);
  expect(lines).toContain('               analytics.lake may hold version 22222222');
  expect(lines.filter((line) => line.includes(stuck.stuck!.command!))).toHaveLength(1);
  expect(lines.filter((line) => line.includes(stuck.stuck!.logs!))).toHaveLength(1);
});

test('the log of a call is told by its group and its request; the address, which fills four lines, is in --json', () => {
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/rotator',
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]4f3c',
  };
  const logs = logAddress(env, '8f5b1c1e-0000-4000-8000-000000000000');
  const lines = renderStatus(status(secret({ stuck: { ...stuck.stuck!, logs } })), plain(80));
  expect(lines).toContain('  logs         /aws/lambda/rotator, request 8f5b1c1e-0000-4000-8000-000000000000');
});

test('a rotation whose calls failed, or that is stuck, is pending and not under way', () => {
  const [done] = secret().history;
  const failure = { step: 'setSecret', code: 'CREDENTIALS_DENIED', message: '', at: 0, logs: null } as const;
  const running = { ...done!, version: pending, outcome: 'running' as const, failures: 0 };
  expect(text(secret({ history: [running] }))).toMatch(/22222222 {2}under way/);
  expect(text(secret({ history: [{ ...running, failures: 3, failure }] }))).toMatch(
    /22222222 {2}pending .*\n {2}22222222: 3 calls failed, the last in setSecret/,
  );
  expect(text(secret({ history: [running], stuck: stuck.stuck }))).toMatch(/22222222 {2}pending/);
});

test.each([80, 120])('at %d columns no line is longer, but for what is to be copied', (width) => {
  const busy = secret({
    stuck: { ...stuck.stuck!, command: null, logs: null },
    drift: ['`analytics`.`lake` holds a credential that no rotation put there. '.repeat(4).trim()],
    unseen: [`CONNECTION_REFUSED: ${'the cluster does not answer '.repeat(8).trim()}`],
    links: [
      link({
        pipelines: [
          pipeline('p'.repeat(60), { state: 'Error', lastError: { at: before(90), code: 1934, kind: 'credential' } }),
        ],
      }),
    ],
  });
  const lines = renderStatus(status(busy), plain(width));
  expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
});

const open: NonNullable<LinkStatus['bracket']> = {
  ...{ phase: 'open', direction: 'forward', to: pending, openedAt: before(40), held: false, leaseUntil: null },
  pipelines: [qualified('analytics', 'clicks')],
};
const stopped = (count: number) =>
  Array.from({ length: count }, (_, at) => pipeline(`quiet_${at}`, { state: 'Stopped' }));

test('a pause of a dead run is told from one that somebody may be working on', () => {
  const pause = {
    phase: 'open',
    direction: 'forward',
    to: pending,
    openedAt: before(40),
    pipelines: [qualified('analytics', 'clicks')],
  } as const;
  const shown = (held: boolean): string =>
    text(
      secret({
        links: [
          link({
            bracket: { ...pause, held, leaseUntil: before(held ? -20 : 10) },
            pipelines: [pipeline('clicks', { state: 'Stopped', pausedByUs: true })],
          }),
        ],
      }),
      120,
    );
  expect(shown(true).split('\n')[1]).toBe(
    '  !  1 pipeline is paused by a run that may be alive. Unless it renews its lease, that runs out in 20 seconds; then the',
  );
  expect(shown(false)).not.toContain('may be alive');
  expect(shown(true)).toContain('paused for the new credentials 40 seconds ago: a run is at work, or its lease');
  expect(shown(false)).toContain(
    'paused for the new credentials 40 seconds ago, and nobody is at work on it: recover resumes 1 pipeline',
  );
  expect(shown(false)).toContain('analytics.clicks  Stopped, paused by us');
});

test('of two hundred healthy pipelines the one in Error is listed, the others counted; --all lists all', () => {
  const many = secret({
    links: [
      link({
        pipelines: [
          ...Array.from({ length: 200 }, (_, index) => pipeline(`feed_${index}`)),
          pipeline('broken', { state: 'Error', lastError: { at: before(180), code: 1934, kind: 'credential' } }),
        ],
      }),
    ],
  });
  expect(text(many)).toContain('analytics.broken  Error  batch 312  credential error 1934, 3 minutes ago');
  expect(text(many)).toContain('200 Running besides; --all lists them');
  expect(text(many)).not.toContain('feed_7');
  expect(text(many, 80, true)).toContain('feed_199');
});

test('of two hundred paused pipelines the first are listed and the others counted, and the command stands in sight', () => {
  const pause = { ...open, pipelines: Array.from({ length: 200 }, (_, at) => qualified('analytics', `feed_${at}`)) };
  const pipelines = pause.pipelines.map((_, at) => pipeline(`feed_${at}`, { state: 'Stopped', pausedByUs: true }));
  const leftBehind = Array.from({ length: 20 }, (_, at) => `paused through lake ${at}`);
  const many = secret({
    links: [link({ bracket: pause, pipelines: [...pipelines, ...stopped(30)] })],
    stuck: { ...stuck.stuck!, leftBehind },
  });
  const shown = text(many);
  expect(shown.split('\n').length).toBeLessThan(60);
  expect(shown).toContain('feed_7 ');
  expect(shown).not.toContain('feed_8 ');
  expect(shown).toContain('192 paused, 22 Stopped besides; --all lists them');
  expect(shown).toContain('… 12 more; status --all lists them');
  expect(shown.indexOf('by itself')).toBeLessThan(shown.indexOf('left behind'));
  const whole = text(many, 80, true);
  for (const name of ['feed_199 ', 'quiet_29 ', 'paused through lake 19']) expect(whole).toContain(name);
});

test('pipelines that the answer leaves out are counted all the same', () => {
  const shown = text(secret({ links: [link({ bracket: { ...open, leftOut: 40 }, leftOut: 30 })] }), 120);
  expect(shown).toContain('recover resumes 41 pipelines');
  expect(shown).toContain('30 more pipelines left out of the answer');
  expect(text(secret({ links: [link({ pipelines: [], leftOut: 30 })] }))).not.toContain('no pipeline reads');
});

test('whether a secret rotates that could not be described is not known', () => {
  const shown = text(secret({ rotation: { enabled: null, next: null, last: null } }));
  expect(shown).toMatch(/^Rotation {2}not known: the secret was not seen$/m);
});

test('a link around a change that is not confirmed shows both, and one without a record says so', () => {
  const [first] = link().holds;
  const second = { version: pending, fingerprint: '22222222', keyId: null, labels: ['AWSPENDING'], since: null };
  expect(text(secret({ links: [link({ holds: [first!, second], agrees: false })] }))).toContain(
    'holds 11111111 or 22222222',
  );
  expect(text(secret({ links: [link({ holds: [], agrees: false })] }))).toContain('no record yet of what it holds');
});

test('of records that could not be read it says that nothing is known, and needs a person', () => {
  const [done] = secret().history;
  const running = { ...done!, version: pending, outcome: 'running' as const, paused: 0, spans: [] };
  const unread = { unread: true } as const;
  const given = (holds: LinkStatus['holds']) =>
    secret({ journalUnread: ['links'], links: [link({ ...unread, holds, agrees: false })], history: [running] });
  const shown = text(given([]), 120);
  expect(shown).toContain('needs a person');
  expect(shown).toContain('what it holds, and whether these are paused by us, is not known');
  expect(shown).toContain('pauses not known');
  expect(shown).not.toMatch(/no pause|no record/);
  expect(text(given(link().holds), 120)).toMatch(/holds 11111111 .*; whether these are paused by us is not known/);
  expect(text(secret({ journalUnread: ['history'] }))).toContain('needs a person');
});

test('a name that would move the cursor or turn the writing is shown, not obeyed', () => {
  const shown = text(secret({ links: [link({ pipelines: [pipeline('a\u001b[2Jb\u202ec\nd')] })] }), 200);
  expect(shown).toContain('`analytics`.`a\\u{1b}[2Jb\\u{202e}c\\u{a}d`');
  // eslint-disable-next-line no-control-regex -- the control character is what must not be there
  expect(shown).not.toMatch(/[\u001b\u202e]/);
});

test('rotation that is switched off is said, and an empty configuration too', () => {
  expect(text(secret({ rotation: { enabled: false, next: null, last: null } }))).toContain(
    'off: nobody calls the function; none has succeeded yet',
  );
  expect(renderStatus(status(), plain(80))).toEqual(['No secret is configured: ROTATIONS of the function is empty.']);
});

test('an accent of its own code point takes no place, and is not cut from its letter', () => {
  const accented = 'cafe\u0301';
  expect(
    table(
      plain(80),
      [
        [accented, 'x'],
        ['tea', 'y'],
      ],
      0,
    ),
  ).toEqual([`${accented}  x`, 'tea   y']);
  expect(table(plain(40), [['e\u0301'.repeat(60), 'x']], 0)[0]).toMatch(/^(?:e\u0301)+ {2}x$/u);
});

test('of many links those are shown that need eyes, and the others counted; with --all every one', () => {
  const links = Array.from({ length: 300 }, (_, at) =>
    link({ link: qualified('analytics', `lake_${at}`), ...(at === 250 ? { agrees: false } : {}) }),
  );
  const shown = text(secret({ links }), 120);
  expect(shown.split('\n').length).toBeLessThan(60);
  expect(shown).toMatch(/pipelines\n {2}analytics\.lake_250 /);
  expect(shown).toContain('292 more links, 292 with AWSCURRENT; 584 pipelines: 584 Running; --all lists them');
  expect(text(secret({ links }), 80, true)).toContain('analytics.lake_299 ');
});

test('of many secrets those are shown that need eyes, and the others have a line each; with --all every one is shown', () => {
  const named = (at: number) => `arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s${at}-AbCdEf`;
  const secrets = Array.from({ length: 100 }, (_, at) =>
    secret({ secretId: named(at), drift: at < 98 ? [] : ['they disagree'] }),
  );
  const lines = renderStatus(status(...secrets), plain(80));
  expect(lines[0]).toBe('! prod/s98  worth a look');
  expect(lines.length).toBeLessThan(140);
  expect(lines.filter((line) => line.endsWith('  all is well'))).toHaveLength(98);
  expect(lines.at(-1)).toBe('  status SECRET shows one of them in full, --all every one');
  expect(renderStatus(status(...secrets), plain(80), true).filter((line) => line === 'Versions')).toHaveLength(100);
});

test('of a rotation whose calls failed until they went well, only that is said', () => {
  const [done] = secret().history;
  expect(text(secret({ history: [{ ...done!, failures: 2 }] }))).toContain(
    '11111111: 2 calls failed, and went well when tried again',
  );
});

test('a rotation that ended before it began, by clocks that differ, took no time', () => {
  const [done] = secret().history;
  expect(text(secret({ history: [{ ...done!, endedAt: done!.startedAt - 3_000 }] }))).toContain(
    `done  in ${shownDuration(0)}`,
  );
});

test('letters of East Asia and emoji take two places: columns stand under each other all the same', () => {
  expect(
    table(
      plain(80),
      [
        ['注文', 'x'],
        ['🚚', 'x'],
        ['🚢a', 'x'],
        ['tea', 'x'],
      ],
      0,
    ),
  ).toEqual(['注文  x', '🚚    x', '🚢a   x', 'tea   x']);
  expect(table(plain(40), [['注'.repeat(60), 'x']], 0).filter((line) => widthOf(line) > 40)).toEqual([]);
});

test.each([
  ['an emoji of 2021', '🫠', 2],
  ['one that is yet to come', '\u{1fadd}', 2],
  ['one with a colour of its own', '👍🏽', 2],
  ['a flag', '🇩🇪', 2],
  ['a sign that a selector makes an emoji', '❤\ufe0f', 2],
  ['the same sign as text', '❤', 1],
  ['marks of Thai and of Hebrew', 'ก็ש\u05c1\u05b8', 2],
  ['a syllable written as its parts', '각'.normalize('NFD'), 2],
])('%s takes its places: %s', (_, text, places) => {
  expect(widthOf(text)).toBe(places);
});
