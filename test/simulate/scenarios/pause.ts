import { qualified } from '../../../lambda/core/names';
import { analyticsLink, clusterId, connectionSecretId } from '../../support/scenario';
import type { MemoryWorld } from '../../support/world';
import type { Scenario } from '../play';
import { onLink, small } from './worlds';

const other = qualified('analytics', 'other_link');
const two = (traits = {}): MemoryWorld =>
  small([onLink('orders'), onLink('items', traits)], {
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: other }],
        pipelines: [onLink('orders'), onLink('items', traits)],
      },
    },
    definition: {
      limits: { drainSeconds: 10, proofSeconds: 10, connections: 2 },
      targets: [{ connectionSecretId, links: [{ database: 'analytics', link: 'analytics_link' }] }],
    },
  });
const items = qualified('analytics', 'items');

/** Somebody does this while the pipelines are paused, just before the link is changed. */
const inThePause = (name: string, act: (world: MemoryWorld) => void, traits = {}): Scenario => ({
  name,
  world: () => two(traits),
  play: (stage) => {
    stage.before('lane.alter', 1, () => {
      act(stage.world);
    });
    return stage.rotate();
  },
});

/** Somebody does this once a member is stopped, before we look: between a look and a START nobody can tell. */
const onceStopped = (name: string, act: (world: MemoryWorld) => void): Scenario => ({
  name,
  world: () => two(),
  play: (stage) => {
    const { world } = stage;
    let done = false;
    stage.each('cluster.pipelines', () => {
      if (done || world.server().pipelines.get(items)?.state !== 'Stopped') return;
      done = true;
      act(world);
    });
    return stage.rotate();
  },
});

/** Somebody does this to what a dead invocation left paused; then the watchdog comes, and the retry. */
const afterADeath = (name: string, act: (world: MemoryWorld) => void): Scenario => ({
  name,
  world: () => two(),
  play: async (stage) => {
    stage.fails('lane.alter', 1, 'dies-before');
    const version = stage.stage();
    await stage.attempt(version);
    stage.somebody(() => {
      act(stage.world);
    });
    await stage.pass(31_000);
    await stage.watchdog();
    await stage.rotate(version);
  },
});

const startItems = (world: MemoryWorld): void => {
  world.server().set(world.pipeline('analytics', 'items'), 'Running', 'somebody');
};

/** What other people do to the pipelines in the pause. */
const people: readonly Scenario[] = [
  inThePause('somebody starts a member in the pause', startItems),
  inThePause('a pipeline that was stopped is started by somebody in the pause', startItems, { state: 'Stopped' }),
  inThePause('a member is dropped in the pause', (world) => {
    world.server().drop(items);
  }),
  inThePause('a member is moved to another link in the pause', (world) => {
    const dropped = world.server().pipelines.get(items);
    if (dropped !== undefined) world.server().relink(dropped, other);
  }),
  inThePause('a member is dropped and made anew, running, in the pause', (world) => {
    world.server().remake(items, 'Running');
  }),
  onceStopped('a member is dropped and made anew, left Stopped, in the pause', (world) => {
    world.server().remake(items, 'Stopped');
  }),
  {
    name: 'a member is dropped and made anew, running, just before our STOP',
    sample: 80,
    world: () => two(),
    play: (stage) => {
      stage.before('lane.stop', 1, () => {
        stage.world.server().remake(items, 'Running');
      });
      return stage.rotate();
    },
  },
  {
    name: 'a member is dropped and made anew, left Stopped, behind the look at its pause',
    sample: 80,
    world: () => two(),
    play: (stage) => {
      stage.before('lane.alter', 1, () => {
        stage.world.server().remake(items, 'Stopped');
      });
      stage.fails('lane.alter', 1, 'lost');
      return stage.rotate();
    },
    // whoever comes behind a dead run cannot tell, and says so
    expects: ({ world }) =>
      world.logs.some(({ action, fields }) => action === 'pipelines-remade' && fields['ours'] === true) ||
      world.server().pipelines.get(items)?.state === 'Stopped'
        ? []
        : ['what its maker left Stopped was started'],
  },
  onceStopped('a member is altered with OR REPLACE in the pause', (world) => {
    world.server().replace(world.pipeline('analytics', 'items'));
  }),
  afterADeath('a member is dropped and made anew, left Stopped, after a death in the pause', (world) => {
    world.server().remake(items, 'Stopped');
  }),
  afterADeath('a member is dropped after a death in the pause', (world) => {
    world.server().drop(items);
  }),
];

