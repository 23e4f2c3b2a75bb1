import { qualified } from '../../../lambda/core/names';
import { analyticsLink, clusterId, connectionSecretId, secretId, userName } from '../../support/scenario';
import type { MemoryWorld } from '../../support/world';
import type { Scenario } from '../play';
import type { Stage } from '../stage';
import { refuseToPipelines } from './sources';
import { anotherUser, held, isSaid, longestPause, onLink, small } from './worlds';

/** No pause lasts longer than this while somebody is there to end it. Milliseconds. */
const longMs = 90_000;

/** Nobody begins a pause that the time left does not end. */
function noteTimeUp({ witness, lastError, found }: Stage): void {
  if (witness.paused().length > 0 && /seconds were up|RESUME_FAILED/.test(String(lastError)))
    found.push(`time was up with ${witness.paused().join()} paused`);
}

/** One lane for six links, each of which takes nine seconds to drain. */
function sixLinks(): MemoryWorld {
  const names = [analyticsLink, ...[1, 2, 3, 4, 5].map((at) => qualified('analytics', `link${at}`))];
  return small([], {
    clusters: {
      [clusterId]: {
        links: names.map((name) => ({ name })),
        pipelines: names.map((link, at) => onLink(`p${at}`, { link, drainMs: 9_000 })),
      },
    },
    definition: { targets: [{ connectionSecretId, links: [{ database: 'analytics', all: true }] }] },
  });
}

