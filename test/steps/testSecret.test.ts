import { createWorld, type MemoryWorld } from '../support/world';
import { Credentials } from '../../lambda/core/credentials';
import { recover } from '../../lambda/steps/recover';
import { call, clusterOf, failure, keyIds, onLink, story, upTo } from './driving';

const link = (world: MemoryWorld): string | undefined => world.linkKeyId('analytics', 'analytics_link');
const newKey = (world: MemoryWorld, version: string): string => world.secretValue(version)?.['aws_access_key_id'] ?? '';
/** The bucket takes the new key for listing while it is tried, and refuses it to the pipelines. */
async function setThenRefuse(world: MemoryWorld): Promise<string> {
  const version = await upTo(world, 'setSecret');
  const refused = newKey(world, version);
  world.keys.deny((keyId) => keyId === refused);
  return version;
}

test('a pipeline that has loaded a batch since is proven', async () => {
  const world = createWorld();
  const version = await upTo(world, 'testSecret');
  expect(world.table.item('secret', world.table.keys('secret')[0] ?? '')).toMatchObject({ version, unproven: [] });
});

test('a batch from before the switch proves nothing: without a new one the pipeline is unproven, which does not fail', async () => {
  const world = createWorld(clusterOf(onLink('orders'), onLink('quiet', { idle: true })));
  await upTo(world, 'testSecret');
  const record = world.table.item('secret', world.table.keys('secret')[0] ?? '');
  expect(record?.unproven.map(({ pipeline }) => pipeline)).toEqual(['`analytics`.`quiet`']);
});

test('a credential error takes the link back to AWSCURRENT, and what it drove into Error runs again', async () => {
  const world = createWorld();
  const before = link(world);
  const version = await setThenRefuse(world);
  await world.pass(2_000);
  expect(world.paused()).not.toEqual([]);
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
  expect(link(world)).toBe(before);
  expect(world.paused()).toEqual([]);
  expect(world.label('AWSPENDING')).toBe(version);
});

test('a pipeline that the refused credentials drive into Error while it is being stopped for the way back runs again, too', async () => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 2_000, loadMs: 2_000 }), onLink('lines')));
  const before = link(world);
  const version = await setThenRefuse(world);
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
  // the batch that the STOP of `orders` waits for is refused
  expect(story(world).slice(-4)).toEqual(['lines:Error', 'orders:Error', 'orders:Running', 'lines:Running']);
  expect(link(world)).toBe(before);
  expect(world.paused()).toEqual([]);
});

test('so does one that somebody has started since the switch: the pause before knew nothing of it', async () => {
  const shelved = onLink('shelved', { state: 'Stopped', drainMs: 2_000, loadMs: 2_000 });
  const world = createWorld(clusterOf(onLink('orders'), shelved));
  const version = await setThenRefuse(world);
  world.server().set(world.pipeline('analytics', 'shelved'), 'Running', 'somebody');
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
  // its first batch with them is the one that the STOP waits for
  expect(story(world).slice(-4)).toEqual(['orders:Error', 'shelved:Error', 'shelved:Running', 'orders:Running']);
  expect(world.paused()).toEqual([]);
});

test('after two failed proofs the version is given up: label removed, key deleted, all on AWSCURRENT', async () => {
  const world = createWorld();
  const [before] = keyIds(world);
  const version = await setThenRefuse(world);
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
  world.keys.deny(() => false);
  await call(world, 'createSecret', version);
  await call(world, 'setSecret', version);
  const refused = newKey(world, version);
  world.keys.deny((keyId) => keyId === refused);
  expect((await failure(call(world, 'testSecret', version))).code).toBe('VERSION_GIVEN_UP');
  expect(world.label('AWSPENDING')).toBeNull();
  expect(keyIds(world)).toEqual([before]);
  expect(link(world)).toBe(before);
  expect(world.paused()).toEqual([]);
  expect(world.metrics.some(({ name }) => name === 'VersionGivenUp')).toBe(true);
});

test('at a first rotation there is nothing to go back to: the link keeps the new key, its pipelines are started, AWSPENDING stays', async () => {
  const world = createWorld({ secretValue: '{}' });
  const version = await setThenRefuse(world);
  await world.pass(2_000);
  const error = await failure(call(world, 'testSecret', version));
  expect(error.code).toBe('PROOF_FAILED');
  expect(error.message).toContain('nothing to go back to');
  expect(link(world)).toBe(newKey(world, version));
  expect(world.label('AWSPENDING')).toBe(version);
  expect(world.paused()).toEqual([]);
});