/** Batches that do not end in time, and STOPs that go on without their client. */
const batches: readonly Scenario[] = [
  {
    // its batches were short, so it is stopped last, and while the others wait the only connection is spent on it
    name: 'a batch that never ends',
    world: () => small([onLink('orders'), onLink('endless', { drainMs: 10 })]),
    play: (stage) => {
      const { world } = stage;
      stage.each('lane.stop', () => {
        if (world.pipeline('analytics', 'orders').state === 'Stopped')
          world.pipeline('analytics', 'endless').drainMs = Infinity;
      });
      return stage.rotate(stage.stage(), { attempts: 2 });
    },
    ends: ['person'],
  },
  {
    name: 'a batch that takes longer than the drain budget, once',
    world: () =>
      small([onLink('orders', { drainMs: 14_000, usualMs: 1_000 })], {
        definition: { limits: { drainSeconds: 10, proofSeconds: 10, connections: 2 } },
      }),
    play: async (stage) => {
      const version = await stage.rotate(stage.stage(), { attempts: 1 });
      stage.somebody(() => (stage.world.pipeline('analytics', 'orders').drainMs = 50));
      await stage.rotate(version);
    },
  },
  {
    name: 'batches take longer than the drain budget, as a rule, and are shorter by the next retry',
    world: () =>
      small([onLink('orders', { drainMs: 14_000 }), onLink('clicks')], {
        definition: { limits: { drainSeconds: 10, proofSeconds: 10, connections: 2 } },
      }),
    play: async (stage) => {
      const { world } = stage;
      const version = await stage.rotate(stage.stage(), { attempts: 1 });
      if (world.transitions.length > 0) stage.found.push('something was paused for a change that could not be made');
      stage.somebody(() => (world.pipeline('analytics', 'orders').drainMs = 50));
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
  {
    name: 'a killed STOP outlives its connection',
    sample: 100,
    world: () => {
      const world = small([onLink('orders', { drainMs: 75_000, usualMs: 1_000 })]);
      world.server().killedStop = 'outlives';
      return world;
    },
    play: async (stage) => {
      const version = await stage.rotate(stage.stage(), { attempts: 1 });
      stage.somebody(() => (stage.world.pipeline('analytics', 'orders').drainMs = 50));
      for (let minute = 0; minute < 3; minute += 1) {
        await stage.watchdog();
        await stage.pass(30_000);
      }
      await stage.rotate(version);
    },
  },
  {
    name: 'STATE follows a STOP with a lag',
    world: () => small([onLink('orders', { lagMs: 2_000 })]),
    play: (stage) => stage.rotate(),
  },
];

/** Time runs out: each attempt lives a little longer than the one before, so that the end comes at one call after another. */
const time: readonly Scenario[] = [
  {
    name: 'time runs out at one call after another',
    large: 40,
    world: () => small([onLink('orders', { drainMs: 500 })]),
    play: async (stage) => {
      const version = stage.stage();
      stage.world.latency = () => 100;
      for (let seconds = 41; seconds < 46 && !(await stage.attempt(version, { seconds })); seconds += 0.1)
        await stage.pass(35_000);
    },
  },
  {
    name: 'an invocation is killed at one moment after another',
    large: 40,
    world: () => small([onLink('orders', { drainMs: 300 })]),
    play: async (stage) => {
      const version = stage.stage();
      stage.world.latency = () => 50;
      for (let life = 100; life < 12_000; life += 150) {
        const attempt = stage.attempt(version, { seconds: 900, lifeMs: life });
        if (await attempt) break;
        await stage.pass(31_000);
        await stage.watchdog();
      }
    },
  },
];

export const pauses: readonly Scenario[] = [...people, ...batches, ...time];