/** What cannot be changed is given up, and all that was paused is started again. */
const refusals: readonly Scenario[] = [
  {
    name: 'the server refuses each ALTER for two hours',
    sample: 60,
    world: () => small(),
    play: async (stage) => {
      const mend = stage.failsAll('lane.alter', 'refused');
      const version = await stage.rotate(stage.stage(), { attempts: 2 });
      if (longestPause(stage.world) > longMs) stage.found.push('pipelines were paused for an ALTER that is refused');
      stage.somebody(mend);
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
  {
    name: 'somebody makes one pipeline after another in the pause',
    sample: 60,
    world: () =>
      small([onLink('orders')], {
        definition: { limits: { drainSeconds: 600, proofSeconds: 10, connections: 1 } },
      }),
    play: async (stage) => {
      let made = 0;
      stage.each('lane.stop', () => {
        if (made < 120) stage.world.server().add(onLink(`new${(made += 1)}`, { drainMs: 1_000 }));
      });
      await stage.rotate(stage.stage(), { attempts: 1 });
      if (longestPause(stage.world) > longMs) stage.found.push('pipelines were paused as long as others came');
      made = Infinity;
    },
    expects: ({ found }) => found,
  },
  {
    name: 'a pipeline that is made in the pause is taken into it',
    sample: 60,
    world: () => small(),
    play: (stage) => {
      stage.before('lane.alter', 1, () => {
        stage.world.server().add(onLink('fresh'));
      });
      return stage.rotate();
    },
    expects: ({ errors }) => (isSaid(errors, /2470/) ? ['a pipeline made in the pause was not looked for'] : []),
  },
  {
    name: 'a pipeline fails for a reason of its own with its first batch after START',
    sample: 100,
    world: () => small([onLink('orders', { loadMs: 5 }), onLink('items')]),
    play: (stage) => {
      stage.before('lane.start', 1, () => {
        stage.world.pipeline('analytics', 'orders').fault = { code: 1366, message: 'Incorrect integer value' };
      });
      return stage.rotate();
    },
  },
  {
    name: 'time runs out while a batch that never ends is waited for',
    sample: 60,
    world: () => {
      const world = small([onLink('orders'), onLink('endless', { drainMs: Infinity })], {
        definition: { limits: { drainSeconds: 10, proofSeconds: 10, connections: 2 } }, // one is stopped while the other is waited for
      });
      world.server().killMs = 1_000; // whoever keeps only the drain budget free has no time to start it again
      return world;
    },
    play: async (stage) => {
      const version = stage.stage();
      for (const seconds of [10.5, 11, 11.5, 12, 45]) {
        await stage.attempt(version, { seconds });
        noteTimeUp(stage);
        await stage.pass(61_000);
        await stage.watchdog();
      }
      stage.somebody(() => (stage.world.pipeline('analytics', 'endless').drainMs = 50));
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
  {
    name: 'time is enough for one link, and not for the six that there are',
    sample: 40,
    world: sixLinks,
    play: async (stage) => {
      const version = stage.stage();
      for (let left = 8; left > 0 && !(await stage.attempt(version, { seconds: 45 })); left -= 1) {
        await stage.pass(20_000); // what it has sent goes on
        noteTimeUp(stage);
        await stage.pass(15_000);
      }
    },
    expects: ({ found }) => found,
  },
  {
    name: 'a server whose grammar nobody knows, until it is updated',
    sample: 40,
    world: () => {
      const world = small();
      world.server().grammar = null;
      return world;
    },
    play: async (stage) => {
      const { world } = stage;
      const version = await stage.rotate(stage.stage(), { attempts: 2 });
      if (world.keys.all.length > 1) stage.found.push('a key was made for a change that is not possible');
      stage.somebody(() => (world.server().grammar = 'alter'));
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
];

/** The secret says what CONFIG is to be, and it differs from what the link has. */
function otherConfig(): MemoryWorld {
  const world = small([onLink('orders')], { definition: { fields: { credentials: {}, config: { region: 'where' } } } });
  const current = world.secrets.secret(secretId).versions.get(world.firstVersion ?? '')!;
  current.value = JSON.stringify({ ...(JSON.parse(current.value ?? '{}') as object), where: 'eu-west-1' });
  return world;
}
const configOf = (world: MemoryWorld): string => world.link('analytics', 'analytics_link').config;

/** What the source and the link take. */
const accepted: readonly Scenario[] = [
  {
    name: 'CONFIG changes with the credentials, and the source refuses the new key',
    sample: 80,
    world: otherConfig,
    play: async (stage) => {
      refuseToPipelines(stage);
      await stage.rotate(stage.stage(), { attempts: 4 });
    },
    ends: ['unchanged'],
    claims: ({ world }) =>
      configOf(world) === '{"region":"us-east-1"}' ? [] : [`CONFIG is ${configOf(world)}, which it was not before`],
  },
  {
    name: 'the source refuses the new key, and somebody has deactivated the old one',
    sample: 60,
    world: () => small(),
    play: async (stage) => {
      const { world } = stage;
      const [old = ''] = world.firstKeys;
      const version = stage.stage();
      const relent = refuseToPipelines(stage);
      await stage.step(version, 'createSecret');
      await stage.step(version, 'setSecret');
      stage.somebody(() => {
        world.keys.endByHand(old, 'deactivate');
      });
      const moved = held(world) !== old;
      await stage.rotate(version, { attempts: 2 });
      if (moved && held(world) === old) stage.found.push('the link went back to a key that is Inactive');
      stage.somebody(relent);
      await stage.rotate(version);
    },
    leavesPaused: true, // no key is left that works
    ends: ['done'],
    expects: ({ found }) => found,
  },
  {
    name: 'the source allows the new key nothing, for an hour',
    sample: 60,
    world: () => small(),
    play: async (stage) => {
      const { world } = stage;
      const [old] = world.firstKeys;
      world.keys.deny((keyId) => keyId !== old);
      const version = stage.stage();
      await stage.step(version, 'createSecret');
      const since = world.clock.now();
      await stage.step(version, 'setSecret');
      if (world.clock.now() - since > longMs) stage.found.push('a key that is known and not allowed was waited for');
      stage.somebody(() => {
        world.keys.deny(() => false);
      });
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
  {
    name: 'a new key is accepted, then not, then for good',
    sample: 60,
    world: () => {
      const world = small();
      world.keys.wavers = { fromMs: 200, untilMs: 5_000 };
      return world;
    },
    play: (stage) => stage.rotate(),
    expects: ({ world }) =>
      world.server().errors.some(({ code }) => code === 1933) ? ['a pipeline was refused the new key'] : [],
  },
];

/** Keys that somebody else makes, and values that come twice. */
const strangers: readonly Scenario[] = [
  {
    name: 'somebody makes a key just before ours, and fills the quota',
    world: () => small(),
    play: async (stage) => {
      const { keys } = stage.world;
      let theirs = '';
      stage.before('keys.create', 1, () => {
        theirs = keys.add(userName).keyId;
      });
      const version = await stage.rotate(stage.stage(), { attempts: 1 });
      stage.somebody(() => {
        if (theirs !== '') keys.endByHand(theirs, 'delete');
      });
      await stage.rotate(version);
    },
    ends: ['done', 'person'], // it may be made after the first attempt
    expects: ({ errors }) => (isSaid(errors, /LimitExceeded/) ? ['a full quota was told as a refusal of AWS'] : []),
  },
  {
    name: 'the answer to CreateAccessKey is lost, just after somebody made a key',
    sample: 60,
    world: () => {
      const world = anotherUser(small());
      world.keys.add('fresh');
      return world;
    },
    play: (stage) => {
      stage.fails('keys.create', 1, 'lost');
      return stage.rotate();
    },
    claims: ({ world }) => (world.keys.all[1]?.deleted === true ? ['the key that somebody made was deleted'] : []),
  },
  {
    name: 'a person has put a key of their own behind AWSPENDING, and the source refuses it',
    sample: 60,
    world: () => small(),
    play: async (stage) => {
      const { world } = stage;
      const { keyId, secret } = world.keys.add(userName, world.clock.now() - 3_600_000);
      const version = world.newId();
      const value = JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret });
      world.secrets.stage(secretId, version, value);
      refuseToPipelines(stage);
      await stage.rotate(version, { attempts: 4 });
    },
    ends: ['unchanged'],
    claims: ({ world }) => (world.keys.all[1]?.deleted === true ? ['a key that we did not make was deleted'] : []),
  },
  {
    name: 'somebody stores a value for the version just before ours',
    sample: 60,
    world: () => anotherUser(small()),
    play: (stage) => {
      const { world } = stage;
      const version = stage.stage();
      stage.before('secrets.put', 1, () => {
        const { keyId, secret } = world.keys.add('fresh');
        const stored = world.secrets.secret(secretId).versions.get(version);
        if (stored !== undefined)
          stored.value = JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret });
      });
      return stage.rotate(version);
    },
  },
  {
    name: 'setSecret comes while the store shows no new value',
    world: () => {
      const world = small();
      world.secrets.staleReads = 100;
      return world;
    },
    play: async (stage) => {
      const version = stage.stage();
      const isStored = await stage.step(version, 'createSecret');
      await stage.step(version, 'setSecret');
      if (isStored && isSaid(stage.errors, /PENDING_WITHOUT_VALUE/))
        stage.found.push('a value that is not shown yet was taken for missing');
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
  {
    name: 'createSecret comes twice while the store shows no new value',
    world: () => {
      const world = anotherUser(small());
      world.secrets.staleReads = 100;
      return world;
    },
    play: async (stage) => {
      const version = stage.stage();
      await stage.step(version, 'createSecret');
      await stage.step(version, 'createSecret');
      const since = stage.errors.length;
      await stage.step(version, 'setSecret');
      if (isSaid(stage.errors.slice(since), /PENDING_WITHOUT_VALUE/))
        stage.found.push('a value that is not shown yet was taken for missing');
      await stage.rotate(version);
    },
    expects: ({ found }) => found,
  },
];

/** Labels that somebody moves at the last moment. */
const labels: readonly Scenario[] = [
  {
    name: 'AWSCURRENT is moved to another version just before the promotion',
    world: () => small(),
    play: async (stage) => {
      const { world } = stage;
      const third = world.newId();
      let since = Infinity;
      stage.before('secrets.moveLabel', 1, () => {
        const value = world.secrets.value(secretId, world.label('AWSCURRENT') ?? '');
        world.secrets.labelByHand(secretId, 'AWSCURRENT', third);
        const moved = world.secrets.secret(secretId).versions.get(third);
        if (moved !== undefined) moved.value = value;
        since = world.secrets.version;
      });
      await stage.rotate(stage.stage(), { attempts: 1 });
      if (world.label('AWSCURRENT') !== third && since !== Infinity)
        stage.found.push('a label that somebody had moved was moved again at once');
    },
    touchesStore: true,
    expects: ({ found }) => found,
  },
  {
    name: 'AWSPENDING is removed just before the pause',
    world: () => small(),
    play: async (stage) => {
      const { world } = stage;
      stage.before('cluster.newestError', 1, () => {
        world.secrets.labelByHand(secretId, 'AWSPENDING', null);
      });
      stage.each('lane.start', () => {
        if (held(world) !== world.firstKeys[0]) stage.found.push('the link was given a version without a label');
      });
      await stage.rotate(stage.stage(), { attempts: 2 });
    },
    touchesStore: true,
    ends: ['unchanged'],
    expects: ({ found }) => found,
  },
];

export const troubles: readonly Scenario[] = [...refusals, ...accepted, ...strangers, ...labels];
