import { qualified } from '../../../lambda/core/names';
import { connectionSecretFor } from '../../support/outside';
import { analyticsLink, clusterId, connectionSecretId, userName } from '../../support/scenario';
import { createWorld, type MemoryWorld } from '../../support/world';
import type { Scenario } from '../play';
import type { Stage } from '../stage';
import { isSaid, oneLink, onLink, small } from './worlds';

const rotate = (stage: Stage): Promise<unknown> => stage.rotate();
const many = (count: number, drainMs = 50) =>
  Array.from({ length: count }, (_, at) => onLink(`p${at}`, { drainMs, idle: at % 7 === 0 }));
const limits = { drainSeconds: 60, proofSeconds: 10, connections: 16 };

/** A rotation that nobody disturbs, of every size. */
const sizes: readonly Scenario[] = [
  { name: 'one pipeline', main: true, freezes: true, world: () => small(), play: rotate },
  { name: 'four pipelines of two databases', world: () => createWorld(), play: rotate },
  { name: 'no pipeline', world: () => small([]), play: rotate },
  { name: 'two pipelines', world: () => small([onLink('a'), onLink('b')]), play: rotate },
  { name: '50 pipelines', large: 20, world: () => small(many(50), { definition: { limits } }), play: rotate },
  { name: '2,000 pipelines', large: 1, world: () => small(many(2_000), { definition: { limits } }), play: rotate },
  {
    name: 'pipelines in every state',
    world: () =>
      small([
        onLink('orders'),
        onLink('archive', { state: 'Stopped' }),
        onLink('returns', { state: 'Error' }),
        onLink('cut', { state: 'Detached' }),
        onLink('quiet', { idle: true }),
      ]),
    play: rotate,
  },
  {
    name: 'a pipeline in the foreground until somebody ends it',
    world: () => small([onLink('orders'), onLink('shown', { state: 'Running...Foreground' })]),
    play: async (stage) => {
      const version = await stage.rotate(stage.stage(), { attempts: 2 });
      stage.somebody(() => {
        stage.world.server().set(stage.world.pipeline('analytics', 'shown'), 'Stopped', 'somebody');
      });
      await stage.rotate(version);
    },
  },
];

const other = qualified('analytics', 'other_link');
const bad = qualified('analytics', 'bad_link');
const threeLinks = (traits: object): MemoryWorld =>
  small([], {
    clusters: {
      [clusterId]: {
        links: [{ name: bad }, { name: analyticsLink }, { name: other }], // the bad one first: the others are behind it
        pipelines: [onLink('orders'), onLink('more', { link: other }), onLink('stuck', { link: bad, ...traits })],
      },
    },
    definition: {
      limits: { ...limits, drainSeconds: 10, connections: 3 },
      targets: [{ connectionSecretId, links: [{ database: 'analytics', all: true }] }],
    },
  });
const [second, third] = ['10.0.0.2:3306', '10.0.0.3:3306'];
const links = [{ database: 'analytics', link: 'analytics_link' }];
function threeClusters(): MemoryWorld {
  const cluster = oneLink(onLink('orders'))[clusterId]!;
  const world = small([], {
    clusters: { [clusterId]: cluster, [second]: cluster, [third]: cluster },
    definition: {
      targets: [connectionSecretId, connectionSecretFor(second), connectionSecretFor(third)].map((secret) => ({
        connectionSecretId: secret,
        links,
      })),
    },
  });
  world.server(third).statementMs = 3_000;
  return world;
}

/** Several links and clusters: one in trouble does not hold the others. */
const several: readonly Scenario[] = [
  {
    name: 'a database of somebody else, which shows no pipelines',
    world: () => {
      const world = small();
      world.server().lacking.add('SHOW PIPELINE ON theirs');
      const name = qualified('theirs', 'link');
      world.server().links.set(name, { name, type: 'S3', config: '{}', credentials: '{}' });
      return world;
    },
    play: rotate,
  },
  { name: 'three links', freezes: true, world: () => threeLinks({}), play: rotate },
  {
    name: 'three links, of which one cannot be paused',
    sample: 80,
    world: () => threeLinks({ refuses: 1142 }),
    play: (stage) => stage.rotate(stage.stage(), { attempts: 2 }),
    ends: ['person'],
    expects: ({ world }) =>
      ['analytics_link', 'other_link']
        .filter((name) => world.linkKeyId('analytics', name) === world.firstKeys[0])
        .map((name) => `${name} was held up by another`),
  },
  {
    name: 'three clusters, one down for a while and one slow',
    sample: 80,
    world: threeClusters,
    play: async (stage) => {
      stage.world.server(second).down = true;
      const version = await stage.rotate(stage.stage(), { attempts: 2 });
      stage.somebody(() => (stage.world.server(second).down = false));
      await stage.rotate(version);
    },
  },
];

const stale = (times: number): Scenario => ({
  name: `the store shows a new value only at the ${times + 1}th reading`,
  world: () => small(),
  play: (stage) => {
    stage.world.secrets.staleReads = times;
    return stage.rotate();
  },
});

/** Keys and values in every state that a rotation may find. */
const beginnings: readonly Scenario[] = [
  {
    name: 'the first rotation',
    freezes: true,
    world: () => small([onLink('orders')], { secretValue: '{}' }),
    play: rotate,
  },
  {
    name: 'the quota is full with a key that nobody knows',
    world: () => {
      const world = small();
      world.keys.add(userName);
      return world;
    },
    play: (stage) => stage.rotate(stage.stage(), { attempts: 2 }),
    ends: ['person'],
    claims: ({ world }) => (world.keys.of(userName).length === 2 ? [] : ['a key that is not ours was deleted']),
  },
  {
    name: 'two rotations, with the old key retired in between',
    sample: 100,
    freezes: true,
    world: () => small(),
    play: async (stage) => {
      await stage.rotate();
      await stage.pass(25 * 3_600_000);
      await stage.watchdog();
      await stage.pass(3_600_000);
      const first = stage.world.keys.key(stage.world.firstKeys[0] ?? '');
      const isRetired = !first.active;
      await stage.rotate();
      if (isRetired && !first.deleted && isSaid(stage.errors, /KEY_QUOTA/))
        stage.found.push('a retired key kept its slot');
    },
    ends: ['done', 'person'], // the first rotation may have come so late that its old key is not due yet
    expects: ({ found }) => found,
  },
  {
    name: 'the next rotation comes before the old key has retired',
    sample: 80,
    world: () => small(),
    play: async (stage) => {
      await stage.rotate();
      await stage.pass(3_600_000);
      await stage.rotate(stage.stage(), { attempts: 2 });
    },
    ends: ['person'],
  },
  { name: 'a key that is accepted after a minute', sample: 80, world: () => slowKey(60_000), play: rotate },
  stale(1),
  stale(10),
];

function slowKey(propagationMs: number): MemoryWorld {
  const world = small();
  world.keys.propagationMs = propagationMs;
  return world;
}

export const rotations: readonly Scenario[] = [...sizes, ...several, ...beginnings];
