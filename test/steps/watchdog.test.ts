import { recover } from '../../lambda/steps/recover';
import { createWorld } from '../support/world';
import { call, clusterOf, failure, keyIds, onLink, upTo } from './driving';

const drainExceeded = async (killedStop: 'outlives' | 'cancelled', idle = false) => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 75_000, usualMs: 1_000, idle })));
  world.server().killedStop = killedStop;
  const version = await upTo(world, 'createSecret');
  expect((await failure(call(world, 'setSecret', version))).code).toBe('DRAIN_EXCEEDED');
  return world;
};

test('one batch after an unanswered STOP says nothing: it is watched until a second one has ended', async () => {
  const world = await drainExceeded('outlives');
  await world.pass(2_000);
  await world.run(recover);
  await world.pass(60_000);
  expect(world.paused()).not.toEqual([]);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
});

test('what whoever slept just before a STOP stops in the end is started again, where connections cannot be ended', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => ({ 'lane.stop': 'freezes' as const, 'cluster.kill': 'refused' as const })[name];
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = (_, name) => (name === 'cluster.kill' ? 'refused' : undefined);
  const stopsAtFirst = world.transitions.length;
  for (let minute = 0; minute < 6; minute += 1) {
    await world.pass(60_000);
    await world.run(recover);
  }
  expect(world.transitions.length).toBeGreaterThan(stopsAtFirst); // it woke, and its STOPs came
  expect(world.paused()).toEqual([]);
});

test('a pipeline that loads nothing is watched for four hours, not for ever', async () => {
  const world = await drainExceeded('cancelled', true);
  for (let minute = 0; minute < 242; minute += 10) {
    await world.pass(600_000);
    await world.run(recover);
  }
  world.server().set(world.pipeline('analytics', 'orders'), 'Stopped', 'somebody');
  await world.run(recover);
  expect(world.pipeline('analytics', 'orders').state).toBe('Stopped');
});

test('two watchdogs at once: the one that finds the link taken has not failed', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(31_000);
  const both = await world.clock.run(Promise.all([world.begin(recover), world.begin(recover)]));
  expect(both.flatMap(({ failures }) => failures)).toEqual([]);
  expect(both.flatMap(({ resumed }) => resumed)).toHaveLength(1);
});

test('within a minute of a resume the rotation proves itself: the watchdog does not take its link back', async () => {
  const world = createWorld();
  const version = await upTo(world, 'setSecret');
  const fresh = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId) => keyId === fresh);
  await world.pass(20_000);
  expect((await world.run(recover)).settled).toEqual([]);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(fresh);
});

test('after 50 s a watchdog begins nothing new; the next one does', async () => {
  const world = createWorld();
  const [old] = keyIds(world);
  await upTo(world, 'finishSecret');
  await world.pass(25 * 3_600_000);
  world.latency = (_, name) => (name === 'table.list' ? 20_000 : 1);
  expect((await world.run(recover)).retired).toEqual([]);
  world.latency = () => 1;
  expect((await world.run(recover)).retired).toEqual([old]);
});

test.each(['not-sent', 'refused'] as const)(
  'a late STOP whose undoing ends %s is undone by a later pass',
  async (fault) => {
    const world = await drainExceeded('outlives');
    await world.pass(30_000);
    expect(world.paused()).not.toEqual([]);
    world.faults = (_, name) => (name === 'lane.start' ? fault : undefined);
    for (let minute = 0; minute < 40; minute += 1) {
      await world.run(recover).catch(() => undefined);
      await world.pass(60_000);
    }
    world.faults = new Map();
    await world.run(recover);
    expect(world.paused()).toEqual([]);
  },
);
