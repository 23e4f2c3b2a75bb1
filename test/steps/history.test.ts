import { spansKept } from '../../lambda/core/history';
import { requestedBy, startedBy } from '../../lambda/steps/history';
import { recover } from '../../lambda/steps/recover';
import { rotate } from '../../lambda/steps/rotate';
import { status } from '../../lambda/steps/status';
import { qualified } from '../../lambda/core/names';
import { secretId } from '../support/scenario';
import type { MemoryWorld } from '../support/world';
import { call, clusterOf, failure, onLink, rotateWithRetries, upTo } from './driving';
import { dying, label, of, open, refuse } from './remembered';

const subjects = (world: MemoryWorld): string[] => world.notices.map(({ subject }) => subject);
const watch = async (world: MemoryWorld, minutes: number): Promise<void> => {
  for (let minute = 0; minute < minutes; minute += 1) {
    await world.pass(60_000);
    await world.run(recover);
  }
};

test('a rotation that goes well is remembered with its pauses, and told to those who want to know', async () => {
  const world = open();
  const startedAt = world.clock.now();
  const version = await upTo(world, 'finishSecret');
  const past = of(world, version);
  expect(past).toMatchObject({ secretId, version, outcome: 'done', failures: 0, paused: 2, told: ['done'] });
  expect(past!.startedAt - startedAt).toBeLessThan(100);
  expect(past!.endedAt).toBeGreaterThan(past!.startedAt);
  expect(past!.spans.map(({ pipeline }) => pipeline).sort()).toEqual(['`analytics`.`orders`', '`sales`.`invoices`']);
  const metric = world.metrics.find(({ name }) => name === 'PipelinePauseMilliseconds');
  expect(past!.spans.map(({ milliseconds }) => milliseconds).sort()).toEqual([...(metric?.values ?? [])].sort());
  for (const { at, milliseconds } of past!.spans) expect(at + milliseconds).toBeLessThanOrEqual(past!.endedAt!);
  expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest is done']);
  expect(world.notices[0]?.text).toContain('Pauses: 2, the longest ');
});

test('those who want to hear of failures alone hear nothing of it', async () => {
  const world = open();
  world.tellsSuccesses = false;
  const version = await upTo(world, 'finishSecret');
  expect(of(world, version)?.outcome).toBe('done');
  expect(world.notices).toEqual([]);
});

test('of many pauses the longest are kept, and all are counted', async () => {
  const many = Array.from({ length: spansKept + 5 }, (_, at) => onLink(`p${at}`));
  const world = open(clusterOf(...many));
  const past = of(world, await upTo(world, 'finishSecret'));
  expect([past?.paused, past?.spans.length]).toEqual([many.length, spansKept]);
  const all = world.metrics.filter(({ name }) => name === 'PipelinePauseMilliseconds').flatMap(({ values }) => values);
  const longest = all.sort((a, b) => b - a).slice(0, spansKept);
  expect(past?.spans.map(({ milliseconds }) => milliseconds)).toEqual(longest);
});

