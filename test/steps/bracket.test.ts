import { analyticsLink, clusterId, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, onLink, story, upTo } from './driving';

const record = (world: MemoryWorld) => world.table.item('link', `${clusterId}/${analyticsLink}`);
const created = (world: MemoryWorld): Promise<string> => upTo(world, 'createSecret');

test('a STOP that the server refuses is sent once, said with its number, and everything runs', async () => {
  const world = createWorld(clusterOf(onLink('orders'), onLink('guarded', { refuses: 1142 })));
  const version = await created(world);
  const since = world.points.length;
  const error = await failure(call(world, 'setSecret', version));
  expect(error.code).toBe('STOP_REFUSED');
  expect(error.message).toContain('`analytics`.`guarded`: error 1142');
  expect(world.points.slice(since).filter((name) => name === 'lane.stop')).toHaveLength(2);
  expect(world.paused()).toEqual([]);
});

test('a STOP without an answer is ended at the server: what can be cancelled never comes into effect', async () => {
  const world = createWorld(clusterOf(onLink('quick'), onLink('endless', { drainMs: 75_000, usualMs: 1_000 })));
  const version = await created(world);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('DRAIN_EXCEEDED');
  await world.pass(300_000);
  expect(story(world)).toEqual(['quick:Stopped', 'quick:Running']);
});

test.each([
  [1064, 'ALTER LINK is unknown after all', 'replace'],
  [1142, 'the privilege was taken away', 'denied'],
] as const)('a refusal with %i is not sent again: %s', async (errno, _, grammar) => {
  const world = createWorld();
  const version = await created(world);
  let alters = 0;
  world.faults = (_point, name) => {
    if (name === 'lane.alter') {
      alters += 1;
      world.server().grammar = grammar;
    }
    return undefined;
  };
  const error = await failure(call(world, 'setSecret', version));
  expect(error.code).toBe('ALTER_REFUSED');
  expect(error.message).toContain(`error ${errno}`);
  expect(alters).toBe(1);
  expect(world.paused()).toEqual([]);
});

test('between an ALTER without an answer and the next one its connection is ended, and seen gone', async () => {
  const world = createWorld();
  const version = await created(world);
  let alters = 0;
  world.faults = (_, name) => (name === 'lane.alter' && ++alters === 1 ? 'lost' : undefined);
  await call(world, 'setSecret', version);
  const names = world.points;
  const between = names.slice(names.indexOf('lane.alter') + 1, names.lastIndexOf('lane.alter'));
  expect(between).toContain('cluster.kill');
  expect(between.lastIndexOf('cluster.present')).toBeGreaterThan(between.indexOf('cluster.kill'));
});

test('an ALTER that was never sent leaves the record with the version from before alone', async () => {
  const world = createWorld();
  await upTo(world, 'finishSecret');
  const holds = record(world)?.holds;
  for (const key of world.keys.of('singlestore-ingest')) if (!key.active) key.deleted = true;
  const [old] = world.keys.of('singlestore-ingest');
  if (old !== undefined) old.deleted = true;
  const version = await created(world);
  world.faults = (_, name) => (name === 'lane.stop' ? 'lost' : undefined);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('STOP_UNANSWERED');
  expect(record(world)?.holds).toEqual(holds);
});

describe('CONFIG keys that a rotation changed', () => {
  const config = '{"port":1,"region":"x"}';
  const worldWithConfig = (): MemoryWorld => {
    const world = createWorld({
      clusters: { [clusterId]: { links: [{ name: analyticsLink, config }], pipelines: [onLink('orders')] } },
      definition: {
        fields: {
          credentials: { aws_access_key_id: 'aws_access_key_id', aws_secret_access_key: 'aws_secret_access_key' },
          config: { port: 'port', zone: 'zone' },
        },
      },
    });
    const value = JSON.parse(world.link('analytics', 'analytics_link').credentials) as Record<string, string>;
    world.secrets.putByHand(secretId, world.newId(), JSON.stringify({ ...value, port: '2', zone: 'b' }));
    return world;
  };
  const now = (world: MemoryWorld): string => world.link('analytics', 'analytics_link').config;
  const refuse = (world: MemoryWorld, version: string): void => {
    const refused = world.secretValue(version)?.['aws_access_key_id'];
    world.keys.deny((keyId) => keyId === refused);
  };

  test('go back with the credentials: the old value, and the absence of what was not there', async () => {
    const world = worldWithConfig();
    const version = await upTo(world, 'setSecret');
    expect(JSON.parse(now(world))).toEqual({ port: 2, region: 'x', zone: 'b' });
    refuse(world, version);
    expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
    expect(JSON.parse(now(world))).toEqual(JSON.parse(config));
  });

  test('... also when the first ALTER took effect unheard, and a retry found them changed', async () => {
    const world = worldWithConfig();
    const version = await created(world);
    world.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
    await call(world, 'setSecret', version).catch(() => undefined);
    world.faults = new Map();
    await call(world, 'setSecret', version);
    refuse(world, version);
    await failure(call(world, 'testSecret', version));
    expect(JSON.parse(now(world))).toEqual(JSON.parse(config));
  });
});
