import { secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, upTo } from './driving';

const create = (world: MemoryWorld, version: string): Promise<void> => call(world, 'createSecret', version);

test('a key whose answer was lost is found and deleted, and only that one', async () => {
  const world = createWorld();
  const version = world.startRotation();
  const [inUse] = keyIds(world);
  world.faults = (_, name) => (name === 'keys.create' ? 'lost' : undefined);
  expect((await failure(create(world, version))).code).toBe('CREATE_REFUSED');
  const orphan = keyIds(world)[1];
  world.faults = new Map();
  await create(world, version);
  expect(keyIds(world)).toEqual([inUse, world.secretValue(version)?.['aws_access_key_id']]);
  expect(keyIds(world)).not.toContain(orphan);
});

test('a key is known as ours before its value is stored: whoever dies behind that leaves nothing for ever', async () => {
  const world = createWorld();
  const version = world.startRotation();
  world.faults = (_, name) => (name === 'secrets.put' ? 'dies' : undefined);
  await create(world, version).catch(() => undefined);
  expect(world.table.item('user', 'singlestore-ingest')?.made).toMatchObject({ keyId: keyIds(world)[1], version });
});

test('a key made later than its intent says, whose value was never stored, is deleted by the retry', async () => {
  const world = createWorld();
  const version = world.startRotation();
  world.faults = (_, name) => ({ 'keys.create': 'freezes' as const, 'secrets.put': 'not-sent' as const })[name];
  await create(world, version).catch(() => undefined);
  await world.pass(300_000); // it wakes, makes the key, and cannot store it
  world.faults = new Map();
  const [inUse, late] = keyIds(world);
  expect(late).toBeDefined();
  await create(world, version);
  expect(keyIds(world)).toEqual([inUse, world.secretValue(version)?.['aws_access_key_id']]);
  expect(keyIds(world)).not.toContain(late);
});

