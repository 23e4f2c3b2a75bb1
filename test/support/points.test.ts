import type { Invocation } from '../../lambda/ports';
import { Death, type Fault } from './points';
import { secretId, userName } from './scenario';
import { canary } from './outside';
import { createWorld } from './world';

const create = (invocation: Invocation): Promise<{ is: string }> => invocation.keys.create(userName);

test.each<[Fault, string, number]>([
  ['not-sent', 'unknown', 1],
  ['refused', 'refused', 1],
  ['lost', 'unknown', 2],
  ['late', 'unknown', 1],
  ['dies-before', 'Death', 1],
  ['dies', 'Death', 2],
])('a call that is %s: the caller sees %s and the world has %i keys', async (fault, seen, keys) => {
  const world = createWorld();
  world.faults = new Map([[1, fault]]);
  const answer = await world.run(create).catch((error: unknown) => ({ is: (error as Error).name }));
  expect(answer.is).toBe(seen);
  expect(world.keys.of(userName)).toHaveLength(keys);
});

test('a late effect comes after its caller has gone on', async () => {
  const world = createWorld();
  world.lateMs = 3_000;
  world.faults = (_, name) => (name === 'keys.create' ? 'late' : undefined);
  await world.run(create);
  await world.pass(2_900);
  expect(world.keys.of(userName)).toHaveLength(1);
  await world.pass(200);
  expect(world.keys.of(userName)).toHaveLength(2);
});

test('a dead process runs nothing more: no catch, no finally, no sleep, no log line', async () => {
  const world = createWorld();
  world.faults = new Map([[2, 'dies']]);
  const after = jest.fn();
  const beside = jest.fn();
  const work = async ({ keys, clock, log }: Invocation): Promise<void> => {
    void clock.sleep(60_000).then(beside);
    await keys.list(userName);
    try {
      await keys.list(userName);
    } finally {
      after();
      log.info('after');
    }
  };
  await expect(world.run(work)).rejects.toThrow(Death);
  await world.pass(120_000);
  expect([after.mock.calls, beside.mock.calls, world.logs]).toEqual([[], [], []]);
  expect(world.points).toEqual(['keys.list', 'keys.list']);
});

test('an invocation ends when its time is up', async () => {
  const world = createWorld();
  const began = world.clock.now();
  await expect(world.run(({ clock }) => clock.sleep(Infinity), { seconds: 15 })).rejects.toThrow('15 seconds were up');
  expect(world.clock.now() - began).toBe(15_000);
});

test('two invocations take turns, and points are numbered across both', async () => {
  const world = createWorld();
  const twice = async ({ keys, secrets }: Invocation): Promise<void> => {
    await keys.list(userName);
    await secrets.describe(secretId);
  };
  await world.clock.run(Promise.all([world.begin(twice), world.begin(twice)]));
  expect(world.points).toEqual(['keys.list', 'keys.list', 'secrets.describe', 'secrets.describe']);
});

test('a broken invariant ends the run, even if the code would catch it', async () => {
  const world = createWorld();
  world.afterEffect = (point) => {
    if (point === 2) throw new Error('two is too many');
  };
  const work = async ({ keys }: Invocation): Promise<void> => {
    await keys.list(userName);
    await keys.list(userName).catch(() => []);
    await keys.list(userName);
  };
  await expect(world.run(work)).rejects.toThrow('two is too many');
  expect(world.points).toHaveLength(2);
});

test('who freezes asks nothing until it wakes, is not waited for, and goes on as if nothing had been', async () => {
  const world = createWorld();
  world.faults = new Map([[1, 'freezes']]);
  const before = world.clock.now();
  await expect(world.run(({ keys }) => keys.create(userName))).rejects.toThrow('was suspended before keys.create');
  expect(world.keys.of(userName)).toHaveLength(1);
  const [zombie] = world.zombies;
  expect(await world.clock.run(zombie!.ended)).toMatchObject({ is: 'made' });
  expect(world.clock.now() - before).toBeGreaterThan(200_000);
});

test('equal schedules give equal runs', async () => {
  const once = async (): Promise<unknown> => {
    const world = createWorld();
    world.latency = (point) => (point * 7) % 5;
    world.faults = new Map([[5, 'lost']]);
    const work = async ({ keys, log }: Invocation): Promise<void> => {
      const answers = await Promise.all(Array.from({ length: 9 }, () => keys.create(userName)));
      log.info('created', { answers: answers.map((answer) => answer.is) });
    };
    await world.run(work);
    return [world.logs, world.points, world.clock.now()];
  };
  expect(await once()).toEqual(await once());
});

test.each([
  ['plain', (text: string) => text],
  ['in base64', (text: string) => Buffer.from(`{"a":"${text}"}`).toString('base64')],
  ['in base64 one place further', (text: string) => Buffer.from(`{"ab":"${text}"}`).toString('base64')],
  ['in base64 two places further', (text: string) => Buffer.from(`{"abc":"${text}"}`).toString('base64url')],
  ['in hex', (text: string) => Buffer.from(text).toString('hex')],
  ['in a URL', encodeURIComponent],
  ['in the cause of an error', (text: string) => new Error('outer', { cause: new Error(text) })],
])('a secret is found %s', (_, shown) => {
  const world = createWorld();
  const { secret } = world.keys.all[0]!;
  expect(secret).toContain(canary);
  expect(world.leaks('nothing')).toEqual([]);
  expect(world.leaks(shown(secret))).toEqual([secret]);
});
