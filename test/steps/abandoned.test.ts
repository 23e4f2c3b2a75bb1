import { recover } from '../../lambda/steps/recover';
import { secretId, userName } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, rotateWithRetries, upTo } from './driving';

/*
 * Somebody interferes by hand. Each case ends in a safe state, and with a message that says what was found and which
 * command mends it; the command is then carried out, and mends it.
 */

const held = (world: MemoryWorld): string | undefined => world.linkKeyId('analytics', 'analytics_link');
const keyOf = (world: MemoryWorld, version: string): string =>
  world.secretValue(version)?.['aws_access_key_id'] ?? 'none';
const label = (world: MemoryWorld, name: string, from: string | null, to: string | null): Promise<unknown> =>
  world.run(({ secrets }) => secrets.moveLabel(secretId, name, from, to));
const rotated = async (world: MemoryWorld): Promise<string> => {
  const version = world.startRotation();
  const errors: unknown[] = [];
  expect(await rotateWithRetries(world, version, errors)).toBe(true);
  expect([world.paused(), world.leaks(errors)]).toEqual([[], []]);
  expect(held(world)).toBe(keyOf(world, version));
  return version;
};

test('AWSPENDING taken away: the watchdog brings the links back, and the rotation that the message names goes well', async () => {
  const world = createWorld();
  const [old] = keyIds(world);
  const version = await upTo(world, 'setSecret');
  await label(world, 'AWSPENDING', version, null);
  const { message } = await failure(call(world, 'testSecret', version));
  expect(message).toContain(`aws secretsmanager rotate-secret --secret-id ${secretId}`);
  await world.run(recover);
  expect(held(world)).toBe(old);
  expect(world.logs.find(({ action }) => action === 'settling')?.fields['note']).toContain('AWSPENDING was removed');
  expect(world.paused()).toEqual([]);
  await rotated(world);
});

test('a value stored by hand: nothing is deleted, and the commands name the version that the links hold', async () => {
  const world = createWorld();
  const version = await rotated(world);
  await world.run(({ keys }) => keys.remove(userName, keyIds(world)[0]!));
  const { keyId, secret } = world.keys.add(userName);
  const byHand = world.newId();
  world.secrets.putByHand(
    secretId,
    byHand,
    JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret }),
  );
  await world.pass(60_000);
  const { message } = await failure(call(world, 'createSecret', world.startRotation()));
  expect(message).toMatch(/^KEY_QUOTA: .* AWSCURRENT was stored or moved by hand: no link holds its key/);
  const mend = `--version-stage AWSCURRENT --remove-from-version-id ${byHand} --move-to-version-id ${version}`;
  expect(message).toContain(mend);
  expect(message).toContain(`aws iam delete-access-key --user-name ${userName} --access-key-id ${keyId}`);
  expect(keyIds(world)).toHaveLength(2);
  expect(held(world)).toBe(keyOf(world, version));
  await label(world, 'AWSCURRENT', byHand, version);
  await world.run(({ keys }) => keys.remove(userName, keyId));
  await label(world, 'AWSPENDING', world.label('AWSPENDING'), null);
  await rotated(world);
});

test('a secret scheduled for deletion in the pause: what was paused is resumed all the same', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies-before' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  expect(world.paused()).toHaveLength(2);
  world.secrets.secret(secretId).deleted = true;
  await world.pass(60_000);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
  const { message } = await failure(call(world, 'setSecret', version));
  expect(message).toMatch(/^SECRET_UNREADABLE: .* scheduled for deletion/);
  expect(message).toContain(`aws secretsmanager restore-secret --secret-id ${secretId}`);
  world.secrets.secret(secretId).deleted = false;
  expect(await rotateWithRetries(world, version, [])).toBe(true);
});

test('a cancelled rotation: the links keep the pending value until its label is taken away, then they go back', async () => {
  const world = createWorld();
  const [old] = keyIds(world);
  const version = await upTo(world, 'setSecret');
  world.secrets.secret(secretId).rotationEnabled = false;
  const { message } = await failure(call(world, 'testSecret', version));
  expect(message).toMatch(/^ROTATION_OFF: /);
  expect(message).toContain(`--version-stage AWSPENDING --remove-from-version-id ${version}`);
  expect(world.paused()).toEqual([]);
  await label(world, 'AWSPENDING', version, null);
  await world.run(recover);
  expect(held(world)).toBe(old);
});

test('a pending key set Inactive: nothing is paused, and each of the two commands leads on', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  const id = keyOf(world, version);
  world.keys.key(id).active = false;
  const { code, message } = await failure(call(world, 'setSecret', version));
  expect(code).toBe('CREDENTIALS_NOT_ACCEPTED');
  expect(message).toContain(`aws iam update-access-key --user-name ${userName} --access-key-id ${id} --status Active`);
  expect(world.transitions).toEqual([]);
  world.keys.key(id).active = true;
  await call(world, 'setSecret', version);
  expect(held(world)).toBe(id);
});

test('a pending key that was never made usable and is deleted: the version is given up, and the next one works', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  await world.run(({ keys }) => keys.remove(userName, keyOf(world, version)));
  await world.pass(120_000);
  expect((await failure(call(world, 'createSecret', version))).code).toBe('VERSION_GIVEN_UP');
  expect(world.label('AWSPENDING')).toBeNull();
  await rotated(world);
});

test('a link altered by hand is given the new credentials by the next rotation', async () => {
  const world = createWorld();
  await rotated(world);
  const { keyId, secret } = world.keys.add('somebody', world.clock.now() - 60_000);
  world.link('analytics', 'analytics_link').credentials = JSON.stringify({
    aws_access_key_id: keyId,
    aws_secret_access_key: secret,
  });
  await world.pass(86_400_000 * 2);
  await world.run(recover);
  await rotated(world);
});

test('a label lost where there is nothing to go back to is said, with what to do, and the link keeps what works', async () => {
  const world = createWorld({ secretValue: '{}' });
  const version = await upTo(world, 'setSecret');
  await label(world, 'AWSPENDING', version, null);
  await world.run(recover);
  expect(held(world)).toBe(keyOf(world, version));
  expect(world.logs.find(({ action }) => action === 'cannot-settle')?.fields['note']).toMatch(
    /nothing to go back to.*Store working credentials in the secret, then aws secretsmanager rotate-secret/,
  );
  expect(world.keys.key(keyOf(world, version)).deleted).toBe(false);
});

test('AWSCURRENT moved back by hand after a rotation: the key behind it is not retired, however long it has been due', async () => {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  const before = world.label('AWSCURRENT') ?? '';
  const version = await rotated(world);
  await label(world, 'AWSCURRENT', version, before);
  await world.pass(30 * 3_600_000);
  expect((await world.run(recover)).retired).toEqual([]);
  expect(world.keys.key(old).active).toBe(true);
  expect(world.logs.some(({ action }) => action === 'old-key-labelled')).toBe(true);
  await label(world, 'AWSCURRENT', before, version);
  expect((await world.run(recover)).retired).toEqual([old]);
});
