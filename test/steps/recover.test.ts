import { rotate } from '../../lambda/steps/rotate';
import { recover } from '../../lambda/steps/recover';
import { RotationError } from '../../lambda/core/errors';
import { connectionSecretId, defaultCluster, secretId, userName } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, keyIds, onLink, story, upTo } from './driving';

const link = (world: MemoryWorld): string | undefined => world.linkKeyId('analytics', 'analytics_link');
const metric = (world: MemoryWorld, name: string): readonly number[] =>
  world.metrics.filter((one) => one.name === name).flatMap(({ values }) => values);

/** setSecret dies at this call, before or after its effect. */
async function dead(world: MemoryWorld, at: string, fault: 'dies' | 'dies-before' = 'dies'): Promise<string> {
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === at ? fault : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  return version;
}

describe.each([
  ['lane.stop', 'dies'],
  ['lane.alter', 'dies'],
  ['lane.start', 'dies-before'],
] as const)('a run that died at %s', (at, how) => {
  test('is resumed within a minute of its lease running out, without IAM, without a definition, by one watchdog or two', async () => {
    const world = createWorld();
    await dead(world, at, how);
    expect(world.paused()).not.toEqual([]);
    await world.run(recover);
    expect(world.paused()).not.toEqual([]); // the dead run's lease still holds
    await world.pass(31_000);
    const since = world.points.length;
    const watchdog = () => world.begin((run) => recover({ ...run, definitions: [] }));
    await world.clock.run(Promise.all([watchdog(), watchdog()]));
    expect(world.paused()).toEqual([]);
    expect(world.points.slice(since).filter((name) => name.startsWith('keys.') || name.startsWith('trials.'))).toEqual(
      [],
    );
    expect(metric(world, 'PipelinesLeftPaused').at(-1)).toBe(0);
  });

  test('never has a pipeline started that was not running before', async () => {
    const world = createWorld();
    await dead(world, at, how);
    await world.pass(31_000);
    await world.run(recover);
    expect(story(world).filter((change) => /archive|returns/.test(change))).toEqual([]);
  });
});

test('a watchdog leaves a live rotation alone', async () => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 45_000 })));
  const version = await upTo(world, 'createSecret');
  const rotation = world.begin((run) => rotate({ type: 'rotation', step: 'setSecret', secretId, version }, run));
  const watchdogs = [10_000, 25_000, 40_000].map((at) => world.clock.sleep(at).then(() => world.begin(recover)));
  await world.clock.run(Promise.all([rotation, ...watchdogs]));
  expect(story(world)).toEqual(['orders:Stopped', 'orders:Running']);
});

test('the age of the credentials in links is told in whole hours, once there are any of ours', async () => {
  const world = createWorld();
  await world.run(recover);
  expect(metric(world, 'OldestCredentialAgeHours')).toEqual([]);
  await upTo(world, 'finishSecret');
  await world.pass(59 * 60_000);
  await world.run(recover);
  await world.pass(3 * 3_600_000);
  await world.run(recover);
  expect(metric(world, 'OldestCredentialAgeHours')).toEqual([0, 3]);
});

test('what we drove into Error through a link that no definition names any more is told each minute', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  await upTo(world, 'setSecret');
  const fresh = link(world);
  world.keys.deny((keyId) => keyId === fresh);
  world.definitions.splice(0);
  await world.pass(61_000);
  await world.run(recover);
  await world.run(recover);
  const told = world.logs.filter(({ action }) => action === 'left-in-error');
  expect(told.map(({ fields }) => fields['link'])).toEqual([
    '`analytics`.`analytics_link`',
    '`analytics`.`analytics_link`',
  ]);
  expect(metric(world, 'RecoverFailed')).toEqual([1, 1]);
});

