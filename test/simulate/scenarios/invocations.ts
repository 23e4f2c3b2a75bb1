import type { Invocation } from '../../../lambda/ports';
import { foresee } from '../../../lambda/steps/foresee';
import { plan } from '../../../lambda/steps/plan';
import { retireNow } from '../../../lambda/steps/retireNow';
import { status } from '../../../lambda/steps/status';
import { rotationSteps } from '../../../lambda/core/event';
import { qualified } from '../../../lambda/core/names';
import { analyticsLink, clusterId, connectionSecretId, secretId } from '../../support/scenario';
import type { MemoryWorld } from '../../support/world';
import type { Scenario } from '../play';
import type { Stage } from '../stage';
import { held, isSaid, onLink, small } from './worlds';

export const otherSecret = secretId.replace('s3-ingest', 's3-other');

/** Two secrets, each of an IAM user of its own, whose rotations change one link. */
function twoSecrets(): MemoryWorld {
  const world = small();
  const [definition] = world.definitions;
  world.keys.users.add('second');
  const { keyId, secret } = world.keys.add('second', world.clock.now() - 86_400_000);
  const pair = JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret });
  world.secrets.add(otherSecret, world.newId(), pair);
  world.definitions.push({ ...definition!, secretId: otherSecret, source: { type: 'iam-user', userName: 'second' } });
  return world;
}

/** Two secrets that hold one key of one IAM user, which has a free slot for one of them. */
function oneUser(): MemoryWorld {
  const other = qualified('analytics', 'other_link');
  const world = small([], {
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: other }],
        pipelines: [onLink('orders'), onLink('more', { link: other })],
      },
    },
  });
  const [definition] = world.definitions;
  const value = world.secrets.value(secretId, world.firstVersion ?? '') ?? '{}';
  world.secrets.add(otherSecret, world.newId(), value);
  const targets = [{ connectionSecretId, links: [{ database: 'analytics', link: 'other_link' }] }];
  world.definitions.push({ ...definition!, secretId: otherSecret, targets });
  return world;
}

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

/** Several invocations of one thing, and the steps in any order. */
export const invocations: readonly Scenario[] = [
  {
    name: 'each step comes twice',
    world: () => small(),
    play: async (stage) => {
      const version = stage.stage();
      for (const step of rotationSteps) for (const _ of ['once', 'again']) await stage.step(version, step);
      await stage.rotate(version);
    },
  },
  {
    name: 'the steps come in the wrong order first',
    world: () => small(),
    play: async (stage) => {
      const version = stage.stage();
      for (const step of ['finishSecret', 'testSecret', 'setSecret'] as const) await stage.step(version, step);
      await stage.step(version, 'createSecret');
      await stage.step(version, 'finishSecret');
      await stage.rotate(version);
    },
  },
  {
    name: 'two invocations of one token at once',
    world: () => small(),
    play: async (stage) => {
      const version = stage.stage();
      for (const step of rotationSteps)
        await stage.together(
          () => stage.step(version, step),
          () => stage.step(version, step),
        );
      await stage.rotate(version);
    },
  },
  {
    name: 'the second delivery of a token comes while the first drains',
    world: () => small([onLink('orders', { drainMs: 4_000 })]),
    play: async (stage) => {
      const version = stage.stage();
      await stage.together(
        () => stage.attempt(version),
        () => stage.sleep(1_000).then(() => stage.attempt(version)),
      );
      await stage.rotate(version);
    },
    expects: ({ errors }) => (isSaid(errors, /LEASE_LOST/) ? ['a lease was taken from one that was at work'] : []),
  },
  {
    name: 'two rotations that share a link, at once',
    freezes: true,
    world: twoSecrets,
    play: async (stage) => {
      const [first, second] = [stage.stage(), stage.stage(otherSecret)];
      await stage.together(
        () => stage.attempt(first),
        () => stage.attempt(second, { id: otherSecret }),
      );
      await stage.pass(35_000);
      await stage.rotate(first);
      await stage.rotate(second, { id: otherSecret });
    },
    ends: ['done', 'unchanged', 'person'],
    reason: 'the link holds what the other secret says',
  },
  {
    name: 'two secrets of one IAM user make keys at once',
    sample: 100,
    world: oneUser,
    play: async (stage) => {
      const [first, second] = [stage.stage(), stage.stage(otherSecret)];
      await stage.together(
        () => stage.step(first, 'createSecret'),
        () => stage.step(second, 'createSecret', { id: otherSecret }),
      );
      await stage.pass(35_000);
      await stage.rotate(second, { id: otherSecret, attempts: 2 });
      await stage.rotate(first, { attempts: 2 });
    },
    ends: ['done', 'person'], // the free slot is the first comer's
  },
  {
    name: 'the watchdog comes again and again during a rotation',
    world: () => small([onLink('orders', { drainMs: 4_000 })]),
    play: async (stage) => {
      const version = stage.stage();
      await stage.together(
        () => stage.attempt(version),
        ...[50, 500, 1_500, 3_000, 4_500, 5_000].map((after) => () => stage.sleep(after).then(() => stage.watchdog())),
      );
      await stage.rotate(version);
    },
  },
  {
    name: 'two watchdogs at once after a death in the pause',
    world: () => small(),
    play: async (stage) => {
      const version = await dead(stage, 'lane.alter');
      await stage.pass(31_000);
      await stage.together(
        () => stage.watchdog(),
        () => stage.watchdog(),
      );
      await stage.rotate(version);
    },
  },
  {
    name: 'an invocation sleeps just before its first STOP, and wakes when its successor has finished',
    sample: 60,
    world: () => small(),
    play: (stage) => {
      stage.fails('lane.stop', 1, 'freezes');
      return stage.rotate();
    },
  },
  {
    name: 'an invocation sleeps once it has promised to change an idle link, where connections cannot be ended',
    sample: 60,
    world: () => small([onLink('archive', { state: 'Stopped' })]),
    play: async (stage) => {
      stage.failsAll('cluster.kill', 'refused');
      stage.fails('secrets.describe', 3, 'freezes'); // the lease alone keeps it from sending its ALTER
      await stage.rotate();
    },
  },
  {
    name: 'plans are made in the middle of a rotation',
    world: () => small([onLink('orders', { drainMs: 400 })]),
    play: async (stage) => {
      const version = stage.stage();
      const look = () => stage.call('plan', (run) => plan(run, run.definitions[0]!), 60);
      await stage.together(
        () => stage.attempt(version),
        ...[10, 60, 120, 300, 500, 700].map((after) => () => stage.sleep(after).then(look)),
      );
      await stage.rotate(version);
    },
  },
  {
    name: 'an operator looks on in the middle of a rotation',
    sample: 60,
    world: () => small([onLink('orders', { drainMs: 400 })]),
    play: async (stage) => {
      const version = stage.stage();
      const looks: readonly ((run: Invocation) => Promise<unknown>)[] = [
        (run) => status(run),
        (run) => foresee(run),
        (run) => retireNow(run, secretId, true),
      ];
      await stage.together(
        () => stage.attempt(version),
        ...[10, 300, 700].flatMap((after) =>
          looks.map((look) => () => stage.sleep(after).then(() => stage.call('look', look, 60))),
        ),
      );
      await stage.rotate(version);
    },
  },
];

export const minutes = async (stage: Stage, count: number): Promise<void> => {
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
      world.keys.key(world.firstKeys[0] ?? '').active ? [] : ['a key that a link holds was retired'],
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
