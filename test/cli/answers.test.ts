import { expected, type PlanAnswer } from '../../cli/answers';
import { widthOf } from '../../cli/width';
import { renderDoctor, renderPlan } from '../../cli/render/plan';
import { renderStatus } from '../../cli/render/status';
import { stepFailed } from '../../cli/render/rotation';
import { renderIdle, renderRecovery, renderRetired } from '../../cli/render/repair';
import { before, link, pending, pipeline, plain, secret, status } from './given';

const expectation = {
  inProgress: true,
  drain: { medianMs: 40, slowestMs: 90, batches: 41 },
  pause: { medianMs: 52, slowestMs: 102, batches: 41 },
  lastPauseMs: 9,
};
const planned: PlanAnswer = {
  pending: null,
  links: [
    {
      cluster: 'db.example.com:3306',
      link: '`analytics`.`lake`',
      type: 'S3',
      unchanged: false,
      pipelines: [
        {
          pipeline: '`analytics`.`archive`',
          state: 'Stopped',
          paused: false,
          pausedByUs: false,
          why: 'it does not run',
          expected: null,
        },
        {
          pipeline: '`analytics`.`clicks`',
          state: 'Running',
          paused: true,
          pausedByUs: false,
          why: 'it runs',
          expected: expectation,
        },
      ],
      statements: ['STOP', "ALTER LINK `analytics`.`lake` SET CREDENTIALS '<redacted>'", 'START'],
    },
  ],
  places: ['s3://ingest/clicks/'],
  uncovered: [
    { cluster: 'db.example.com:3306', object: '`sales`.`own`', why: 'a pipeline with credentials of its own.' },
  ],
  dangers: ['`analytics`.`clicks` has STOP_ON_ERROR OFF.'],
  advice: ['A role would need no key.'],
  calls: [{ call: 'iam:CreateAccessKey', why: 'the new key' }],
  blockers: [],
};
const blocked = { ...planned, blockers: [`KEY_QUOTA: ${'no free slot. '.repeat(12).trim()}`] };

test('a plan says what is paused and for how long, what is left alone and why, and what is sent', () => {
  const text = renderPlan('prod/s3-ingest', planned, plain(120)).join('\n');
  expect(text).toContain('✓ prod/s3-ingest  would change 1 link and pause 1 pipeline, each for 52 ms to 102 ms');
  expect(text).toContain(
    'analytics.clicks   Running  would pause  52 ms to 102 ms; last time 9 ms; a batch is under way; its drain 40 ms to',
  );
  expect(text).toContain('ms by median and slowest of 41 batches');
  expect(text).toContain('analytics.archive  Stopped  left alone   it does not run');
  expect(text).toContain("ALTER LINK `analytics`.`lake` SET CREDENTIALS '<redacted>'");
  expect(text).toContain('!  `analytics`.`clicks` has STOP_ON_ERROR OFF.');
  expect(text).toContain('!  not covered: sales.own, a pipeline with credentials of its own.');
});

test('what an answer leaves out, because it would be too long, is counted', () => {
  const leftOut = { pipelines: 12, pauses: 3 };
  const said = 'Not listed, to keep the answer below 5 MB: 12 pipelines, 3 pauses';
  expect(renderPlan('s', { ...planned, leftOut }, plain(120)).join('\n')).toContain(said);
  expect(renderStatus({ ...status(secret()), leftOut }, plain(120)).join('\n')).toContain(`${said}. Ask for one`);
  expect(renderStatus({ ...status(), leftOut }, plain(120)).join('\n')).toBe(
    `  ${said}. Ask for one secret to see more.`,
  );
});

test('of a pipeline without a batch on record nobody knows how long it is paused, and the plan says so', () => {
  const [one] = planned.links;
  const [archive, clicks] = one!.pipelines;
  const pipelines = [archive!, { ...clicks!, expected: { ...expectation, drain: null, pause: null } }];
  const text = renderPlan('s', { ...planned, links: [{ ...one!, pipelines }] }, plain(160)).join('\n');
  expect(text).toContain(
    'for how long is unknown; last time 9 ms; a batch is under way; its drain is unknown: no batch on record',
  );
});

test('what becomes of a version that is pending already is said by the plan and by the pre-flight', () => {
  for (const render of [renderPlan, renderDoctor])
    expect(render('prod/s3-ingest', { ...planned, pending: 'AWSPENDING is adopted.' }, plain(80)).join('\n')).toContain(
      '!  AWSPENDING is adopted.',
    );
});

