import { Credentials } from '../../lambda/core/credentials';
import { secretId } from './scenario';
import { createWorld } from './world';

test('a rotation starts with a pending version that has no value, and the first value stays', async () => {
  const world = createWorld();
  const version = world.startRotation();
  await world.run(async ({ secrets }) => {
    expect(await secrets.read(secretId, { version })).toBeNull();
    expect(await secrets.put(secretId, version, new Credentials('{"a":1}'), 'token')).toBe(true);
    expect(await secrets.put(secretId, version, new Credentials('{"a":1}'), 'token')).toBe(true);
    expect(await secrets.put(secretId, version, new Credentials('{"a":2}'), 'token')).toBe(false);
    expect((await secrets.read(secretId, { version }))?.value.reveal()).toBe('{"a":1}');
  });
});

test('AWSCURRENT moves by compare-and-swap and takes AWSPREVIOUS along; AWSPENDING stays', async () => {
  const world = createWorld();
  const old = world.label('AWSCURRENT')!;
  const version = world.startRotation();
  await world.run(async ({ secrets }) => {
    expect(await secrets.moveLabel(secretId, 'AWSCURRENT', version, version)).toBe(false);
    expect(await secrets.moveLabel(secretId, 'AWSCURRENT', old, version)).toBe(true);
    const { labels } = await secrets.describe(secretId);
    expect(labels).toEqual({ [old]: ['AWSPREVIOUS'], [version]: ['AWSPENDING', 'AWSCURRENT'] });
    expect(await secrets.moveLabel(secretId, 'AWSPENDING', old, null)).toBe(false);
    expect(await secrets.moveLabel(secretId, 'AWSPENDING', version, null)).toBe(true);
    expect(await secrets.moveLabel(secretId, 'AWSPENDING', version, null)).toBe(true); // it is where it should be
    expect(await secrets.moveLabel(secretId, 'AWSPENDING', null, version)).toBe(true);
  });
});

test('a version without a label is not listed any more', async () => {
  const world = createWorld();
  const version = world.startRotation();
  await world.run(async ({ secrets }) => {
    await secrets.moveLabel(secretId, 'AWSPENDING', version, null);
    expect((await secrets.describe(secretId)).labels).not.toHaveProperty(version);
  });
});

test('a rotation does not start while another is not complete; a value stored by hand abandons it', () => {
  const world = createWorld();
  world.startRotation();
  expect(() => world.startRotation()).toThrow("isn't complete");
  world.secrets.putByHand(secretId, 'by-hand', '{}');
  expect([world.label('AWSCURRENT'), world.label('AWSPENDING')]).toEqual(['by-hand', null]);
  expect(world.startRotation()).toBe(world.label('AWSPENDING'));
});

test('the call that only tests has the current value pending', () => {
  const world = createWorld();
  const version = world.testOnly();
  expect(world.secretValue(version)).toEqual(world.secretValue(world.label('AWSCURRENT')!));
});

test('a secret is found by name, and is unreadable when it is unknown or deleted', async () => {
  const world = createWorld();
  await world.run(async ({ secrets }) => {
    expect((await secrets.describe('prod/s3-ingest')).arn).toBe(secretId);
    await expect(secrets.describe('prod/other')).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    world.secrets.secret(secretId).deleted = true;
    expect((await secrets.describe(secretId)).deleted).toBe(true);
    await expect(secrets.read(secretId, { label: 'AWSCURRENT' })).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });
});
