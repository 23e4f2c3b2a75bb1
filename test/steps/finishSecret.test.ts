import type { Retirement } from '../../lambda/core/journal';
import { createWorld, type MemoryWorld } from '../support/world';
import { secretId } from '../support/scenario';
import { recover } from '../../lambda/steps/recover';
import { call, clusterOf, failure, keyIds, onLink, upTo } from './driving';

test('a version that is set and proven becomes AWSCURRENT, and the older key is due to retire a day later', async () => {
  const world = createWorld();
  const [old] = keyIds(world);
  const version = await upTo(world, 'finishSecret');
  expect(world.label('AWSCURRENT')).toBe(version);
  const record = world.table.item('secret', secretId);
  expect(record?.retirements).toMatchObject([
    { keyId: old, dueAt: (record?.retirements[0]?.switchedAt ?? 0) + 86_400_000 },
  ]);
});

test.each(['createSecret', 'setSecret'] as const)(
  'a version for which only %s is done is not promoted',
  async (last) => {
    const world = createWorld();
    const current = world.label('AWSCURRENT');
    const version = await upTo(world, last);
    expect((await failure(call(world, 'finishSecret', version))).code).toBe('STEP_OUT_OF_ORDER');
    expect(world.label('AWSCURRENT')).toBe(current);
  },
);

test('somebody moved AWSCURRENT meanwhile: it is left where it is, and said', async () => {
  const world = createWorld();
  const version = await upTo(world, 'testSecret');
  const other = world.newId();
  world.faults = (_, name) => {
    if (name === 'secrets.moveLabel') {
      world.secrets.putByHand(secretId, other, '{}');
      world.secrets.stage(secretId, version, world.secrets.value(secretId, version));
    }
    return undefined;
  };
  const error = await failure(call(world, 'finishSecret', version));
  expect(error.code).toBe('LABEL_MOVED');
  expect(error.message).toContain(other);
  expect(world.label('AWSCURRENT')).toBe(other);
});

test('the names of the set leave the table with the promotion, and any step may come again', async () => {
  const world = createWorld();
  const version = await upTo(world, 'finishSecret');
  expect(world.table.keys('set')).toEqual([]);
  const before = world.transitions.length;
  for (const step of ['finishSecret', 'createSecret', 'setSecret', 'testSecret'] as const)
    await call(world, step, version);
  expect(world.transitions).toHaveLength(before);
  expect(keyIds(world)).toHaveLength(2);
  expect(world.table.item('secret', secretId)?.retirements).toHaveLength(1);
});

test('died between the label and the retirement: the next call of any step makes up for it', async () => {
  const world = createWorld();
  const version = await upTo(world, 'testSecret');
  world.faults = (_, name) => (name === 'secrets.moveLabel' ? 'dies' : undefined);
  await call(world, 'finishSecret', version).catch(() => undefined);
  world.faults = new Map();
  expect(world.table.item('secret', secretId)?.retirements).toEqual([]);
  await call(world, 'createSecret', version);
  expect(world.table.item('secret', secretId)?.retirements).toHaveLength(1);
  expect(world.table.keys('set')).toEqual([]);
});

test('a version whose link the watchdog has moved back since its proof is not promoted, however late the step comes', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  const before = world.linkKeyId('analytics', 'analytics_link');
  const version = await upTo(world, 'testSecret');
  world.keys.deny((keyId) => keyId !== before);
  await world.pass(62_000);
  await world.run(recover);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(before);
  const error = await failure(call(world, 'finishSecret', version));
  expect([error.code, world.secretValue(world.label('AWSCURRENT') ?? '')?.['aws_access_key_id']]).toEqual([
    'STEP_OUT_OF_ORDER',
    before,
  ]);
  await world.run(recover);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(before);
});

test('a version that a link was given again behind its proof is not promoted before it is proven anew', async () => {
  const world = createWorld();
  const version = await upTo(world, 'testSecret');
  await world.pass(60_000);
  await world.run(async ({ table, clock }) => {
    const [stored] = await table.list('link');
    if (stored === undefined) throw new Error('there is no record');
    const { key, item, revision } = stored;
    await table.write(
      'link',
      key,
      { ...item, holds: item.holds.map((held) => ({ ...held, since: clock.now() })) },
      revision,
    );
  });
  expect((await failure(call(world, 'finishSecret', version))).code).toBe('STEP_OUT_OF_ORDER');
  expect(world.label('AWSCURRENT')).toBe(world.firstVersion);
  await world.pass(1_000);
  await upTo(world, 'finishSecret', version);
  expect(world.label('AWSCURRENT')).toBe(version);
});

test('a key that somebody has deactivated since its proof is not promoted', async () => {
  const world = createWorld();
  const version = await upTo(world, 'testSecret');
  world.keys.endByHand(world.secretValue(version)?.['aws_access_key_id'] ?? '', 'deactivate');
  const error = await failure(call(world, 'finishSecret', version));
  expect(error.code).toBe('CREDENTIALS_NOT_ACCEPTED');
  expect(error.message).toContain('update-secret-version-stage');
  expect(world.label('AWSCURRENT')).not.toBe(version);
});

describe('an old key that had come back by hand', () => {
  /** The runbook's way back: the old key works, AWSCURRENT is on it, and the new version has no label. */
  const rolledBack = async (waitedMs: number, keepPending = false): Promise<MemoryWorld> => {
    const world = createWorld(clusterOf(onLink('orders')));
    await upTo(world, 'finishSecret');
    await world.pass(waitedMs);
    await world.run(recover);
    world.keys.key(world.firstKeys[0] ?? '').active = true;
    if (!keepPending) world.secrets.labelByHand(secretId, 'AWSPENDING', null);
    world.secrets.labelByHand(secretId, 'AWSCURRENT', world.firstVersion);
    if (!keepPending) world.secrets.labelByHand(secretId, 'AWSPREVIOUS', null);
    for (let minute = 0; minute < 5; minute += 1) {
      await world.pass(60_000);
      await world.run(recover);
    }
    return world;
  };
  /** A day after its next promotion it ends, and the slot is free for the one after that. */
  const ends = async (world: MemoryWorld): Promise<void> => {
    const [old = ''] = world.firstKeys;
    const retirement = (): Retirement | undefined => world.table.item('secret', secretId)?.retirements[0];
    const recorded = retirement();
    expect([recorded?.keyId, recorded?.retiredAt]).toEqual([old, undefined]);
    expect(world.clock.now() - (recorded?.switchedAt ?? 0)).toBeLessThan(1_000);
    await call(world, 'finishSecret', world.label('AWSCURRENT') ?? '');
    expect(retirement()).toEqual(recorded);
    await world.run(recover);
    expect(world.keys.key(old).active).toBe(true);
    await world.pass(25 * 3_600_000);
    expect((await world.run(recover)).retired).toEqual([old]);
    await upTo(world, 'createSecret', world.startRotation());
  };

  test.each([
    ['before it was due', 3_600_000],
    ['after it had been set Inactive', 25 * 3_600_000],
  ])('%s retires after the promotion that follows, not by the one before', async (_when, waitedMs) => {
    const world = await rolledBack(waitedMs);
    await world.pass(40 * 3_600_000);
    const next = world.startRotation();
    await upTo(world, 'testSecret', next);
    await call(world, 'finishSecret', next);
    await ends(world);
  });

  test('and goes with the same version, promoted again: it retires after that', async () => {
    const world = await rolledBack(25 * 3_600_000, true);
    await call(world, 'finishSecret', world.label('AWSPENDING') ?? '');
    await ends(world);
  });
});
