import { qualified } from '../../lambda/core/names';
import { plan } from '../../lambda/steps/plan';
import { analyticsLink, clusterId, connectionSecretId, definition } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, onLink, story, upTo } from './driving';

const salesLink = qualified('sales', 'sales_link');
const links = [
  { database: 'analytics', link: 'analytics_link' },
  { database: 'sales', all: true },
] as const;
/** Two links in two databases, each with a running pipeline in its own. */
const twoDatabases = (): MemoryWorld =>
  createWorld({
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: salesLink }],
        pipelines: [onLink('orders'), { name: qualified('sales', 'invoices'), link: salesLink, path: 'sales/i/*' }],
      },
    },
    definition: { targets: [{ connectionSecretId, links }] },
  });
const lacking = (world: MemoryWorld, privilege: string): void => void world.server().lacking.add(privilege);
const blockers = async (world: MemoryWorld): Promise<string[]> => {
  const planned = await world.run((run) => plan(run, run.definitions[0]!));
  return planned.blockers.map(({ message }) => message);
};

test('a right that is taken away in the middle holds up its own link, before its pause, and no other', async () => {
  const world = twoDatabases();
  const [old = ''] = keyIds(world);
  const version = await upTo(world, 'createSecret');
  lacking(world, 'START PIPELINE ON sales');
  const error = await failure(call(world, 'setSecret', version));
  expect(error.message).toMatch(/^PRIVILEGE_MISSING: setSecret: START PIPELINE ON sales/);
  expect(story(world)).toEqual(['orders:Stopped', 'orders:Running']);
  expect(world.linkKeyId('sales', 'sales_link')).toBe(old);
  world.server().lacking.clear();
  await call(world, 'setSecret', version);
  expect(world.linkKeyId('sales', 'sales_link')).not.toBe(old);
});

test('only where something runs is the right to stop it needed', async () => {
  const world = twoDatabases();
  world.pipeline('sales', 'invoices').state = 'Stopped';
  lacking(world, 'START PIPELINE ON sales');
  expect(await blockers(world)).toEqual([]);
});

test('a link that is not seen is a missing privilege where the server says so, and else a missing link', async () => {
  const world = twoDatabases();
  world.server().links.delete(analyticsLink);
  expect(await blockers(world)).toEqual([expect.stringMatching(/^LINK_MISSING: link `analytics`.`analytics_link`/)]);
  lacking(world, 'SHOW LINK ON analytics');
  expect(await blockers(world)).toEqual(['PRIVILEGE_MISSING: SHOW LINK ON analytics']);
});

test('what runs through a link that is not shown beside the others runs through one of another name, or a hidden one', async () => {
  const world = twoDatabases();
  world.server().add(onLink('odd', { link: qualified('analytics', 'Analytics_Link') }));
  expect(await blockers(world)).toEqual([expect.stringMatching(/^LINK_MISSING: link `analytics`.`Analytics_Link`/)]);
  world.pipeline('analytics', 'odd').state = 'Stopped';
  expect(await blockers(world)).toEqual([]);
});

test('a right to see that is taken away after the key was made: no link is changed while somebody may be hidden', async () => {
  const world = twoDatabases();
  const version = await upTo(world, 'createSecret');
  world.server().pipelines.delete(qualified('sales', 'invoices'));
  lacking(world, 'SHOW PIPELINE ON sales');
  expect((await failure(call(world, 'setSecret', version))).code).toBe('PRIVILEGE_MISSING');
  expect(story(world)).toEqual([]);
  expect(world.points).not.toContain('lane.alter');
});

test('a pipeline made in the pause that runs and hides its source: the change is given up, and all run again', async () => {
  const world = twoDatabases();
  const version = await upTo(world, 'createSecret');
  const name = qualified('hr', 'made_meanwhile');
  world.faults = (_, call_) => {
    if (call_ === 'lane.stop' && !world.server().pipelines.has(name))
      world.server().add({ name, definition: 'CREATE PIPELINE `made_meanwhile`' });
    return undefined;
  };
  expect((await failure(call(world, 'setSecret', version))).code).toBe('SOURCE_HIDDEN');
  expect(world.paused()).toEqual([]);
  expect(world.points).not.toContain('lane.alter');
});

test('all links of a database that shows none is one blocker', async () => {
  const world = twoDatabases();
  world.server().links.delete(salesLink);
  world.server().pipelines.delete(qualified('sales', 'invoices'));
  expect(await blockers(world)).toEqual([expect.stringMatching(/^LINK_MISSING: link `sales`\.\* /)]);
});

test('a database of links without a pipeline in sight may only hide them: the user must have the right to see', async () => {
  const world = twoDatabases();
  lacking(world, 'SHOW PIPELINE ON sales');
  expect(await blockers(world)).toEqual([]); // it shows one
  world.server().pipelines.delete(qualified('sales', 'invoices'));
  expect(await blockers(world)).toEqual(['PRIVILEGE_MISSING: SHOW PIPELINE ON sales']);
});

test('each database is asked once, however many pipelines and links it has', async () => {
  const world = createWorld({
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: salesLink }],
        pipelines: Array.from({ length: 20 }, (_, at) =>
          onLink(`p${at}`, { link: at % 2 === 0 ? analyticsLink : salesLink }),
        ),
      },
    },
    definition: { targets: [{ connectionSecretId: definition.targets[0]!.connectionSecretId, links }] },
  });
  await upTo(world, 'createSecret');
  // START PIPELINE in analytics, SHOW PIPELINE in sales, which shows none
  expect(world.points.filter((name) => name === 'cluster.lacks')).toHaveLength(2);
});

describe('a database of neither link nor pipeline in sight, without the right to see its pipelines,', () => {
  const blindTo = (world: MemoryWorld): MemoryWorld => {
    world
      .server()
      .links.set(qualified('hr', 'l'), { ...world.link('sales', 'sales_link'), name: qualified('hr', 'l') });
    lacking(world, 'SHOW PIPELINE ON hr');
    return world;
  };

  test('is none of our business where this user has no rights', async () => {
    expect(await blockers(blindTo(twoDatabases()))).toEqual([]);
  });

  test('blocks where this user has other rights: it is meant to see', async () => {
    const world = blindTo(twoDatabases());
    world.server().granted.add('hr');
    expect(await blockers(world)).toEqual(['PRIVILEGE_MISSING: SHOW PIPELINE ON hr']);
    expect((await failure(upTo(world, 'createSecret'))).code).toBe('PRIVILEGE_MISSING');
    expect(keyIds(world)).toHaveLength(1);
  });

  test('blocks where links are replaced: the server does that under running pipelines too', async () => {
    const world = blindTo(twoDatabases());
    world.server().grammar = 'replace';
    expect(await blockers(world)).toEqual(['PRIVILEGE_MISSING: SHOW PIPELINE ON hr']);
  });
});
