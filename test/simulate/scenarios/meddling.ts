import { analyticsLink, secretId } from '../../support/scenario';
import type { MemoryWorld } from '../../support/world';
import type { Scenario } from '../play';
import type { Stage } from '../stage';
import { held, small } from './worlds';

/** Somebody does something once setSecret is done, or in the middle of its pause; then everything goes on, with the watchdog. */
type When = 'after setSecret' | 'in the pause' | 'before setSecret';

interface Meddling {
  readonly what: string;
  readonly act: (world: MemoryWorld, version: string) => void;
  readonly when: readonly When[];
  /** What it says to people must hold this. */
  readonly says: RegExp;
  readonly mend?: (world: MemoryWorld, version: string) => void;
  readonly more: Partial<Scenario>;
}

/** Of an invocation: a key that is never accepted is waited for as long as there is time. */
const seconds = 60;

const pairOf = (world: MemoryWorld, version: string | null): string =>
  (version === null ? null : world.secrets.value(secretId, version)) ?? '{}';

const meddlings: readonly Meddling[] = [
  {
    what: 'AWSPENDING is removed by an operator',
    act: (world) => {
      world.secrets.labelByHand(secretId, 'AWSPENDING', null);
    },
    when: ['before setSecret', 'in the pause', 'after setSecret'],
    says: /abandoned|VERSION_UNKNOWN/,
    more: { ends: ['unchanged', 'done'], touchesStore: true },
  },
  {
    what: 'the secret is edited by hand',
    act: (world) => {
      const edited = {
        ...(JSON.parse(pairOf(world, world.firstVersion)) as object),
        role_arn: 'arn:aws:iam::1:role/r',
      };
      world.secrets.putByHand(secretId, world.newId(), JSON.stringify(edited));
    },
    when: ['before setSecret', 'in the pause', 'after setSecret'],
    says: /abandoned|VERSION_UNKNOWN|VERSION_NOT_PENDING/,
    more: { ends: ['done', 'unchanged'], touchesStore: true },
  },
  {
    what: 'the secret is scheduled for deletion, and restored later',
    act: (world) => (world.secrets.secret(secretId).deleted = true),
    when: ['before setSecret', 'in the pause', 'after setSecret'],
    says: /restore-?secret/i,
    mend: (world) => (world.secrets.secret(secretId).deleted = false),
    more: { ends: ['done'] },
  },
  {
    what: 'the rotation is cancelled',
    act: (world) => (world.secrets.secret(secretId).rotationEnabled = false),
    when: ['before setSecret', 'in the pause', 'after setSecret'],
    says: /ROTATION_OFF/,
    more: { ends: ['person'] },
  },
  {
    what: 'the new key is deactivated by hand',
    act: (world, version) => {
      const { aws_access_key_id: keyId } = world.secretValue(version) ?? {};
      if (keyId !== undefined) world.keys.endByHand(keyId, 'deactivate');
    },
    when: ['before setSecret', 'in the pause', 'after setSecret'],
    says: /deactivated|Inactive|PROOF_FAILED|VERSION_GIVEN_UP|CREDENTIALS_NOT_ACCEPTED/,
    more: { ends: ['person', 'unchanged', 'done'], large: 100 }, // it is waited for, call by call,
  },
  {
    what: 'the old key is deactivated by hand',
    act: (world) => {
      world.keys.endByHand(world.firstKeys[0] ?? '', 'deactivate');
    },
    when: ['in the pause', 'after setSecret'],
    says: /./,
    more: { ends: ['done'] },
  },
  {
    what: 'the link is given the old key by hand',
    act: (world) => {
      world.server().alterByHand(analyticsLink, pairOf(world, world.firstVersion));
    },
    when: ['after setSecret'],
    says: /./,
    more: { ends: ['person', 'done'], reason: 'the link cannot be read back', claims: keepsKey },
  },
  {
    what: 'the link is given a key that does not work by hand',
    act: (world) => {
      world.server().alterByHand(analyticsLink, '{"aws_access_key_id":"AKIANONE","aws_secret_access_key":"none"}');
    },
    when: ['after setSecret'],
    says: /./,
    more: { ends: ['done', 'unchanged', 'person'], reason: 'somebody has broken the link' },
  },
  {
    what: 'AWSCURRENT is moved to the new version by hand',
    act: (world, version) => {
      const current = world.label('AWSCURRENT');
      world.secrets.labelByHand(secretId, 'AWSCURRENT', version);
      world.secrets.labelByHand(secretId, 'AWSPREVIOUS', current);
    },
    when: ['after setSecret'],
    says: /./,
    more: { ends: ['done'], touchesStore: true },
  },
];