test('a link that is gone is forgotten, but not while what was paused for it is not started', async () => {
  const world = createWorld();
  const version = await dead(world, 'lane.alter');
  await world.pass(31_000);
  const { links } = world.server();
  const name = [...links.keys()].find((one) => one.includes('analytics_link'))!;
  const gone = links.get(name)!;
  links.delete(name);
  links.set('`analytics`.`another`' as typeof name, { ...gone, name: '`analytics`.`another`' as typeof name });
  world.faults = (_, called) => (called === 'lane.start' ? 'refused' : undefined);
  await world.run(recover);
  await call(world, 'createSecret', version).catch(() => undefined);
  expect(world.table.keys('link').filter((key) => key.endsWith('`analytics_link`'))).toHaveLength(1);
  world.faults = new Map();
  await world.pass(31_000);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
});

test('a cluster that is down is tried each minute, with the age of the pause as a metric', async () => {
  const world = createWorld();
  await dead(world, 'lane.alter');
  world.server().down = true;
  for (let minute = 0; minute < 3; minute += 1) {
    await world.pass(60_000);
    const { failures, leftPaused } = await world.run(recover);
    expect(failures.join()).toContain('CONNECTION_REFUSED');
    expect(leftPaused).toHaveLength(2);
  }
  expect(metric(world, 'OldestPauseAgeSeconds').at(-1)).toBeGreaterThanOrEqual(180);
  expect(metric(world, 'RecoverFailed').length).toBeGreaterThanOrEqual(3);
  world.server().down = false;
  await world.run(recover);
  expect(world.paused()).toEqual([]);
  expect(metric(world, 'OldestPauseAgeSeconds').at(-1)).toBe(0);
});

test('a run in which Secrets Manager is away counts once, however many mirrored secrets it could not look at', async () => {
  const world = createWorld();
  const [definition] = world.definitions;
  const mirrors = ['one', 'two', 'three'].map((name) => ({
    ...definition!,
    secretId: `arn:${name}`,
    source: { type: 'mirror' as const, secretId: `arn:mirrored-${name}`, overlap: false },
  }));
  world.faults = (_, called) => (called === 'secrets.describe' ? 'refused' : undefined);
  const { failures } = await world.run((run) => recover({ ...run, definitions: mirrors }));
  expect(failures).toHaveLength(3);
  expect(metric(world, 'RecoverFailed')).toEqual([1]);
});

test('the connection secret names another cluster by now: the one that the journal recorded is resumed, and the other left alone', async () => {
  const other = '10.0.0.2:3306';
  const world = createWorld({ clusters: { '10.0.0.1:3306': defaultCluster, [other]: defaultCluster } });
  await dead(world, 'lane.alter');
  for (const pipeline of world.server(other).pipelines.values())
    world.server(other).set(pipeline, 'Stopped', 'somebody');
  const there = JSON.parse(
    world.secrets.value(connectionSecretId, world.secrets.holder(connectionSecretId, 'AWSCURRENT') ?? '') ?? '',
  ) as object;
  world.secrets.putByHand(connectionSecretId, world.newId(), JSON.stringify({ ...there, host: '10.0.0.2' }));
  await world.pass(31_000);
  await world.run(recover);
  expect([...world.server('10.0.0.1:3306').pipelines.values()].filter(({ state }) => state === 'Running')).toHaveLength(
    2,
  );
  expect([...world.server(other).pipelines.values()].filter(({ state }) => state === 'Running')).toHaveLength(0);
});

test('a server that has few connections to give is resumed over two', async () => {
  const world = createWorld();
  await dead(world, 'lane.alter');
  await world.pass(31_000);
  const watchdog = world.run((run) =>
    recover({
      ...run,
      clusters: {
        open: (login, lanes) =>
          lanes > 1
            ? Promise.reject(new RotationError('CONNECTION_REFUSED', 'too many connections'))
            : run.clusters.open(login, lanes),
      },
    }),
  );
  expect((await watchdog).resumed).toHaveLength(1);
  expect(world.paused()).toEqual([]);
});

