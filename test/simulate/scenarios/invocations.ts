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
import { dead } from './watchdogs';
import { isSaid, onLink, small } from './worlds';

const otherSecret = secretId.replace('s3-ingest', 's3-other');

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
    sample: 120,
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
    name: 'an invocation sleeps just before its first STOP, where connections cannot be ended',
    sample: 60,
    world: () => small(),
    play: async (stage) => {
      stage.failsAll('cluster.kill', 'refused');
      stage.fails('lane.stop', 1, 'freezes');
      await stage.rotate(stage.stage(), { watched: true });
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
    sample: 100,
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