test('a failure is remembered with its step, code and log, and told once, however often the call is repeated', async () => {
  const world = open();
  world.server().down = true;
  const version = world.startRotation();
  const codes: string[] = [];
  for (let attempt = 0; attempt < 3; attempt += 1)
    codes.push((await failure(call(world, 'createSecret', version))).code);
  const past = of(world, version);
  expect(past).toMatchObject({ outcome: 'running', failures: 3, failure: { step: 'createSecret', code: codes[2] } });
  expect(past?.failure?.logs).toMatch(/^https:\/\/logs\.example\//);
  expect(subjects(world)).toEqual([`Rotation of prod/s3-ingest failed in createSecret: ${codes[0] ?? ''}`]);
  expect(world.notices[0]?.text).toContain('npx singlestore-link-rotation status');
  expect(world.notices[0]?.text).toContain('https://logs.example/');
  world.server().down = false;
  expect(await rotateWithRetries(world, version, [])).toBe(true);
  expect(of(world, version)).toMatchObject({ outcome: 'done', failures: 3 });
  expect(world.notices).toHaveLength(2);
});

test('a failure is over once its step goes well: then it is only counted, and says no more why the rotation waits', async () => {
  const world = open();
  const version = await upTo(world, 'createSecret');
  world.server().down = true;
  await failure(call(world, 'setSecret', version));
  world.server().down = false;
  await call(world, 'createSecret', version);
  expect(of(world, version)?.failure?.step).toBe('setSecret'); // a step before it tells nothing of it
  await call(world, 'setSecret', version);
  expect(of(world, version)).toMatchObject({ outcome: 'running', failures: 1 });
  expect(of(world, version)?.failure).toBeUndefined();
  expect((await world.run((run) => status(run, secretId))).secrets[0]?.stuck).toBeNull();
});

test('a version that is given up: what was refused is remembered and told, once', async () => {
  const world = open();
  const version = await upTo(world, 'setSecret');
  refuse(world, version);
  await failure(call(world, 'testSecret', version));
  world.keys.deny(() => false);
  await upTo(world, 'setSecret', version);
  refuse(world, version);
  await failure(call(world, 'testSecret', version));
  const past = of(world, version);
  expect(past).toMatchObject({ outcome: 'given-up', failures: 2, failure: { code: 'VERSION_GIVEN_UP' } });
  expect(past?.paused).toBeGreaterThanOrEqual(4); // there and back, twice
  expect(subjects(world).at(-1)).toBe('Rotation of prod/s3-ingest was given up');
  expect(world.notices.at(-1)?.text).toContain('the source refuses version');
  await failure(call(world, 'testSecret', version));
  expect([world.notices.length, of(world, version)?.outcome]).toEqual([2, 'given-up']);
});

test('a version that lost its label is abandoned: by the watchdog, with the pauses of the way back', async () => {
  const world = open();
  const version = await upTo(world, 'setSecret');
  await label(world, 'AWSPENDING', version, null);
  await world.run(recover);
  expect(of(world, version)).toMatchObject({ outcome: 'abandoned', paused: 4 });
  await watch(world, 3);
  expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest was abandoned']); // for links held it
  expect(world.notices[0]?.text).toMatch(/Why: the version has lost its label.* while link .* held it/);
});

test('a version that lost its label is abandoned: for whoever looks, though nobody came for it', async () => {
  const world = open();
  const version = await upTo(world, 'createSecret');
  const outcome = async (): Promise<string | undefined> =>
    (await world.run((run) => status(run, secretId))).secrets[0]?.history[0]?.outcome;
  expect(await outcome()).toBe('running');
  await label(world, 'AWSPENDING', version, null);
  expect(await outcome()).toBe('abandoned');
  await watch(world, 2);
  expect(subjects(world)).toEqual([]); // no link held it
});

test('a version that lost its label is abandoned: by the next call for it', async () => {
  const world = open();
  const version = await upTo(world, 'createSecret');
  await label(world, 'AWSPENDING', version, null);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('VERSION_UNKNOWN');
  expect(of(world, version)).toMatchObject({ outcome: 'abandoned', failure: { step: 'setSecret' } });
});

test('a version that lost its label is abandoned: by the next rotation, when nobody came for it', async () => {
  const world = open();
  const version = await upTo(world, 'createSecret');
  await label(world, 'AWSPENDING', version, null);
  await upTo(world, 'createSecret');
  expect(of(world, version)?.outcome).toBe('abandoned');
});

test('a run that dies behind the promotion leaves it running, and the watchdog says that it is done', async () => {
  const world = open();
  const version = await upTo(world, 'testSecret');
  dying(world, 'secrets.moveLabel');
  await call(world, 'finishSecret', version).catch(() => undefined);
  world.faults = new Map();
  expect([world.label('AWSCURRENT'), of(world, version)?.outcome]).toEqual([version, 'running']);
  await watch(world, 2);
  expect(of(world, version)?.outcome).toBe('done');
  expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest is done']);
});

test('pipelines that stay paused for minutes are told once, with what to do', async () => {
  const world = open();
  const version = await upTo(world, 'createSecret');
  dying(world, 'lane.stop', 2);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  world.server().down = true;
  expect(world.paused()).not.toEqual([]);
  await watch(world, 2);
  expect(world.notices).toEqual([]);
  await watch(world, 8);
  expect(subjects(world)).toEqual(['Pipelines are left paused by the rotation of prod/s3-ingest']);
  expect(world.notices[0]?.text).toContain('`analytics`.`analytics_link`');
  expect(world.notices[0]?.text).toContain('npx singlestore-link-rotation recover');
  world.server().down = false;
  await watch(world, 2);
  expect([world.paused(), world.notices.length]).toEqual([[], 1]);
});

describe('a pause that a killed run began is counted from the opening of its bracket', () => {
  /** Its one pipeline stands for half a minute. @returns the version, and when the bracket was opened */
  async function killed(world: MemoryWorld): Promise<{ version: string; openedAt: number; stoppedAt: number }> {
    const version = await upTo(world, 'createSecret');
    dying(world, 'lane.alter');
    await call(world, 'setSecret', version).catch(() => undefined);
    world.faults = new Map();
    expect(world.paused()).toEqual([qualified('analytics', 'orders')]);
    const [link] = await world.run(({ table }) => table.list('link'));
    const stoppedAt = world.transitions.at(-1)!.at;
    await world.pass(31_000);
    return { version, openedAt: link!.item.bracket!.openedAt, stoppedAt };
  }
  const standing = (world: MemoryWorld, since: number): number => world.transitions.at(-1)!.at - since;

  test('by the watchdog that ends it', async () => {
    const world = open(clusterOf(onLink('orders')));
    const { version, openedAt, stoppedAt } = await killed(world);
    await world.run(recover);
    const [span] = of(world, version)!.spans;
    expect(of(world, version)).toMatchObject({
      paused: 1,
      spans: [{ pipeline: '`analytics`.`orders`', at: openedAt }],
    });
    expect(span!.milliseconds).toBeGreaterThan(standing(world, stoppedAt));
    expect(span!.milliseconds - standing(world, stoppedAt)).toBeLessThan(200);
    const metric = world.metrics.find(({ name }) => name === 'PipelinePauseMilliseconds');
    expect(metric?.values).toEqual([span!.milliseconds]);
  });

  test('by the next call, which then pauses for itself', async () => {
    const world = open(clusterOf(onLink('orders')));
    const { version, openedAt } = await killed(world);
    await call(world, 'setSecret', version);
    const { spans, paused } = of(world, version)!;
    expect([paused, spans[0]?.at]).toEqual([2, openedAt]);
    expect(spans[0]!.milliseconds).toBeGreaterThan(31_000);
    expect(spans[1]!.milliseconds).toBeLessThan(1_000);
  });

  test('by the way back of a link whose pipelines did not start', async () => {
    const world = open(clusterOf(onLink('orders')));
    const old = world.linkKeyId('analytics', 'analytics_link');
    const version = await upTo(world, 'createSecret');
    world.faults = (_, name) =>
      name === 'lane.start' && world.linkKeyId('analytics', 'analytics_link') !== old ? 'refused' : undefined;
    expect((await failure(call(world, 'setSecret', version))).code).toBe('RESUME_FAILED');
    const [link] = await world.run(({ table }) => table.list('link'));
    await world.pass(40_000);
    await world.run(recover);
    expect(world.paused()).toEqual([]);
    expect(of(world, version)).toMatchObject({ paused: 1, spans: [{ at: link!.item.bracket!.openedAt }] });
  });

  test('and not for a pipeline that somebody has started meanwhile', async () => {
    const world = open(clusterOf(onLink('orders')));
    const { version } = await killed(world);
    world.server().set(world.pipeline('analytics', 'orders'), 'Running', 'somebody');
    await world.run(recover);
    expect(of(world, version)?.paused).toBe(0);
  });
});

test('a link that cannot go back is told once: it takes a person', async () => {
  const world = open({ secretValue: '{}' });
  const version = await upTo(world, 'setSecret');
  refuse(world, version);
  await watch(world, 8);
  expect(world.logs.filter(({ action }) => action === 'cannot-settle').length).toBeGreaterThan(1);
  expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest needs you']);
  expect(world.notices[0]?.text).toContain('there is nothing to go back to');
});

test('what the function starts itself, because a mirrored secret changed, says so', async () => {
  const mirrored = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:team/ingest-key-QwErTy';
  const world = open({ definition: { source: { type: 'mirror', secretId: mirrored, overlap: true } } });
  const { keyId, secret } = world.keys.add('somebody');
  world.secrets.add(mirrored, 'v', JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret }));
  await watch(world, 5);
  const version = world.label('AWSPENDING') ?? '';
  expect(await rotateWithRetries(world, version, [])).toBe(true);
  expect(of(world, version)).toMatchObject({ startedBy: 'mirror', outcome: 'done' });
});