test('a member that was dropped meanwhile is reported and does not block the rest', async () => {
  const world = createWorld();
  await dead(world, 'lane.alter');
  await world.pass(31_000);
  world.server().pipelines.delete(world.pipeline('sales', 'invoices').name);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
  expect(
    world.logs.some(({ action, fields }) => action === 'pipelines-gone' && JSON.stringify(fields).includes('invoices')),
  ).toBe(true);
});

test('a rollback that died is finished', async () => {
  const world = createWorld();
  const before = link(world);
  const version = await upTo(world, 'setSecret');
  const refused = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId) => keyId === refused);
  await world.pass(2_000);
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies-before' : undefined);
  await call(world, 'testSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(31_000);
  const { settled } = await world.run(recover);
  expect(settled.join()).toContain('rollback-recorded');
  expect(link(world)).toBe(before);
  expect(world.paused()).toEqual([]);
});

test('a rollback that failed is not forgotten: the version is set and proven anew before it may be promoted', async () => {
  const world = createWorld();
  const version = await upTo(world, 'setSecret');
  const refused = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId, bucket) => keyId === refused && bucket === 'bucket');
  await world.pass(61_000);
  world.faults = (_, name) => (name === 'lane.alter' ? 'refused' : undefined);
  expect((await world.run(recover)).failures.join()).toContain('ALTER_REFUSED');
  world.faults = new Map();
  await call(world, 'setSecret', version).catch(() => undefined);
  await call(world, 'testSecret', version).catch(() => undefined);
  await call(world, 'finishSecret', version).catch(() => undefined);
  expect(world.label('AWSCURRENT')).not.toBe(version);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
});

test('an operator removed AWSPENDING while links hold the version: they go back to AWSCURRENT', async () => {
  const world = createWorld();
  const before = link(world);
  const version = await upTo(world, 'setSecret');
  await world.run(({ secrets }) => secrets.moveLabel(secretId, 'AWSPENDING', version, null));
  expect((await world.run(recover)).settled.join()).toContain('abandoned');
  expect(link(world)).toBe(before);
  expect(world.paused()).toEqual([]);
  expect((await world.run(recover)).settled).toEqual([]);
});

describe('an old key', () => {
  const rotated = async (world: MemoryWorld): Promise<string> => {
    const [old = ''] = keyIds(world);
    await upTo(world, 'finishSecret');
    return old;
  };

  test('is set Inactive when it is due and unused since the switch, not before', async () => {
    const world = createWorld();
    const old = await rotated(world);
    await world.pass(23 * 3_600_000);
    expect((await world.run(recover)).retired).toEqual([]);
    expect(world.keys.key(old).active).toBe(true);
    await world.pass(2 * 3_600_000);
    expect((await world.run(recover)).retired).toEqual([old]);
    expect(world.keys.key(old).active).toBe(false);
    expect((await world.run(recover)).retired).toEqual([]);
  });

  test('that is still used is not touched; the log says by which service and region', async () => {
    const world = createWorld();
    const old = await rotated(world);
    await world.pass(25 * 3_600_000);
    world.keys.key(old).lastUsed = { at: world.clock.now() - 1_000, service: 's3', region: 'eu-west-1' };
    expect((await world.run(recover)).retired).toEqual([]);
    expect(world.keys.key(old).active).toBe(true);
    expect(metric(world, 'OldKeyStillUsed').at(-1)).toBe(1);
    expect(world.logs.find(({ action }) => action === 'old-key-still-used')?.fields).toMatchObject({
      service: 's3',
      region: 'eu-west-1',
    });
  });

  test('is kept while an unproven pipeline turns out to be refused', async () => {
    const world = createWorld(clusterOf(onLink('orders'), onLink('quiet', { idle: true })));
    const old = await rotated(world);
    const fresh = link(world);
    world.keys.deny((keyId, bucket) => keyId === fresh && bucket === 'bucket');
    world.pipeline('analytics', 'quiet').idle = false;
    await world.pass(25 * 3_600_000);
    expect((await world.run(recover)).retired).toEqual([]);
    expect(world.keys.key(old).active).toBe(true);
    expect(world.logs.some(({ action }) => action === 'unproven-refused')).toBe(true);
  });

  test('is kept while a link may hold it', async () => {
    const world = createWorld();
    const old = await rotated(world);
    await world.pass(25 * 3_600_000);
    for (const key of world.table.keys('link')) await world.run(({ table }) => table.remove('link', key));
    expect((await world.run(recover)).retired).toEqual([]);
    expect(world.keys.key(old).active).toBe(true);
    expect(metric(world, 'OldKeyStillUsed').at(-1)).toBe(1);
  });
});

