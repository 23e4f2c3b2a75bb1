import { recover } from '../../lambda/steps/recover';
import { analyticsLink, clusterId, connectionSecretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, upTo } from './driving';

const renamed = connectionSecretId.replace(/\w{6}$/, 'NeWaRn');

/** The connection secret is stored under another ARN, and the definition is deployed with it. @param instead of what the former one held */
function redeploy(world: MemoryWorld, instead: object = {}): void {
  const value = world.secrets.value(connectionSecretId, world.secrets.holder(connectionSecretId, 'AWSCURRENT') ?? '');
  world.secrets.remove(connectionSecretId);
  world.secrets.add(renamed, world.newId(), JSON.stringify({ ...(JSON.parse(value ?? '{}') as object), ...instead }));
  world.definitions[0] = {
    ...world.definitions[0]!,
    targets: world.definitions[0]!.targets.map((target) => ({ ...target, connectionSecretId: renamed })),
  };
}
const recordedSecret = (world: MemoryWorld) =>
  world.table.item('link', `${clusterId}/${analyticsLink}`)?.connectionSecretId;

/** A setSecret that dies just behind ALTER. */
async function pausedByTheDead(world: MemoryWorld): Promise<string> {
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(31_000);
  expect(world.paused()).not.toEqual([]);
  return version;
}

test('what a dead run left paused is resumed through a connection secret that was stored again under another ARN', async () => {
  const world = createWorld();
  await pausedByTheDead(world);
  redeploy(world);
  const { failures } = await world.run(recover);
  expect([failures, world.paused()]).toEqual([[], []]);
  expect(recordedSecret(world)).toBe(renamed);
});

test('a link that was settled under the former ARN goes back when its version is abandoned', async () => {
  const world = createWorld();
  const [old] = world.firstKeys;
  const version = await upTo(world, 'setSecret');
  redeploy(world);
  world.secrets.labelByHand(world.definitions[0]?.secretId ?? '', 'AWSPENDING', null);
  await world.pass(120_000);
  await world.run(recover);
  expect(world.secretValue(version)?.['aws_access_key_id']).not.toBe(old);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(old);
});

test('a connection secret of another address is not taken for the former one: what is there was stopped by somebody else', async () => {
  const world = createWorld();
  await pausedByTheDead(world);
  redeploy(world, { host: '10.0.0.99' });
  const { failures } = await world.run(recover);
  expect(failures).toEqual([expect.stringContaining('SECRET_UNREADABLE')]);
  expect(recordedSecret(world)).toBe(connectionSecretId);
});

test('no secret is asked for while each record names one of the definitions', async () => {
  const world = createWorld();
  await upTo(world, 'finishSecret');
  await world.pass(120_000);
  const before = world.points.length;
  await world.run(recover);
  expect(world.points.slice(before).filter((name) => name === 'secrets.read')).toEqual([]);
});
