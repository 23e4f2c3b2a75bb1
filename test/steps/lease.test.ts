import { newUserRecord } from '../../lambda/core/journal';
import { leaseMs } from '../../lambda/core/lease';
import { withLease } from '../../lambda/steps/lease';
import { rotate } from '../../lambda/steps/rotate';
import { secretId } from '../support/scenario';
import { createWorld } from '../support/world';
import { clusterOf, failure, onLink, story, upTo } from './driving';

const slowFirstWrite = (milliseconds: number) => {
  let writes = 0;
  return (_: number, name: string): number => (name === 'table.write' && ++writes === 1 ? milliseconds : 1);
};

test('a lease counts from when it was asked for: after a slow answer it is renewed before the first effect', async () => {
  const world = createWorld();
  world.latency = slowFirstWrite(leaseMs - 4_000);
  await world.run((run) =>
    withLease(run, 'user', 'u', newUserRecord, async (held) => {
      const before = world.table.history.length;
      await held.guard();
      expect(world.table.history.length).toBe(before + 1);
      await held.guard();
      expect(world.table.history.length).toBe(before + 1);
    }),
  );
});

test('once a write shows that somebody took over, no effect is allowed any more, however young the lease', async () => {
  const world = createWorld();
  const work = world.run((run) =>
    withLease(run, 'user', 'u', newUserRecord, async (held) => {
      const stored = await run.table.read('user', 'u');
      const other = { ...held.item, fence: held.item.fence + 1, lease: { holder: 'other', until: Infinity } };
      await run.table.write('user', 'u', other, stored?.revision ?? 0);
      expect((await failure(held.save((item) => item))).code).toBe('LEASE_LOST');
      await held.guard();
    }),
  );
  expect((await failure(work)).code).toBe('LEASE_LOST');
  expect(world.table.item('user', 'u')?.lease?.holder).toBe('other');
});

test('a renewal counts from when it was sent: with a slow answer it is renewed again, and one too slow is no renewal', async () => {
  const world = createWorld();
  const work = (answersAfterMs: number) =>
    world.run((run) =>
      withLease(run, 'user', `u${answersAfterMs}`, newUserRecord, async (held) => {
        world.latency = slowFirstWrite(answersAfterMs);
        await held.save((item) => item);
        world.latency = (_, name) => (name === 'table.write' ? answersAfterMs : 1);
        await held.guard();
      }),
    );
  await work(20_000);
  expect((await failure(work(leaseMs - 4_000))).code).toBe('LEASE_LOST');
});

test('a write of our own whose answer was lost is not taken for another holder', async () => {
  const world = createWorld();
  await world.run((run) =>
    withLease(run, 'user', 'u', newUserRecord, async (held) => {
      world.faults = new Map([[world.points.length + 1, 'lost']]);
      await expect(held.save((item) => item)).rejects.toThrow('AWS_REFUSED');
      await held.save((item) => item);
      await held.guard();
    }),
  );
  expect(world.table.item('user', 'u')?.lease).toBeNull();
});

test('what is left of the time is looked at again after waiting for the lease', async () => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 35_000 })));
  const version = await upTo(world, 'createSecret');
  let alters = 0;
  world.faults = (_, name) => (name === 'lane.alter' && ++alters === 1 ? 'refused' : undefined);
  const twin = (seconds: number) =>
    world.begin((run) => rotate({ type: 'rotation', step: 'setSecret', secretId, version }, run), { seconds });
  const second = world.clock.sleep(10_000).then(() => twin(110)); // the first one has the lease by then
  const [, b] = await world.clock.run(Promise.allSettled([twin(900), second]));
  expect(b.status === 'rejected' && (b.reason as Error).message).toContain('TIME_SHORT');
  expect(story(world)).toEqual(['orders:Stopped', 'orders:Running']);
});
