import { qualified } from '../../lambda/core/names';
import { analyticsLink, clusterId, connectionSecretId, definition } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, onLink, story, upTo } from './driving';

const salesLink = qualified('sales', 'sales_link');
/** Two links of one cluster, each with a pipeline and a bucket of its own. */
const twoLinks = (): MemoryWorld =>
  createWorld({
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: salesLink }],
        pipelines: [onLink('orders'), { name: qualified('sales', 'invoices'), link: salesLink, path: 'sales/i/*' }],
      },
    },
    definition: {
      targets: [
        {
          connectionSecretId,
          links: [
            { database: 'analytics', link: 'analytics_link' },
            { database: 'sales', all: true },
          ],
        },
      ],
    },
  });
const newKey = (world: MemoryWorld, version: string): string => world.secretValue(version)?.['aws_access_key_id'] ?? '';
const holds = (world: MemoryWorld): (string | undefined)[] => [
  world.linkKeyId('analytics', 'analytics_link'),
  world.linkKeyId('sales', 'sales_link'),
];

test('only the link whose pipeline is refused goes back; the other keeps the new key and is not paused again', async () => {
  const world = twoLinks();
  const [old = ''] = keyIds(world);
  const version = await upTo(world, 'setSecret');
  const fresh = newKey(world, version);
  world.keys.deny((keyId, bucket) => keyId === fresh && bucket === 'sales');
  const before = world.transitions.length;
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
  expect(holds(world)).toEqual([fresh, old]);
  expect(story(world).slice(before).join()).not.toContain('orders');
  expect(world.paused()).toEqual([]);
});

test('when several links fail, the first cause leads and the others are named', async () => {
  const world = twoLinks();
  const version = await upTo(world, 'createSecret');
  world.pipeline('analytics', 'orders').state = 'Profiling';
  world.pipeline('sales', 'invoices').state = 'Testing';
  const { message } = await failure(call(world, 'setSecret', version));
  expect(message).toMatch(
    /^PIPELINE_BUSY: setSecret: link `analytics`.*`orders` \(Profiling\).* Besides: .*`invoices` \(Testing\)/,
  );
});

test('a version is given up only once its links are back: until then it keeps AWSPENDING', async () => {
  const world = twoLinks();
  const [old] = keyIds(world);
  const version = await upTo(world, 'setSecret');
  await world.pass(120_000);
  await world.run(({ keys }) => keys.remove('singlestore-ingest', newKey(world, version)));
  world.faults = (_, name) => (name === 'lane.alter' ? 'refused' : undefined);
  expect((await failure(call(world, 'createSecret', version))).code).toBe('ALTER_REFUSED');
  expect(world.label('AWSPENDING')).toBe(version);
  world.faults = new Map();
  expect((await failure(call(world, 'createSecret', version))).code).toBe('VERSION_GIVEN_UP');
  expect(holds(world)).toEqual([old, old]);
  expect(world.label('AWSPENDING')).toBeNull();
  expect(world.paused()).toEqual([]);
});

test('a version that is given up pauses nothing on a link that never held it', async () => {
  const world = twoLinks();
  const version = await upTo(world, 'createSecret');
  world.pipeline('sales', 'invoices').state = 'Profiling';
  expect((await failure(call(world, 'setSecret', version))).code).toBe('PIPELINE_BUSY');
  world.pipeline('sales', 'invoices').state = 'Running';
  await world.pass(120_000);
  await world.run(({ keys }) => keys.remove('singlestore-ingest', newKey(world, version)));
  expect((await failure(call(world, 'createSecret', version))).code).toBe('VERSION_GIVEN_UP');
  expect(story(world).join()).not.toContain('invoices');
  expect(world.paused()).toEqual([]);
});

test('the key of a version that is given up lives on while a link outside the definition may hold it', async () => {
  const world = twoLinks();
  const version = await upTo(world, 'setSecret');
  world.definitions[0] = definition; // without the link in sales
  const fresh = newKey(world, version);
  for (const last of ['PROOF_FAILED', 'VERSION_GIVEN_UP']) {
    world.keys.deny(() => false);
    await call(world, 'setSecret', version);
    world.keys.deny((keyId, bucket) => keyId === fresh && bucket === 'bucket');
    expect((await failure(call(world, 'testSecret', version))).code).toBe(last);
  }
  expect(world.linkKeyId('sales', 'sales_link')).toBe(fresh);
  expect(keyIds(world)).toContain(fresh);
});

test('a link whose change is refused stays the one of the secret that changed it last', async () => {
  const world = twoLinks();
  await upTo(world, 'finishSecret');
  const [key = ''] = world.table.keys('link').filter((one) => one.includes('analytics_link'));
  const former = { ...world.table.item('link', key)!, secretId: 'prod/other' };
  const written = await world.run(async ({ table }) =>
    table.write('link', key, former, (await table.read('link', key))?.revision ?? 0),
  );
  expect(written).not.toBeNull();
  for (const old of keyIds(world).slice(0, 1)) world.keys.endByHand(old, 'delete'); // room for the next one
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'refused' : undefined);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('ALTER_REFUSED');
  expect(world.table.item('link', key)).toMatchObject({ secretId: 'prod/other', holds: former.holds });
});