test('pipelines that do not start on the new credentials start on the old ones: the watchdog moves their link back', async () => {
  const world = createWorld();
  const [old = ''] = world.keys.of(userName).map(({ keyId }) => keyId);
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) =>
    name === 'lane.start' && world.linkKeyId('analytics', 'analytics_link') !== old ? 'refused' : undefined;
  expect((await failure(call(world, 'setSecret', version))).code).toBe('RESUME_FAILED');
  expect(world.paused()).toHaveLength(2);
  await world.pass(40_000);
  const { settled, leftPaused } = await world.run(recover);
  expect(settled).toEqual([expect.stringContaining('not-starting')]);
  expect([leftPaused, world.paused()]).toEqual([[], []]);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(old);
  expect(world.table.keys('set')).toEqual([]);
  world.faults = new Map();
  await call(world, 'setSecret', version);
  expect(world.linkKeyId('analytics', 'analytics_link')).not.toBe(old);
});

test('where there is nothing to go back to they are started again and again, and it is said', async () => {
  const world = createWorld({ secretValue: '{}' });
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.start' ? 'refused' : undefined);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('RESUME_FAILED');
  await world.pass(40_000);
  const { leftPaused } = await world.run(recover);
  expect(leftPaused).toHaveLength(2);
  expect(world.logs.some(({ action }) => action === 'cannot-settle')).toBe(true);
  world.faults = new Map();
  await world.pass(40_000);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
});

test.each([1, 2])(
  'an item of an open set that somebody removed, of %i: what the others name runs, and the pause is not over',
  async (items) => {
    const names = Array.from({ length: items === 1 ? 2 : 401 }, (_, at) => `p${at}`);
    const world = createWorld(clusterOf(...names.map((name) => onLink(name))));
    const version = await dead(world, 'lane.alter', 'dies');
    const [key] = world.table.keys('set');
    const row = key === undefined ? null : await world.run((run) => run.table.read('set', key));
    expect(world.table.keys('set')).toHaveLength(items);
    await world.run((run) => run.table.remove('set', key ?? ''));
    await world.pass(31_000);
    const found = await world.run((run) => recover({ ...run, definitions: [] }));
    expect(found.resumed).toEqual([]);
    expect(found.failures).toEqual([expect.stringContaining(`item "set" "${key}"`)]);
    expect(found.failures[0]).toMatch(/^RESUME_FAILED: link `analytics`.`analytics_link` on .* point-in-time recovery/);
    expect(metric(world, 'RecoverFailed')).toEqual([1]);
    expect(world.paused()).toHaveLength(items === 1 ? 2 : 400);
    expect((await failure(call(world, 'setSecret', version))).code).toBe('RESUME_FAILED');
    expect(world.paused()).toHaveLength(items === 1 ? 2 : 400);
    await world.run((run) => run.table.write('set', key ?? '', row?.item ?? { members: [] }, 0));
    await world.pass(31_000);
    await world.run(recover);
    expect(world.paused()).toEqual([]);
    await upTo(world, 'finishSecret', version);
    expect(world.label('AWSCURRENT')).toBe(version);
  },
);