test('who called RotateSecret is known where a trail tells it, also when the rotation is over; what we started stays ours', async () => {
  const world = open();
  const who = 'arn:aws:sts::111122223333:assumed-role/admin/ann';
  const version = await upTo(world, 'createSecret');
  expect(of(world, version)?.startedBy).toBe('schedule or person');
  await world.run((run) => requestedBy(run, secretId, who));
  expect(of(world, version)?.startedBy).toBe(who);
  await upTo(world, 'finishSecret', version);
  await world.run((run) => requestedBy(run, secretId, `${who}2`));
  expect(of(world, version)).toMatchObject({ startedBy: `${who}2`, outcome: 'done' });
  await world.run((run) => startedBy(run, secretId, version, 'mirror'));
  await world.run((run) => requestedBy(run, secretId, who));
  expect(of(world, version)?.startedBy).toBe('mirror');
  await world.pass(3_600_000);
  await world.run((run) => startedBy(run, secretId, version, 'schedule'));
  await world.run((run) => requestedBy(run, secretId, who)); // of a call that was refused: nothing was started
  expect(of(world, version)?.startedBy).toBe('schedule');
  await world.run((run) => requestedBy(run, 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf', who));
  expect(world.table.keys('history')).toHaveLength(1);
});

test.each<[string, number | null, string]>([
  ['in the window that ends at the next date', 3_600_000, 'schedule'],
  ['after that date, since a rotation has failed in it', -3_600_000, 'schedule'],
  ['days before it', 3 * 24 * 3_600_000, 'person'],
  ['and nobody says when the next one is', null, 'schedule or person'],
])('of a rotation that begins %s, it is told who most likely started it', async (_, away, by) => {
  const world = open();
  world.secrets.secret(secretId).nextRotation = away === null ? null : world.clock.now() + away;
  expect(of(world, await upTo(world, 'createSecret'))?.startedBy).toBe(by);
});

test('a call that finds somebody else at work is no failure', async () => {
  const world = open(clusterOf(onLink('orders', { drainMs: 55_000, loadMs: 55_000 })));
  const version = await upTo(world, 'createSecret');
  const twin = () => world.begin((run) => rotate({ type: 'rotation', step: 'setSecret', secretId, version }, run));
  const both = Promise.allSettled([twin(), twin()]);
  const codes = (await world.clock.run(both)).map((one) =>
    one.status === 'rejected' ? (one.reason as { code: string }).code : 'done',
  );
  expect(codes.sort()).toEqual(['LEASE_HELD', 'done']);
  expect(of(world, version)).toMatchObject({ failures: 0, paused: 1 });
  expect(world.notices).toEqual([]);
});

test('a test of the function alone writes nothing and tells nobody, though it fails', async () => {
  const world = open();
  world.server().down = true;
  await failure(call(world, 'testSecret', world.testOnly()));
  expect([world.table.history, world.notices]).toEqual([[], []]);
});

test('nothing of it is written between the first STOP and the last START', async () => {
  const world = open();
  const version = await upTo(world, 'createSecret');
  await call(world, 'setSecret', version);
  const last = Math.max(...world.transitions.map(({ at }) => at));
  const first = Math.min(...world.transitions.map(({ at }) => at));
  const written = world.table.history.filter(({ kind }) => kind === 'history').map(({ at }) => at);
  expect(written).toHaveLength(2);
  expect(written.filter((at) => at >= first && at <= last)).toEqual([]);
});