test('a look at the keys that slept judges nothing by what came meanwhile', async () => {
  const world = createWorld();
  const version = world.startRotation();
  world.lateMs = 50_000;
  world.faults = (_, name) => (name === 'secrets.put' ? 'late' : undefined);
  await create(world, version).catch(() => undefined);
  const [, stored] = keyIds(world);
  await world.pass(48_000);
  world.faults = (_, name) => (name === 'keys.lastUsed' ? 'naps' : undefined); // over the arrival, and until the key is old enough to be an orphan
  await create(world, version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(60_000);
  expect(keyIds(world)).toContain(stored);
  expect(world.secretValue(version)?.['aws_access_key_id']).toBe(stored);
});

test('a value that is stored by whoever slept, when its key is deleted, does not stay under AWSPENDING', async () => {
  const world = createWorld();
  const version = world.startRotation();
  world.faults = (_, name) => (name === 'secrets.put' ? 'freezes' : undefined);
  await create(world, version).catch(() => undefined);
  world.faults = (_, name) => (name === 'keys.remove' ? 'dies' : undefined);
  await world.pass(90_000);
  await create(world, version).catch(() => undefined); // finds an orphan, deletes it, and dies
  world.faults = new Map();
  await world.pass(300_000); // the first one wakes
  expect(keyIds(world)).not.toContain(world.secretValue(version)?.['aws_access_key_id']);
  expect(world.label('AWSPENDING')).toBeNull();
});

test('a value that is stored by whoever slept, when another one is about to delete its key, does not stay under AWSPENDING', async () => {
  const world = createWorld();
  const version = world.startRotation();
  world.faults = (_, name) => (name === 'secrets.put' ? 'freezes' : undefined);
  await create(world, version).catch(() => undefined);
  world.faults = (_, name) => (name === 'keys.remove' ? 'freezes' : undefined);
  await world.pass(90_000);
  await create(world, version).catch(() => undefined); // finds an orphan, and is suspended just before it deletes it
  world.faults = new Map();
  await world.pass(170_000); // the first one wakes
  const stored = world.secretValue(version)?.['aws_access_key_id'];
  expect(keyIds(world)).toContain(stored);
  expect(world.label('AWSPENDING')).toBeNull();
  await world.pass(120_000); // and the other
  expect(keyIds(world)).not.toContain(stored);
});

test('a value that comes when the end of its key is written down is seen, and the key lives', async () => {
  const world = createWorld();
  const version = world.startRotation();
  let condemnedAt = Infinity;
  world.faults = (_, name) => (name === 'secrets.put' ? 'freezes' : undefined);
  await create(world, version).catch(() => undefined);
  const [, made] = keyIds(world);
  const fields = JSON.stringify({
    aws_access_key_id: made,
    aws_secret_access_key: world.keys.find(made ?? '')?.secret,
  });
  world.faults = () => {
    if (world.table.item('user', 'singlestore-ingest')?.made?.ending !== true || condemnedAt < Infinity)
      return undefined;
    condemnedAt = world.clock.now();
    world.secrets.putByHand(secretId, version, fields); // the sender's, which died behind it
    return undefined;
  };
  await world.pass(90_000);
  await create(world, version);
  expect(condemnedAt).toBeLessThan(Infinity);
  expect(keyIds(world)).toContain(made);
  expect(world.table.item('user', 'singlestore-ingest')?.made).not.toHaveProperty('ending');
});

test('who sleeps behind its PutSecretValue takes nothing from those who have gone on with the value', async () => {
  const world = createWorld();
  const version = world.startRotation();
  let isStored = false;
  world.faults = (_, name) => {
    if (name === 'secrets.put') isStored = true;
    return isStored && name === 'table.write' ? 'freezes' : undefined;
  };
  await create(world, version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(90_000);
  await create(world, version);
  await world.pass(300_000); // it wakes
  expect(world.label('AWSPENDING')).toBe(version);
  expect(keyIds(world)).toContain(world.secretValue(version)?.['aws_access_key_id']);
});

test('a value that arrives after the retry has begun, at whatever second of it, names a key that lives, also when the retry dies', async () => {
  for (let lateMs = 500; lateMs <= 30_000; lateMs += 1_475) {
    const world = createWorld();
    const version = world.startRotation();
    world.lateMs = lateMs;
    let puts = 0;
    world.faults = (_, name) =>
      name === 'secrets.put' && ++puts === 1 ? 'late' : name === 'keys.remove' ? 'dies' : undefined;
    expect((await failure(create(world, version))).code).toBe('AWS_REFUSED');
    await create(world, version).catch(() => undefined);
    await world.pass(lateMs);
    expect([lateMs, keyIds(world)]).toEqual([
      lateMs,
      [expect.anything(), world.secretValue(version)?.['aws_access_key_id']],
    ]);
  }
});

test('a key that arrives when the retry is over is deleted by the next rotation', async () => {
  const world = createWorld({ secretValue: '{}' });
  world.keys.endByHand(keyIds(world)[0] ?? '', 'delete'); // both slots are free
  const version = world.startRotation();
  world.lateMs = 20_000;
  let creates = 0;
  world.faults = (_, name) => (name === 'keys.create' && ++creates === 1 ? 'late' : undefined);
  expect((await failure(create(world, version))).code).toBe('CREATE_REFUSED');
  await upTo(world, 'finishSecret', version);
  await world.pass(20_000);
  const [stored, late] = keyIds(world);
  expect([stored, late]).toEqual([world.secretValue(version)?.['aws_access_key_id'], expect.any(String)]);
  await world.pass(60_000);
  const next = await upTo(world, 'createSecret');
  expect(keyIds(world)).toEqual([stored, world.secretValue(next)?.['aws_access_key_id']]);
});

test('a key that arrives after the retry has begun, at whatever call of it, is still known as ours', async () => {
  for (let lateMs = 1; lateMs <= 60; lateMs += 1) {
    const world = createWorld();
    const version = world.startRotation();
    world.lateMs = lateMs;
    let creates = 0;
    world.faults = (_, name) => (name === 'keys.create' && ++creates === 1 ? 'late' : undefined);
    for (let attempt = 0; attempt < 3; attempt += 1) await create(world, version).catch(() => undefined);
    expect([lateMs, world.secretValue(version)]).not.toEqual([lateMs, null]);
    expect(keyIds(world)).toHaveLength(2);
  }
});