/** A link that somebody moved back by hand: the old key is in use, and must not be retired. */
function keepsKey({ world }: Stage): readonly string[] {
  const key = world.keys.key(world.firstKeys[0] ?? '');
  return key.active ? [] : ['a key that the link still uses was retired'];
}

function scenarioFor({ what, act, says, mend, more }: Meddling, when: When): Scenario {
  return {
    name: `${what} ${when}`,
    sample: 80,
    world: () => small(),
    play: async (stage) => {
      const { world } = stage;
      const version = stage.stage();
      const meddle = (): void => {
        act(world, version);
      };
      if (when === 'in the pause') stage.before('lane.alter', 1, meddle);
      await until(stage, () => stage.step(version, 'createSecret'));
      if (when === 'before setSecret') stage.somebody(meddle);
      if (when === 'before setSecret') await stage.step(version, 'setSecret');
      else await until(stage, () => stage.step(version, 'setSecret'));
      if (when === 'after setSecret') stage.somebody(meddle);
      await stage.pass(2_000);
      await stage.rotate(version, { attempts: 2, seconds });
      await stage.pass(61_000);
      await stage.watchdog();
      if (mend === undefined) return;
      stage.somebody(() => {
        mend(world, version);
      });
      await stage.rotate(version);
    },
    ...more,
    expects: (stage) => said(stage, says),
  };
}

/** Tries again, as Secrets Manager does. */
async function until(stage: Stage, step: () => Promise<boolean>): Promise<void> {
  for (let left = 3; left > 0 && !(await step()); left -= 1) await stage.pass(35_000);
}

/** Whether people were told. */
function said({ world, errors }: Stage, pattern: RegExp): readonly string[] {
  const texts = [
    ...errors.map(String),
    ...world.logs.map(({ action, fields }) => `${action} ${JSON.stringify(fields)}`),
  ];
  return texts.some((text) => pattern.test(text)) ? [] : [`nobody was told ${String(pattern)}`];
}

/** A person goes back to the version before. */
function moveBack({ world }: Stage): void {
  const [from, to] = [world.label('AWSCURRENT'), world.label('AWSPREVIOUS')];
  if (to === null) return;
  world.secrets.labelByHand(secretId, 'AWSCURRENT', to);
  world.secrets.labelByHand(secretId, 'AWSPREVIOUS', from);
}

const movedBack = (when: string, play: Scenario['play']): Scenario => ({
  name: `AWSCURRENT is moved back to the version before by hand, ${when}`,
  world: () => small(),
  play,
  touchesStore: true,
  ends: ['done', 'unchanged', 'person'],
  reason: 'an operator has moved the label',
  claims: inUseAndInactive,
  expects: ({ found }) => found,
});

function inUseAndInactive({ world }: Stage): readonly string[] {
  const inUse = [held(world), world.secretValue(world.label('AWSCURRENT') ?? '')?.['aws_access_key_id']];
  return inUse
    .filter((keyId) => keyId !== undefined && !world.keys.key(keyId).active)
    .map((keyId) => `${keyId ?? ''} was retired, though a link or AWSCURRENT has it`);
}

export const meddled: readonly Scenario[] = [
  ...meddlings.flatMap((meddling) => meddling.when.map((when) => scenarioFor(meddling, when))),
  movedBack('after a rotation', async (stage) => {
    await stage.rotate();
    stage.somebody(() => {
      moveBack(stage);
    });
    await stage.pass(25 * 3_600_000);
    await stage.watchdog();
  }),
  movedBack('just before the old key is ended', async (stage) => {
    await stage.rotate();
    await stage.pass(25 * 3_600_000);
    stage.before('keys.deactivate', 1, () => {
      moveBack(stage);
    });
    for (let minute = 0; minute < 3; minute += 1) {
      await stage.watchdog();
      await stage.pass(61_000);
    }
    stage.found.push(...inUseAndInactive(stage));
  }),
];