test('what blocks comes first, in the plan and in the pre-flight', () => {
  for (const render of [renderPlan, renderDoctor]) {
    const [first, second] = render('prod/s3-ingest', blocked, plain(80));
    expect(first).toBe('✗ prod/s3-ingest  blocked by 1 obstacle');
    expect(second).toMatch(/^ {2}✗ {2}KEY_QUOTA: no free slot\./);
  }
  expect(renderDoctor('prod/s3-ingest', blocked, plain(80)).at(-1)).toBe('A rotation would fail until that is mended.');
  const past = 'ALTER_REFUSED: the last call failed at 04:00, which was not tried again by this look: in words.';
  const lastOf = (blockers: readonly string[]) => renderDoctor('s', { ...blocked, blockers }, plain(80)).at(-1);
  expect(lastOf([past])).toBe('A rotation would fail unless that was mended since.');
  expect(lastOf([past, ...blocked.blockers])).toBe('A rotation would fail until that is mended.');
  expect(renderDoctor('prod/s3-ingest', planned, plain(80)).at(-1)).toBe('Nothing stands in the way of a rotation.');
});

const three = [0, 1, 2].map((at) => `\`analytics\`.\`feed_${at}\``);
const skipping = (name: string): string => `${name} skips files. Safer: ALTER PIPELINE ${name} STOP_ON_ERROR ON.`;

test('of a danger that many share one is told, and how many more; with --all each', () => {
  const dangers = Array.from({ length: 300 }, (_, at) => skipping(`\`analytics\`.\`feed_${at}\``));
  for (const render of [renderPlan, renderDoctor]) {
    const text = render('s', { ...planned, dangers }, plain(400)).join('\n');
    expect(text).toContain(
      `!  ${dangers[0]} The same of 299 more: \`analytics\`.\`feed_1\`, \`analytics\`.\`feed_2\`, \`analytics\`.\`feed_3\` and 296 more.`,
    );
    expect(text.split('skips files')).toHaveLength(2);
  }
  expect(
    renderPlan('s', { ...planned, dangers }, plain(400), true)
      .join('\n')
      .split('skips files'),
  ).toHaveLength(301);
  const few = renderPlan('s', { ...planned, dangers: three.map(skipping) }, plain(400)).join('\n');
  expect(few).toContain(`The same of 2 more: ${three[1]!}, ${three[2]!}.`);
});

test('of many obstacles that are not alike the first are told, and how many more; each GRANT is one of its own', () => {
  const blockers = Array.from(
    { length: 300 },
    (_, at) => `NO_RIGHT: GRANT SHOW LINK ON \`db${at}\`.* TO 'rotator'@'%'`,
  );
  for (const render of [renderPlan, renderDoctor]) {
    const lines = render('s', { ...planned, blockers }, plain(100));
    expect(lines[0]).toBe('✗ s  blocked by 300 obstacles');
    expect(lines.slice(1, 10).map((line) => line.slice(0, 16))).toEqual([
      ...Array<string>(8).fill('  ✗  NO_RIGHT: G'),
      '  ✗  … 292 more;',
    ]);
  }
  expect(renderPlan('s', { ...planned, blockers }, plain(100), true).join('\n')).toContain('db299');
});

test('of many links those that change are shown first, each with less, and the others counted', () => {
  const [one] = planned.links;
  const links = Array.from({ length: 300 }, (_, at) => ({
    ...one!,
    link: `\`analytics\`.\`lake_${at}\``,
    unchanged: at < 290,
  }));
  const lines = renderPlan('s', { ...planned, links }, plain(100));
  expect(lines.length).toBeLessThan(100);
  expect(lines[1]).toContain('analytics.lake_290');
  expect(lines.join('\n')).toContain(
    '292 more links, of which 2 would change, and of 584 pipelines 292 would be paused;',
  );
  expect(renderPlan('s', { ...planned, links }, plain(100), true).join('\n')).toContain('analytics.lake_289');
  expect(renderDoctor('s', { ...planned, links }, plain(100)).join('\n')).toContain(
    '300 links: analytics.lake_0, analytics.lake_1, analytics.lake_2 and 297 more',
  );
});

test('a command in a sentence stands on a line of its own, whole, to be copied', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf';
  const [retire, rotate] = [
    `npx singlestore-link-rotation retire ${arn} --now --function rotator`,
    `aws secretsmanager rotate-secret --secret-id ${arn}`,
  ];
  const sentence = `KEY_QUOTA: no slot. If nothing uses it: ${retire}, then ${rotate} (again). Done.`;
  expect(renderPlan('s', { ...planned, blockers: [sentence] }, plain(60)).slice(1, 6)).toEqual([
    '  ✗  KEY_QUOTA: no slot. If nothing uses it:',
    `     ${retire}`,
    '     then',
    `     ${rotate}`,
    '     (again). Done.',
  ]);
  expect(
    renderRetired({ dryRun: false, retired: [], said: [`Rotate first: ${rotate}. Then ask.`] }, plain(60)),
  ).toEqual(['!  Rotate first:', `   ${rotate}`, '   Then ask.']);
});

test.each([80, 120])('at %d columns no line of a plan is longer', (width) => {
  for (const render of [renderPlan, renderDoctor])
    expect(render('prod/s3-ingest', blocked, plain(width)).filter((line) => widthOf(line) > width)).toEqual([]);
});

