import type { RotationError } from '../../lambda/core/errors';
import type { LinkRecord } from '../../lambda/core/journal';
import { plan } from '../../lambda/steps/plan';
import { recover } from '../../lambda/steps/recover';
import { clusterId, connectionSecretId, definition, secretId, userName } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, upTo } from './driving';

/* Places that end a step with an error, and that no other claim comes to. Each says what was left, and it was. */

const linkKey = (world: MemoryWorld): string => world.table.keys('link')[0] ?? '';
const changeLink = (world: MemoryWorld, change: (record: LinkRecord) => LinkRecord): Promise<unknown> =>
  world.run(async ({ table }) => {
    const stored = await table.read('link', linkKey(world));
    if (stored !== null) await table.write('link', linkKey(world), change(stored.item), stored.revision);
  });
const held = (world: MemoryWorld): string | undefined => world.linkKeyId('analytics', 'analytics_link');

/** What an error is about and says; besides, nothing is paused, and no secret is told. */
function expectError(world: MemoryWorld, { code, message }: RotationError, expected: string, ...says: string[]): void {
  expect(code).toBe(expected);
  for (const part of says) expect(message).toContain(part);
  expect(world.paused()).toEqual([]);
  expect(world.leaks(message)).toEqual([]);
}

/** A link whose record says that it holds something else than was set. */
const astray = (record: LinkRecord): LinkRecord => ({ ...record, holds: [{ version: null }], bracket: null });

test('a version that a link holds no more is not promoted, and is to be set again', async () => {
  const world = createWorld();
  const current = world.label('AWSCURRENT');
  const version = await upTo(world, 'testSecret');
  await changeLink(world, astray);
  const error = await failure(call(world, 'finishSecret', version));
  expectError(world, error, 'STEP_OUT_OF_ORDER', linkKey(world), 'AWSCURRENT stays where it is');
  expect(world.label('AWSCURRENT')).toBe(current);
  expect(world.table.item('secret', secretId)).not.toHaveProperty('setAt');
});

test('a version that a link holds no more is not proven, and is to be set again', async () => {
  const world = createWorld();
  const version = await upTo(world, 'setSecret');
  await changeLink(world, astray);
  const error = await failure(call(world, 'testSecret', version));
  expectError(world, error, 'STEP_OUT_OF_ORDER', linkKey(world), 'Nothing was changed');
  expect(world.table.item('secret', secretId)).not.toHaveProperty('setAt');
});

test('a version that loses AWSPENDING while it is refused is left to the watchdog, which moves its links back', async () => {
  const world = createWorld();
  const [old] = keyIds(world);
  const version = await upTo(world, 'setSecret');
  const fresh = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId) => keyId === fresh);
  world.faults = (_, name) => {
    if (name === 'cluster.batches') world.secrets.labelByHand(secretId, 'AWSPENDING', null);
    return undefined;
  };
  const { code, message } = await failure(call(world, 'testSecret', version));
  expect([code, message]).toEqual(['LABEL_MOVED', expect.stringContaining(`rotate-secret --secret-id ${secretId}`)]);
  world.faults = new Map();
  await world.run(recover);
  expect([held(world), world.paused()]).toEqual([old, []]);
});

test('a second refusal that cannot be ended says where the links are, and the retry ends it', async () => {
  const world = createWorld();
  const [old] = keyIds(world);
  const version = await upTo(world, 'setSecret');
  const fresh = world.secretValue(version)?.['aws_access_key_id'];
  const refuse = (): void => {
    world.keys.deny((keyId) => keyId === fresh);
  };
  const admit = (): void => {
    world.keys.deny(() => false);
  };
  refuse();
  await failure(call(world, 'testSecret', version));
  admit();
  await call(world, 'setSecret', version);
  refuse();
  world.faults = (_, name) => (name === 'secrets.moveLabel' ? 'refused' : undefined);
  const error = await failure(call(world, 'testSecret', version));
  expectError(world, error, 'PROOF_FAILED', 'Their links are back on AWSCURRENT', 'stays AWSPENDING');
  expect(held(world)).toBe(old);
  expect(world.label('AWSPENDING')).toBe(version);
  world.faults = new Map();
  expect((await failure(call(world, 'setSecret', version))).code).toBe('VERSION_GIVEN_UP');
  expect(world.label('AWSPENDING')).toBeNull();
});

test('a pending value without a key pair is not given to links', async () => {
  const world = createWorld();
  const version = world.newId();
  world.secrets.stage(secretId, version, '{"role_arn":"arn:aws:iam::111122223333:role/lake"}');
  const error = await failure(call(world, 'setSecret', version));
  expectError(world, error, 'SECRET_SHAPE', version, 'Nothing was changed');
  expect(world.transitions).toEqual([]);
});

test('a refused CreateAccessKey leaves no key behind, nor anything for the next call to look for', async () => {
  const world = createWorld();
  const before = keyIds(world);
  world.faults = (_, name) => (name === 'keys.create' ? 'refused' : undefined);
  const error = await failure(call(world, 'createSecret', world.startRotation()));
  expectError(world, error, 'CREATE_REFUSED', userName, 'No key was made');
  expect(keyIds(world)).toEqual(before);
  expect(world.table.item('user', userName)?.intent).toBeNull();
});

test('a mirrored secret without a value is said before anything is paused', async () => {
  const mirrored = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:team/key-QwErTy';
  const world = createWorld({ definition: { source: { type: 'mirror', secretId: mirrored, overlap: false } } });
  world.secrets.add(mirrored, world.newId(), '{}');
  world.secrets.labelByHand(mirrored, 'AWSCURRENT', null);
  const error = await failure(call(world, 'createSecret', world.startRotation()));
  expectError(world, error, 'SECRET_UNREADABLE', mirrored, 'Nothing was changed');
  expect(world.transitions).toEqual([]);
});

test('a connection secret without a value is named', async () => {
  const world = createWorld();
  world.secrets.labelByHand(connectionSecretId, 'AWSCURRENT', null);
  const error = await failure(call(world, 'createSecret', world.startRotation()));
  expectError(world, error, 'SECRET_UNREADABLE', connectionSecretId, 'Nothing was changed');
});

test('a plan says that an invocation is too short for a pause', async () => {
  const world = createWorld();
  const { blockers } = await world.run((run) => plan(run, definition), { seconds: 60 });
  expectError(
    world,
    blockers.find(({ code }) => code === 'TIME_SHORT')!,
    'TIME_SHORT',
    '90 s',
    'Nothing would be paused',
  );
});

test('a pause at an address that answers no more, while the connection secret names another one, is left to a person', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies-before' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(60_000);
  world.server().down = true;
  const login = JSON.parse(
    world.secrets.value(connectionSecretId, world.secrets.holder(connectionSecretId, 'AWSCURRENT')!)!,
  ) as object;
  world.secrets.putByHand(connectionSecretId, world.newId(), JSON.stringify({ ...login, host: '10.0.0.9' }));
  const { failures } = await world.run(recover);
  expect(failures.join()).toMatch(/^CONNECTION_REFUSED: .*10\.0\.0\.9:3306 by now\. .* START PIPELINE IF NOT RUNNING/);
  expect(failures.join()).toContain(clusterId);
  world.server().down = false;
  await world.run(recover);
  expect(world.paused()).toEqual([]);
});
