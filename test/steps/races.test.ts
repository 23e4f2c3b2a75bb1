import { recover } from '../../lambda/steps/recover';
import { rotate } from '../../lambda/steps/rotate';
import type { Step } from '../../lambda/core/event';
import type { Invocation } from '../../lambda/ports';
import { analyticsLink, clusterId, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, keyIds, upTo } from './driving';
import { freezing } from './freezing';

const step = (name: Step, version: string) => (run: Invocation) =>
  rotate({ type: 'rotation', step: name, secretId, version }, run);
const keyOf = (world: MemoryWorld, version: string) => world.secretValue(version)?.['aws_access_key_id'];
const held = (world: MemoryWorld) => world.linkKeyId('analytics', 'analytics_link');

/** `work`, suspended for five minutes after its last `name` call before its first lane call (or before its first `name` if a lane call). */
async function asleep(
  arrange: () => Promise<{
    world: MemoryWorld;
    work: (run: Invocation) => Promise<unknown>;
    meanwhile: () => Promise<unknown>;
  }>,
  at: (names: readonly string[]) => number,
  when: 'before' | 'after',
): Promise<MemoryWorld> {
  let names: readonly string[] = [];
  const counting = await arrange();
  await counting.world.run((run) => {
    const frozen = freezing(counting.world, run, { point: Infinity, when, forMs: 0 });
    names = frozen.names;
    return counting.work(frozen.run);
  });
  const { world, work, meanwhile } = await arrange();
  const point = at(names);
  const zombie = world.begin((run) => work(freezing(world, run, { point, when, forMs: 300_000 }).run));
  await world.clock.run(Promise.allSettled([zombie, world.clock.sleep(50_000).then(meanwhile)]));
  return world;
}

test('a run that slept before its claim does not put a version on the link that was given up meanwhile', async () => {
  const world = await asleep(
    async () => {
      const made = createWorld();
      const version = await upTo(made, 'createSecret');
      const meanwhile = async (): Promise<void> => {
        for (let proof = 0; proof < 2; proof += 1) {
          made.keys.deny(() => false);
          await made.begin(step('setSecret', version));
          made.keys.deny((keyId) => keyId === keyOf(made, version));
          await made.begin(step('testSecret', version)).catch(() => undefined);
        }
      };
      return { world: made, work: step('setSecret', version), meanwhile };
    },
    (names) => names.lastIndexOf('trials.list') + 1,
    'after',
  );
  expect(keyIds(world)).toContain(held(world)); // the link holds a key that was deleted
});

test('a watchdog that slept before its claim does not take a link back from the version that was promoted meanwhile', async () => {
  let version = '';
  const world = await asleep(
    async () => {
      const made = createWorld();
      version = await upTo(made, 'setSecret');
      const refused = keyOf(made, version);
      made.keys.deny((keyId) => keyId === refused);
      await made.pass(61_000);
      const meanwhile = async (): Promise<void> => {
        made.keys.deny(() => false);
        for (let attempt = 0; attempt < 2; attempt += 1)
          for (const name of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
            if (
              !(await made.begin(step(name, version)).then(
                () => true,
                () => false,
              ))
            )
              break;
      };
      return { world: made, work: recover, meanwhile };
    },
    (names) => names.lastIndexOf('cluster.definitions') + 1,
    'after',
  );
  expect(world.label('AWSCURRENT')).toBe(version);
  expect(held(world)).toBe(keyOf(world, version)); // the link is on AWSPREVIOUS
});

test('a watchdog that slept before its START does not start what a person stopped after its successor resumed', async () => {
  const world = await asleep(
    async () => {
      const made = createWorld();
      const version = await upTo(made, 'createSecret');
      made.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
      await call(made, 'setSecret', version).catch(() => undefined);
      made.faults = new Map();
      await made.pass(31_000);
      const meanwhile = async (): Promise<void> => {
        await made.begin(recover);
        made.server().set(made.pipeline('analytics', 'orders'), 'Stopped', 'somebody');
      };
      return { world: made, work: recover, meanwhile };
    },
    (names) => names.indexOf('lane.start') + 1,
    'before',
  );
  expect(world.pipeline('analytics', 'orders').state).toBe('Stopped');
});

test('a rollback that died before its set was forgotten is over with the next watchdog', async () => {
  const world = createWorld();
  const version = await upTo(world, 'setSecret');
  const refused = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId) => keyId === refused);
  const closed = world.logs.length;
  world.faults = (_, name) =>
    name === 'table.write' && world.logs.slice(closed).some(({ action }) => action === 'bracket-closed')
      ? 'dies-before'
      : undefined;
  await call(world, 'testSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(31_000);
  await world.run(recover);
  expect(world.table.item('link', `${clusterId}/${analyticsLink}`)?.bracket).toBeNull();
  expect(world.table.keys('set')).toEqual([]);
  expect((await world.run(recover)).settled).toEqual([]);
});

test('CONFIG goes back to what it was, though a run that slept had seen it changed', async () => {
  const world = createWorld({ definition: { fields: { credentials: {}, config: { region: 'where' } } } });
  const first = world.firstVersion ?? '';
  const value = JSON.stringify({ ...world.secretValue(first), where: 'eu-west-1' });
  world.secrets.secret(secretId).versions.get(first)!.value = value;
  const { config } = world.link('analytics', 'analytics_link');
  const version = await upTo(world, 'setSecret');
  expect(world.link('analytics', 'analytics_link').config).not.toBe(config);
  // the pipelines are refused, the trials are not
  world.keys.deny((keyId) => keyId === keyOf(world, version) && world.points.at(-1)?.startsWith('trials.') !== true);
  world.faults = (_, name) => (name === 'cluster.definitions' ? 'freezes' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  await call(world, 'testSecret', version).catch(() => undefined);
  expect(world.link('analytics', 'analytics_link').config).toBe(config);
  await world.pass(300_000); // it wakes, and gives the link the version once more
  expect(held(world)).toBe(keyOf(world, version));
  await call(world, 'testSecret', version).catch(() => undefined);
  expect(world.link('analytics', 'analytics_link').config).toBe(config);
});
