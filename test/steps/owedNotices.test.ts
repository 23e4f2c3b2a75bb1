import type { Invocation } from '../../lambda/ports';
import { historyKey } from '../../lambda/core/history';
import { noticeKey } from '../../lambda/core/notice';
import { recover } from '../../lambda/steps/recover';
import { secretId } from '../support/scenario';
import type { MemoryWorld } from '../support/world';
import { call, failure, upTo } from './driving';
import { dying, of, open } from './remembered';

/* A topic may refuse a message, or be slow: it is told as soon as the topic takes it, once, and nothing waits for it. */

const subjects = (world: MemoryWorld): string[] => world.notices.map(({ subject }) => subject);
const sent = (world: MemoryWorld): number => world.points.filter((name) => name === 'notices.send').length;
const refusing = (world: MemoryWorld, times = Infinity): void => {
  let left = times;
  world.faults = (_, name) => (name === 'notices.send' && left-- > 0 ? 'refused' : undefined);
};
const watch = async (world: MemoryWorld, minutes: number): Promise<void> => {
  for (let minute = 0; minute < minutes; minute += 1) {
    await world.pass(60_000);
    await world.run(recover);
  }
};
const owedOf = (world: MemoryWorld) => world.table.keys('notice');

test('what the topic refuses once is not called told; the next watchdog tells it, and says that it is late', async () => {
  const world = open();
  refusing(world, 1);
  const version = await upTo(world, 'finishSecret');
  expect(of(world, version)).toMatchObject({ outcome: 'done', owed: ['done'] });
  expect([of(world, version)?.told, world.notices, owedOf(world)]).toEqual([
    undefined,
    [],
    [noticeKey(secretId, version, 'done')],
  ]);
  await watch(world, 1);
  expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest is done']);
  expect(world.notices[0]?.text).toMatch(
    /\nTold late: this was to be told at 2026-\S+Z, and the topic did not take it\./,
  );
  expect(of(world, version)?.told).toEqual(['done']);
  expect(of(world, version)).not.toHaveProperty('owed');
  await watch(world, 5);
  expect([world.notices.length, owedOf(world)]).toEqual([1, []]);
});

test('a failure that was not told is told once, however often the call is repeated meanwhile', async () => {
  const world = open();
  const version = world.startRotation();
  world.server().down = true;
  refusing(world);
  const codes: string[] = [];
  for (let attempt = 0; attempt < 4; attempt += 1)
    codes.push((await failure(call(world, 'createSecret', version))).code);
  expect(of(world, version)).toMatchObject({ failures: 4, owed: ['failed'] });
  expect(sent(world)).toBe(1);
  world.faults = new Map();
  await watch(world, 3);
  expect(subjects(world)).toEqual([`Rotation of prod/s3-ingest failed in createSecret: ${codes[0] ?? ''}`]);
  await failure(call(world, 'createSecret', version));
  expect(world.notices).toHaveLength(1);
});

test('a topic that refuses always is asked less and less often: after a day it is asked once an hour', async () => {
  const world = open();
  refusing(world);
  const version = await upTo(world, 'finishSecret');
  await watch(world, 24 * 60);
  expect(sent(world)).toBeGreaterThan(24);
  expect(sent(world)).toBeLessThan(24 + 10);
  const before = sent(world);
  await watch(world, 2 * 60);
  expect(sent(world) - before).toBe(2);
  world.faults = new Map();
  await watch(world, 60);
  expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest is done']);
  expect(of(world, version)?.told).toEqual(['done']);
});

