import type { RotationDefinition } from '../../../lambda/core/definition';
import type { MemoryWorld } from '../../support/world';
import type { Scenario } from '../play';
import type { Stage } from '../stage';
import { held, onLink, small } from './worlds';

const mirrored = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:team/ingest-key-QwErTy';

const anotherPair = (world: MemoryWorld): string => {
  const { keyId, secret } = world.keys.add('somebody', world.clock.now() - 60_000);
  return JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret });
};

/** A secret that mirrors another one. */
function mirroring(overlap: boolean, more: Partial<RotationDefinition> = {}): MemoryWorld {
  const source = { type: 'mirror', secretId: mirrored, overlap } as const;
  const world = small([onLink('orders')], { definition: { source, ...more } });
  world.secrets.add(mirrored, world.newId(), anotherPair(world));
  return world;
}

/** The source lets the new key in while it is tried, and refuses it to pipelines. */
export function refuseToPipelines({ world }: Stage): () => void {
  const [old] = world.firstKeys;
  let refuses = true;
  world.keys.deny((keyId) => refuses && keyId !== old && world.points.at(-1)?.startsWith('trials.') !== true);
  return () => {
    refuses = false;
    world.keys.deny(() => false);
  };
}

export const sources: readonly Scenario[] = [
  {
    name: 'the source refuses the new key to the pipelines',
    world: () => small(),
    play: async (stage) => {
      refuseToPipelines(stage);
      await stage.rotate(stage.stage(), { attempts: 3 });
    },
    ends: ['unchanged'],
  },
  {
    name: 'the source refuses the new key to the pipelines, and the watchdog comes in between',
    sample: 100,
    freezes: true,
    world: () => small(),
    play: async (stage) => {
      refuseToPipelines(stage);
      await stage.rotate(stage.stage(), { attempts: 3, watched: true });
    },
    ends: ['unchanged'],
  },
  {
    name: 'the source refuses the new key to one pipeline after another, while the way back begins',
    sample: 20,
    world: () =>
      small(
        Array.from({ length: 40 }, (_, at) => onLink(`p${at}`, { loadMs: 480 + 3 * at, drainMs: 5 })),
        { definition: { limits: { drainSeconds: 10, proofSeconds: 10, connections: 16 } } },
      ),
    play: async (stage) => {
      refuseToPipelines(stage);
      await stage.rotate(stage.stage(), { attempts: 3 });
    },
    ends: ['unchanged'],
  },
  {
    name: 'the source refuses the new key to the pipelines for a while',
    sample: 100,
    world: () => small(),
    play: async (stage) => {
      const relent = refuseToPipelines(stage);
      const version = await stage.rotate(stage.stage(), { attempts: 1 });
      stage.somebody(relent);
      await stage.rotate(version);
    },
    ends: ['done', 'unchanged'],
  },
  { name: 'a mirrored secret without overlap', world: () => mirroring(false), play: (stage) => stage.rotate() },
  {
    name: 'a mirrored secret with overlap',
    freezes: true,
    world: () => mirroring(true),
    play: (stage) => stage.rotate(),
  },
  {
    name: 'a mirrored secret with overlap, whose new key the source refuses',
    sample: 80,
    world: () => mirroring(true),
    play: async (stage) => {
      refuseToPipelines(stage);
      await stage.rotate(stage.stage(), { attempts: 3 });
    },
    ends: ['unchanged'],
  },
  {
    name: 'a mirrored secret without overlap, whose old key has ended: pipelines are in Error and are started',
    sample: 100,
    world: () => mirroring(false, { restartAfterCredentialError: true }),
    play: async (stage) => {
      stage.somebody(() => {
        stage.world.keys.endByHand(stage.world.firstKeys[0] ?? '', 'delete');
      });
      await stage.pass(5_000);
      await stage.rotate();
    },
  },
  {
    name: 'the mirrored secret changes in the middle of a rotation',
    sample: 80,
    world: () => mirroring(true),
    play: async (stage) => {
      const { world } = stage;
      stage.before('lane.alter', 1, () => {
        world.secrets.putByHand(mirrored, world.newId(), anotherPair(world));
      });
      await stage.rotate();
      await stage.pass(6 * 60_000);
      await stage.watchdog();
      await stage.pass(60_000);
      for (let round = 0; round < 2; round += 1) {
        const pending = world.label('AWSPENDING');
        if (pending !== null && pending !== world.label('AWSCURRENT')) await stage.rotate(pending);
      }
    },
  },
  {
    name: 'the mirrored secret changes twice before anything is set',
    sample: 80,
    world: () => mirroring(true),
    play: async (stage) => {
      const { world } = stage;
      const version = stage.stage();
      await stage.step(version, 'createSecret');
      stage.somebody(() => {
        world.secrets.putByHand(mirrored, world.newId(), anotherPair(world));
      });
      await stage.rotate(version, { attempts: 2 });
      for (let minute = 0; minute < 6; minute += 1) {
        await stage.pass(60_000);
        await stage.watchdog();
      }
      for (let round = 0; round < 2; round += 1) {
        const pending = world.label('AWSPENDING');
        if (pending !== null && pending !== world.label('AWSCURRENT')) await stage.rotate(pending);
      }
    },
    claims: ({ world }) => {
      const wanted = world.keys.all.at(-1)?.keyId;
      return held(world) === wanted ? [] : ['the link does not hold the newest mirrored key'];
    },
  },
];
