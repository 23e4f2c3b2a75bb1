import { recover } from '../../lambda/steps/recover';
import type { Fault } from '../support/points';
import { secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { keyIds, upTo } from './driving';

/* Somebody moves AWSCURRENT back to the old key in the very moment in which the watchdog ends it. */

const due = 25 * 3_600_000;

interface Played {
  readonly world: MemoryWorld;
  readonly old: string;
  /** What the watchdog asked. */
  readonly names: readonly string[];
}

/** The watchdog fails at its n-th call, the label is moved back behind that, and the watchdog comes again. */
async function movedBackAt(point: number, fault: Fault): Promise<Played> {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  await upTo(world, 'finishSecret');
  const before = world.label('AWSPREVIOUS');
  await world.pass(due);
  const names: string[] = [];
  let asked = 0;
  world.faults = (_, name) => {
    names.push(name);
    asked += 1;
    if (asked < point) return undefined;
    world.faults = new Map();
    world.secrets.labelByHand(secretId, 'AWSCURRENT', before);
    return fault;
  };
  await world.run(recover).catch(() => undefined);
  for (let minute = 0; minute < 6; minute += 1) {
    await world.pass(60_000);
    await world.run(recover);
  }
  return { world, old, names };
}

test.each(['dies-before', 'dies', 'freezes'] as const)(
  'a watchdog that %s, at whichever call: the key that AWSCURRENT names again is Active in the end',
  async (fault) => {
    const { names } = await movedBackAt(Infinity, fault);
    const end = names.indexOf('keys.deactivate') + 1;
    expect(end).toBeGreaterThan(0);
    for (let point = end - 5; point <= end + 3; point += 1) {
      const { world, old } = await movedBackAt(point, fault);
      expect([point, world.keys.key(old).active]).toEqual([point, true]);
    }
  },
);

test('a key that somebody set Inactive by hand stays so, whatever label stands on it', async () => {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  await upTo(world, 'finishSecret');
  await world.pass(due);
  world.keys.endByHand(old, 'deactivate');
  world.secrets.labelByHand(secretId, 'AWSCURRENT', world.label('AWSPREVIOUS'));
  await world.run(recover);
  expect(world.keys.key(old).active).toBe(false);
});

test('a key that is in use again is not ended, and the log says that it was taken back', async () => {
  const { names } = await movedBackAt(Infinity, 'dies');
  const { world } = await movedBackAt(names.indexOf('keys.deactivate') + 1, 'dies');
  expect(world.logs.map(({ action }) => action)).toContain('old-key-revived');
});
