import { qualified } from '../../../lambda/core/names';
import { connectionSecretId } from '../../support/scenario';
import type { MemoryWorld } from '../../support/world';
import type { Scenario } from '../play';
import type { Stage } from '../stage';
import { held, isSaid, onLink, small } from './worlds';

/** All links of the database are the definition's. */
const wide = (): MemoryWorld =>
  small([onLink('orders')], {
    definition: { targets: [{ connectionSecretId, links: [{ database: 'analytics', all: true }] }] },
  });

export async function dead(stage: Stage, name: string): Promise<string> {
  stage.fails(name, 1, 'dies');
  const version = stage.stage();
  for (let left = 3; left > 0 && !stage.world.points.includes(name); left -= 1) {
    await stage.pass(35_000);
    await stage.attempt(version);
  }
  return version;
}

const minutes = async (stage: Stage, count: number): Promise<void> => {
  for (let minute = 0; minute < count; minute += 1) {
    await stage.pass(60_000);
    await stage.watchdog();
  }
};

/** What only the watchdog mends. */
export const watchdogs: readonly Scenario[] = [
  {
    name: 'a definition is taken out of ROTATIONS in the middle of a pause',
    freezes: true,
    main: true,
    world: () => small(),
    play: async (stage) => {
      await dead(stage, 'lane.stop');
      stage.somebody(() => stage.world.definitions.splice(0));
      await minutes(stage, 1);
    },
    ends: ['done', 'unchanged', 'person'],
    reason: 'nobody rotates this secret any more',
  },
  {
    name: 'setSecret is done and nobody tests it',
    world: () => small(),
    play: async (stage) => {
      const version = stage.stage();
      await stage.step(version, 'createSecret');
      await stage.step(version, 'setSecret');
      await stage.pass(21 * 60_000);
      await stage.watchdog();
      await stage.pass(60_000);
      await stage.watchdog();
    },
  },
  {
    name: 'setSecret is done, the source refuses the key, and nobody tests it',
    world: () => small(),
    play: async (stage) => {
      const version = stage.stage();
      await stage.step(version, 'createSecret');
      await stage.step(version, 'setSecret');
      stage.somebody(() => {
        const fresh = held(stage.world);
        if (fresh !== stage.world.firstKeys[0]) stage.world.keys.deny((keyId) => keyId === fresh);
      });
      await minutes(stage, 3);
    },
    ends: ['person', 'unchanged', 'done'],
    reason: 'the source refuses the key',
  },
  {
    name: 'the cluster is down while pipelines are paused',
    world: () => small(),
    play: async (stage) => {
      const version = await dead(stage, 'lane.alter');
      const { world } = stage;
      stage.somebody(() => (world.server().down = true));
      for (let minute = 0; minute < 3; minute += 1) {
        await stage.pass(60_000);
        await stage.watchdog();
      }
      stage.somebody(() => (world.server().down = false));
      await stage.watchdog();
      await stage.rotate(version);
    },
    expects: ({ world }) => {
      const ages = world.metrics.filter(({ name }) => name === 'OldestPauseAgeSeconds').flatMap(({ values }) => values);
      return Math.max(...ages) >= 100 && ages.at(-1) === 0 ? [] : [`the age of the pause was told as ${ages.join()}`];
    },
  },
  {
    name: 'IAM is out of reach while pipelines are paused',
    sample: 100,
    world: () => small(),
    play: async (stage) => {
      const version = await dead(stage, 'lane.alter');
      const mend = stage.failsAll('keys.', 'not-sent');
      await minutes(stage, 3);
      if (stage.witness.paused().length > 0) stage.found.push('nothing was resumed while IAM was out of reach');
      stage.somebody(mend);
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
  {
    name: 'the last step comes again an hour later, and the old key retires a day after the first time',
    sample: 100,
    world: () => small(),
    play: async (stage) => {
      const version = await stage.rotate();
      await stage.pass(3_600_000);
      await stage.step(version, 'finishSecret');
      await stage.pass(23.5 * 3_600_000);
      await minutes(stage, 2);
    },
    expects: ({ world }) =>
      world.keys.key(world.firstKeys[0] ?? '').active ? ['the old key was not retired a day after the switch'] : [],
  },
  {
    name: 'the old key is used two hours after the switch, and never again',
    sample: 100,
    world: () => small(),
    play: async (stage) => {
      await stage.rotate();
      await stage.pass(2 * 3_600_000);
      const { keys, clock } = stage.world;
      keys.key(stage.world.firstKeys[0] ?? '').lastUsed = { at: clock.now(), service: 's3', region: 'eu-west-1' };
      await stage.pass(23 * 3_600_000);
      await minutes(stage, 2);
    },
    claims: ({ world }) =>
      world.keys.key(world.firstKeys[0] ?? '').active ? [] : ['a key that somebody used since the switch was retired'],
  },
  {
    name: 'a link made after the switch is given the old key by hand, and nothing loads through it',
    sample: 100,
    world: () => wide(),
    play: async (stage) => {
      const { world } = stage;
      const old = world.link('analytics', 'analytics_link').credentials;
      await stage.rotate();
      stage.somebody(() => {
        const name = qualified('analytics', 'late_link');
        world.server().links.set(name, { name, type: 'S3', config: '{}', credentials: old });
      });
      await stage.pass(25 * 3_600_000);
      await minutes(stage, 2);
    },
    ends: ['person'],
    reason: 'a link was made by hand',
    claims: ({ world }) =>
      world.keys.key(world.firstKeys[0] ?? '').active ||
      world.linkKeyId('analytics', 'late_link') !== world.firstKeys[0]
        ? []
        : ['a key that a link holds was retired'],
  },
  {
    name: 'the watchdog comes while a batch drains for 40 seconds',
    sample: 100,
    world: () =>
      small([onLink('orders', { drainMs: 40_000 })], {
        definition: { limits: { drainSeconds: 60, proofSeconds: 10, connections: 1 } },
      }),
    play: async (stage) => {
      const version = stage.stage();
      await stage.together(
        () => stage.attempt(version),
        () => stage.sleep(35_000).then(() => stage.watchdog()),
      );
      await stage.rotate(version);
    },
    expects: ({ errors }) =>
      isSaid(errors, /LEASE_LOST/) ? ['the watchdog took the lease of one that was at work'] : [],
  },
  {
    name: 'the old key is unused and retires after a day',
    world: () => small(),
    play: async (stage) => {
      await stage.rotate();
      await stage.pass(25 * 3_600_000);
      await minutes(stage, 2);
    },
    expects: ({ world }) =>
      world.keys.key(world.firstKeys[0] ?? '').active ? ['the old key was not retired after a day'] : [],
  },
  {
    name: 'the old key is still used after a day',
    world: () => small(),
    play: async (stage) => {
      await stage.rotate();
      await stage.pass(25 * 3_600_000);
      const { keys, clock } = stage.world;
      keys.key(stage.world.firstKeys[0] ?? '').lastUsed = { at: clock.now(), service: 's3', region: 'eu-west-1' };
      await minutes(stage, 2);
    },
    claims: ({ world }) =>
      world.keys.key(world.firstKeys[0] ?? '').active ? [] : ['a key that is still used was retired'],
  },
  {
    name: 'a pipeline has nothing to load, and its source refuses the key when it has',
    world: () => small([onLink('orders'), onLink('quiet', { idle: true, path: 'bucket2/quiet/*' })]),
    play: async (stage) => {
      await stage.rotate();
      stage.somebody(() => {
        const fresh = held(stage.world);
        if (fresh !== stage.world.firstKeys[0])
          stage.world.keys.deny((keyId, bucket) => keyId === fresh && bucket === 'bucket2');
        stage.world.pipeline('analytics', 'quiet').idle = false;
      });
      await stage.pass(25 * 3_600_000);
      await minutes(stage, 1);
    },
    leavesPaused: true,
    ends: ['done'],
    claims: ({ world }) =>
      world.keys.key(world.firstKeys[0] ?? '').active ? [] : ['the old key was retired though the new one is refused'],
  },
];