test('of many statements the beginning and the end are shown, with --all every one', () => {
  const [one] = planned.links;
  const many = {
    ...planned,
    links: [{ ...one!, statements: Array.from({ length: 30 }, (_, at) => `STATEMENT ${at}`) }],
  };
  expect(renderPlan('s', many, plain(80)).join('\n')).toMatch(
    /STATEMENT 3\n +… 22 more; --all lists them\n +STATEMENT 26/,
  );
  expect(renderPlan('s', many, plain(80), true).join('\n')).toContain('STATEMENT 15');
});

const nothing = { resumed: [], settled: [], retired: [], started: [], leftPaused: [], failures: [] };

test('a recovery tells what was done, a dry run what would be', () => {
  const some = {
    ...nothing,
    resumed: ['db.example.com:3306/`analytics`.`lake`'],
    failures: ['CONNECTION_REFUSED: down'],
  };
  expect(renderRecovery(some, false, plain(80))).toEqual([
    '✓  resumed  analytics.lake on db.example.com:3306',
    '✗  failed   CONNECTION_REFUSED: down',
  ]);
  expect(renderRecovery(some, true, plain(80))[0]).toBe('✓  would resume  analytics.lake on db.example.com:3306');
});

test('of many that are still paused the first are told, with --all every one, and what the answer leaves out', () => {
  const leftPaused = Array.from({ length: 200 }, (_, at) => `\`analytics\`.\`feed_${at}\``);
  const recovery = { resumed: [], settled: [], retired: [], started: [], leftPaused, failures: [] };
  expect(renderRecovery(recovery, true, plain(80))).toHaveLength(9);
  expect(renderRecovery(recovery, true, plain(80)).at(-1)).toMatch(/… 192 more; --all lists them$/);
  expect(renderRecovery(recovery, true, plain(80), true)).toHaveLength(200);
  const cut = { ...recovery, leftOut: { names: 7 } };
  expect(renderRecovery(cut, true, plain(80)).at(-1)).toContain('7 names');
});

test('calls that failed between two looks are counted', () => {
  expect(stepFailed(1, 'no.', 5_000, plain(80))).toBe('  ✗  a call failed, after 5 s: no.');
  expect(stepFailed(3, 'no.', 5_000, plain(80))).toBe('  ✗  3 calls failed, the last after 5 s: no.');
  expect(stepFailed(3, 'no.', null, plain(80))).toBe('  ✗  3 calls had failed before: no.');
});

test('that nothing was repaired is no good news while a run holds its pause', () => {
  const bracket = {
    phase: 'open',
    direction: 'forward',
    to: pending,
    openedAt: before(12),
    held: true,
    leaseUntil: before(-18),
  } as const;
  const pausing = secret({ links: [link({ bracket: { ...bracket, pipelines: [pipeline('clicks').pipeline] } })] });
  expect(renderIdle(status(pausing), plain(200)).join('\n')).toContain(
    "analytics.lake: 1 pipeline paused 12 seconds ago by a run that may be alive. Recover leaves it alone until that run's lease has run out, in 18 seconds; then ask again.",
  );
  expect(renderIdle(status(secret()), plain(80))).toEqual([
    '✓  Nothing to repair: nothing of ours is paused, nothing is due.',
  ]);
});

test('that nothing was repaired is no good news where something else is wrong', () => {
  const lines = renderIdle(status(secret({ drift: ['they disagree'] }), secret()), plain(120));
  expect(lines).toEqual([
    '✓  Nothing to repair: nothing of ours is paused, nothing is due.',
    '!  prod/s3-ingest: worth a look, and recover does not mend that: see status.',
  ]);
});

test('a pipeline that is paused by us is not left alone: somebody starts it again', () => {
  const why = 'by a run that died; started first, then paused again';
  const [archive, clicks] = planned.links[0]!.pipelines;
  const pipelines = [archive!, { ...clicks!, state: 'Stopped', paused: true, pausedByUs: true, why, expected: null }];
  const lines = renderPlan('s', { ...planned, links: [{ ...planned.links[0]!, pipelines }] }, plain(120));
  expect(lines[0]).toBe('✓ s  would change 1 link and pause 1 pipeline; 1 paused by us');
  expect(lines).toContain(`    analytics.clicks   Stopped  paused by us  ${why}`);
});

test('a key that was ended is told from one that was kept', () => {
  const said = ['AKIAONE was set Inactive at 2026-11-22T22:00:00.000Z.', 'AKIATWO was left as it is.'];
  expect(renderRetired({ dryRun: false, retired: ['AKIAONE'], said }, plain(80))).toEqual([
    '✓  AKIAONE was set Inactive at 2026-11-22 22:00 UTC.',
    '!  AKIATWO was left as it is.',
  ]);
});

test.each([null, 'text', { statusCode: 200 }, { secrets: 'many' }])('%j is the answer of something else', (answer) => {
  expect(() => expected('status', answer)).toThrow('the answer is not that of "status": is it the rotation function');
});