test('nothing is rolled back to credentials that their maker refuses: the link keeps the new ones', async () => {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  const version = await upTo(world, 'setSecret');
  world.keys.key(old).active = false;
  world.keys.deny((keyId, bucket) => keyId === newKey(world, version) && bucket === 'bucket');
  await world.pass(2_000);
  const error = await failure(call(world, 'testSecret', version));
  expect(error.message).toContain('nothing to go back to');
  expect(link(world)).toBe(newKey(world, version));
  expect(world.paused()).toEqual([]);
});

test('a rollback that cannot alter the link does not hide why it was needed', async () => {
  const world = createWorld();
  const version = await setThenRefuse(world);
  world.faults = (_, name) => (name === 'lane.alter' ? 'refused' : undefined);
  const error = await failure(call(world, 'testSecret', version));
  expect(error.code).toBe('PROOF_FAILED');
  expect(error.message).toContain('ALTER_REFUSED');
});

test('a key that a person put into AWSPENDING is not deleted when the version is given up', async () => {
  const world = createWorld();
  const byHand = world.keys.add('singlestore-ingest');
  const version = world.startRotation();
  const value = JSON.stringify({ aws_access_key_id: byHand.keyId, aws_secret_access_key: byHand.secret });
  await world.run(({ secrets }) => secrets.put('prod/s3-ingest', version, new Credentials(value), undefined));
  for (const code of ['PROOF_FAILED', 'VERSION_GIVEN_UP']) {
    world.keys.deny(() => false);
    await call(world, 'createSecret', version);
    await call(world, 'setSecret', version);
    world.keys.deny((keyId) => keyId === byHand.keyId);
    expect((await failure(call(world, 'testSecret', version))).code).toBe(code);
  }
  expect(keyIds(world)).toContain(byHand.keyId);
});

test('a fault that is not the credentials is reported, not blamed on them', async () => {
  const world = createWorld(clusterOf(onLink('orders'), onLink('broken')));
  const version = await upTo(world, 'setSecret');
  world.pipeline('analytics', 'broken').fault = { code: 1644, message: 'column count does not match' };
  await call(world, 'testSecret', version);
  expect(link(world)).toBe(newKey(world, version));
});

test('without setSecret there is nothing to test', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  expect((await failure(call(world, 'testSecret', version))).code).toBe('STEP_OUT_OF_ORDER');
});

test('a pending version without a value fails', async () => {
  const world = createWorld();
  expect((await failure(call(world, 'testSecret', world.startRotation()))).code).toBe('PENDING_WITHOUT_VALUE');
});

describe('the test-only call', () => {
  test('checks everything and writes nothing', async () => {
    const world = createWorld();
    await call(world, 'testSecret', world.testOnly());
    expect(world.table.history).toEqual([]);
    expect(world.transitions).toEqual([]);
    expect(world.points.filter((name) => /put|move|create|remove|write|lane|kill|deactivate/.test(name))).toEqual([]);
  });

  test('fails with what would stop a rotation', async () => {
    const world = createWorld();
    world.keys.add('singlestore-ingest');
    world.server().links.clear();
    const error = await failure(call(world, 'testSecret', world.testOnly()));
    expect(error.code).toBe('LINK_MISSING');
    expect(error.message).toContain('no free slot');
    expect(world.table.history).toEqual([]);
  });
});

test('setSecret done and nobody comes to test: after 20 minutes the watchdog proves', async () => {
  const world = createWorld();
  const version = await upTo(world, 'setSecret');
  await world.pass(21 * 60_000);
  expect((await world.run(recover)).settled.join()).toContain('proven late');
  await call(world, 'finishSecret', version);
  expect(world.label('AWSCURRENT')).toBe(version);
});

test('setSecret done, nobody comes to test, and the source refuses: the watchdog takes the link back within a minute or two', async () => {
  const world = createWorld();
  const before = link(world);
  await setThenRefuse(world);
  await world.pass(61_000);
  expect((await world.run(recover)).settled.join()).toContain('driven-into-error');
  expect(link(world)).toBe(before);
  expect(world.paused()).toEqual([]);
});

test('a version that the watchdog has found refused twice is given to no link a third time, though no testSecret came', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  const [before] = keyIds(world);
  const version = await upTo(world, 'createSecret');
  const refused = newKey(world, version);
  world.keys.deny((keyId) => keyId === refused && world.points.at(-1)?.startsWith('trials.') !== true);
  for (let round = 0; round < 2; round += 1) {
    await call(world, 'setSecret', version);
    await world.pass(62_000);
    await world.run(recover);
    expect(link(world)).toBe(before);
  }
  expect((await failure(call(world, 'setSecret', version))).code).toBe('VERSION_GIVEN_UP');
  expect([keyIds(world), world.label('AWSPENDING'), world.paused()]).toEqual([[before], null, []]);
});