describe('a topic that is slow', () => {
  const slow = (run: Invocation, milliseconds: number): Invocation => ({
    ...run,
    notices: {
      wanted: 'all',
      send: async (subject, text) => {
        await run.clock.sleep(milliseconds);
        await run.notices.send(subject, text);
      },
    },
  });
  const everyCall = (world: MemoryWorld, milliseconds: number): (() => void) => {
    const begin = world.begin.bind(world);
    world.begin = (work, options) => begin((run) => work(slow(run, milliseconds)), options);
    return () => {
      world.begin = begin;
    };
  };

  test('and takes it in time has taken it', async () => {
    const world = open();
    everyCall(world, 2_000);
    expect(of(world, await upTo(world, 'finishSecret'))?.told).toEqual(['done']);
  });

  test('and does not answer is waited for once in an invocation, a rotation goes on, and the watchdog tells it', async () => {
    const world = open();
    const quick = everyCall(world, 60_000);
    const from = world.clock.now();
    const version = await upTo(world, 'finishSecret');
    expect(world.clock.now() - from).toBeLessThan(10_000);
    expect(of(world, version)).toMatchObject({ outcome: 'done', paused: 2, owed: ['done'] });
    quick();
    await watch(world, 1);
    expect(of(world, version)?.told).toEqual(['done']);
    expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest is done']);
  });

  test('keeps no pipeline paused: what a dead run left is started before anybody is told', async () => {
    const world = open();
    refusing(world);
    const version = world.startRotation();
    world.server().down = true;
    await failure(call(world, 'createSecret', version));
    world.server().down = false;
    await call(world, 'createSecret', version);
    dying(world, 'lane.alter');
    await call(world, 'setSecret', version).catch(() => undefined);
    world.faults = new Map();
    expect([world.paused().length, owedOf(world).length]).toEqual([2, 1]);
    everyCall(world, 60_000);
    await world.pass(31_000);
    const from = world.clock.now();
    await world.run(recover);
    expect(world.paused()).toEqual([]);
    expect(Math.max(...world.transitions.map(({ at }) => at)) - from).toBeLessThan(2_000);
    expect(world.clock.now() - from).toBeLessThan(6_000);
  });
});

test('a watchdog that dies behind the message tells it again: told twice is better than not', async () => {
  const world = open();
  refusing(world, 1);
  const version = await upTo(world, 'finishSecret');
  dying(world, 'notices.send');
  await world.pass(60_000);
  await world.run(recover).catch(() => undefined);
  expect([world.notices.length, of(world, version)?.told]).toEqual([1, undefined]);
  world.faults = new Map();
  await watch(world, 4);
  expect([world.notices.length, of(world, version)?.told, owedOf(world)]).toEqual([2, ['done'], []]);
});

test('two watchdogs at once tell it once', async () => {
  const world = open();
  refusing(world, 1);
  await upTo(world, 'finishSecret');
  await world.pass(60_000);
  await world.clock.run(Promise.all([world.begin(recover), world.begin(recover)]));
  expect(world.notices).toHaveLength(1);
});

test('what was told, and only not taken from the journal, is not told again', async () => {
  const world = open();
  refusing(world, 1);
  const version = await upTo(world, 'finishSecret');
  world.faults = (_, name) => (name === 'table.remove' ? 'dies-before' : undefined);
  await world.pass(60_000);
  await world.run(recover).catch(() => undefined);
  world.faults = new Map();
  expect([world.notices.length, of(world, version)?.told, owedOf(world).length]).toEqual([1, ['done'], 1]);
  await watch(world, 3);
  expect([world.notices.length, owedOf(world)]).toEqual([1, []]);
});

test('it is told though the history of its rotation is gone, and what somebody has spoilt is passed over', async () => {
  const world = open();
  refusing(world, 1);
  const version = await upTo(world, 'finishSecret');
  await world.run(async ({ table }) => {
    await table.remove('history', historyKey(secretId, version));
    await table.write('notice', 'spoilt', { at: 0 } as never, 0);
  });
  await watch(world, 1);
  expect(subjects(world)).toEqual(['Rotation of prod/s3-ingest is done']);
  expect([of(world, version), owedOf(world)]).toEqual([null, ['spoilt']]);
});

test('of several messages the oldest is tried first, and with it all wait for the topic', async () => {
  const world = open();
  refusing(world);
  const version = world.startRotation();
  world.server().down = true;
  await failure(call(world, 'createSecret', version));
  world.server().down = false;
  await upTo(world, 'finishSecret', version);
  expect(of(world, version)?.owed).toEqual(['failed', 'done']);
  await world.pass(60_000);
  const before = sent(world);
  await world.run(recover);
  expect(sent(world) - before).toBe(1);
  world.faults = new Map();
  await watch(world, 3);
  expect(subjects(world).map((subject) => subject.replace(/:.*/, ''))).toEqual([
    'Rotation of prod/s3-ingest failed in createSecret',
    'Rotation of prod/s3-ingest is done',
  ]);
  expect(of(world, version)?.told).toEqual(['failed', 'done']);
});

test('where nobody is to be told nothing is sent, owed or called told', async () => {
  const world = open();
  const begin = world.begin.bind(world);
  world.begin = (work, options) =>
    begin((run) => work({ ...run, notices: { ...run.notices, wanted: 'none' } }), options);
  const version = await upTo(world, 'finishSecret');
  await watch(world, 2);
  expect([sent(world), of(world, version)?.told, owedOf(world)]).toEqual([0, undefined, []]);
});
