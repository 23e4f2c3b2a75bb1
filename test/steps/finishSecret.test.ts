import { createWorld } from '../support/world';
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

test('a key that somebody has deactivated since its proof is not promoted', async () => {
  const world = createWorld();
  const version = await upTo(world, 'testSecret');
  world.keys.endByHand(world.secretValue(version)?.['aws_access_key_id'] ?? '', 'deactivate');
  const error = await failure(call(world, 'finishSecret', version));
  expect(error.code).toBe('CREDENTIALS_NOT_ACCEPTED');
  expect(error.message).toContain('update-secret-version-stage');
  expect(world.label('AWSCURRENT')).not.toBe(version);
});
