import { retireNow } from '../../lambda/steps/retireNow';
import { recover } from '../../lambda/steps/recover';
import { secretId, userName } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, rotateWithRetries, upTo } from './driving';

/* What the runbook tells a person to do, done as it says, leads where it says. */

const held = (world: MemoryWorld): string | undefined => world.linkKeyId('analytics', 'analytics_link');
const keyOf = (world: MemoryWorld, version: string): string =>
  world.secretValue(version)?.['aws_access_key_id'] ?? 'none';
const rotated = async (world: MemoryWorld): Promise<string> => {
  const version = world.startRotation();
  expect(await rotateWithRetries(world, version, [])).toBe(true);
  expect(held(world)).toBe(keyOf(world, version));
  return version;
};
const watchdogs = async (world: MemoryWorld): Promise<void> => {
  await world.run(recover);
  await world.pass(60_000);
  await world.run(recover);
};

describe('a key has leaked:', () => {
  test('rotate, then retire now, and it is Inactive without a day of waiting', async () => {
    const world = createWorld();
    const [leaked = ''] = keyIds(world);
    await rotated(world);
    await world.pass(60_000);
    const { retired } = await world.run((run) => retireNow(run, secretId, false));
    expect(retired).toEqual([leaked]);
    expect(world.keys.key(leaked).active).toBe(false);
    expect(world.paused()).toEqual([]);
    await rotated(world);
    expect(keyIds(world)).not.toContain(leaked);
  });

  test('the older key still waits for its day, so KEY_QUOTA stops the rotation: retired first, it makes room', async () => {
    const world = createWorld();
    const [older = ''] = keyIds(world);
    const current = await rotated(world);
    const leaked = keyOf(world, current);
    const version = world.startRotation();
    expect((await failure(call(world, 'createSecret', version))).code).toBe('KEY_QUOTA');
    expect((await world.run((run) => retireNow(run, secretId, false))).retired).toEqual([older]);
    expect(await rotateWithRetries(world, version, [])).toBe(true);
    expect((await world.run((run) => retireNow(run, secretId, false))).retired).toEqual([leaked]);
  });

  test('it cannot wait: Inactive at once, then a rotation gives the links a new key, and a person starts what came to Error', async () => {
    const world = createWorld();
    const [leaked = ''] = keyIds(world);
    world.keys.endByHand(leaked, 'deactivate');
    await world.pass(10_000);
    const version = world.startRotation();
    expect(await rotateWithRetries(world, version, [])).toBe(true);
    expect(held(world)).toBe(keyOf(world, version));
    expect(world.keys.key(leaked).active).toBe(false);
  });
});

describe('rolled back by hand:', () => {
  test('AWSPENDING taken away, the links go back, and the next rotation deletes the key that is left over', async () => {
    const world = createWorld();
    const [old] = keyIds(world);
    const version = await upTo(world, 'testSecret');
    const left = keyOf(world, version);
    world.secrets.labelByHand(secretId, 'AWSPENDING', null);
    await watchdogs(world);
    expect(held(world)).toBe(old);
    expect(world.paused()).toEqual([]);
    await world.pass(120_000);
    await rotated(world);
    expect(keyIds(world)).not.toContain(left);
  });

  test.each(['at once', 'after the old key was retired'])(
    'a promoted version, %s: its labels are taken away, and the watchdog moves the links',
    async (when) => {
      const world = createWorld();
      const [old = ''] = keyIds(world);
      const before = world.firstVersion!;
      const version = await rotated(world);
      if (when !== 'at once') {
        await world.pass(60_000);
        await world.run((run) => retireNow(run, secretId, false));
        expect(world.keys.key(old).active).toBe(false);
        world.keys.key(old).active = true;
      }
      world.secrets.labelByHand(secretId, 'AWSPENDING', null);
      await world.run(async ({ secrets }) => {
        await secrets.moveLabel(secretId, 'AWSCURRENT', version, before);
      });
      expect(world.label('AWSPREVIOUS')).toBe(version);
      await watchdogs(world);
      expect(held(world)).toBe(keyOf(world, version)); // nobody can know yet
      world.secrets.labelByHand(secretId, 'AWSPREVIOUS', null);
      await watchdogs(world);
      expect(held(world)).toBe(old);
      expect(world.paused()).toEqual([]);
      await world.pass(25 * 3_600_000);
      await watchdogs(world);
      expect(world.keys.key(old).active).toBe(true);
      await rotated(world);
    },
  );
});

describe('the function was gone, and its journal with it:', () => {
  test('without a free slot KEY_QUOTA names both keys, and the one that no link holds makes room', async () => {
    const world = createWorld();
    const [old = ''] = keyIds(world);
    await rotated(world);
    await world.run(async ({ table }) => {
      for (const kind of ['link', 'set', 'secret', 'user'] as const)
        for (const key of world.table.keys(kind)) await table.remove(kind, key);
    });
    const version = world.startRotation();
    const { code, message } = await failure(call(world, 'createSecret', version));
    expect(code).toBe('KEY_QUOTA');
    for (const id of keyIds(world)) expect(message).toContain(id);
    await world.run(({ keys }) => keys.remove(userName, old));
    expect(await rotateWithRetries(world, version, [])).toBe(true);
    expect(held(world)).toBe(keyOf(world, version));
  });
});
