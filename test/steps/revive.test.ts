import { recover } from '../../lambda/steps/recover';
import { retireNow } from '../../lambda/steps/retireNow';
import { status } from '../../lambda/steps/status';
import type { Fault } from '../support/points';
import { secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { clusterOf, keyIds, onLink, upTo } from './driving';

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

/** "retire --now", long before the key is due, fails at its n-th call, and something happens behind that. */
async function endedInHaste(point: number, fault: Fault, then: (world: MemoryWorld) => void): Promise<Played> {
  const world = createWorld({
    ...clusterOf(onLink('orders'), onLink('quiet', { idle: true })),
    definition: { limits: { drainSeconds: 60, proofSeconds: 5, connections: 4 } },
  });
  const [old = ''] = keyIds(world);
  await upTo(world, 'finishSecret');
  await world.pass(120_000);
  const names: string[] = [];
  world.faults = (_, name) => {
    names.push(name);
    return names.length === point ? fault : undefined;
  };
  await world.run((run) => retireNow(run, secretId, false)).catch(() => undefined);
  world.faults = new Map();
  then(world);
  return { world, old, names };
}
const movedBack = (world: MemoryWorld): void => {
  world.secrets.labelByHand(secretId, 'AWSCURRENT', world.label('AWSPREVIOUS'));
};
const refusedNow = (world: MemoryWorld): void => {
  const pipeline = world.pipeline('analytics', 'quiet');
  world.server().fail(pipeline, 1933, 'AccessDenied', world.clock.now());
};
const outOfReach = (world: MemoryWorld): void => {
  world.server().down = true;
};
const usedBefore = (world: MemoryWorld): void => {
  const [old = ''] = world.firstKeys;
  world.keys.key(old).lastUsed = { at: world.clock.now() - 60_000, service: 's3', region: 'eu-west-1' };
};
const both =
  (one: (world: MemoryWorld) => void, other: (world: MemoryWorld) => void) =>
  (world: MemoryWorld): void => {
    one(world);
    other(world);
  };
const retirementOf = (world: MemoryWorld): unknown => world.table.item('secret', secretId)?.retirements[0];

describe('an end in haste that dies, at whichever call: the next run of the watchdog takes it back', () => {
  test.each<[when: string, then: (world: MemoryWorld) => void]>([
    ['AWSCURRENT names the key again', movedBack],
    ['it does, and a pipeline is refused the new key', both(movedBack, refusedNow)],
    ['it does, and the cluster is out of reach', both(movedBack, outOfReach)],
    ['the source refuses the new key to a pipeline', refusedNow],
    ['a use is reported late', usedBefore],
    ['a use is, and the cluster is out of reach', both(usedBefore, outOfReach)],
  ])('when %s', async (_when, then) => {
    const { names } = await endedInHaste(Infinity, 'dies', () => undefined);
    const mark = names.indexOf('table.write') + 1;
    expect(names.indexOf('keys.deactivate')).toBeGreaterThan(mark);
    for (let point = mark; point < names.length; point += 1) {
      const { world, old } = await endedInHaste(point, 'dies', then);
      await world.pass(60_000);
      await world.run(recover);
      const begun = names.slice(0, point).filter((name) => name === 'table.write').length;
      if (begun > 1) continue; // it had been ended for good
      expect([point, world.keys.key(old).active]).toEqual([point, true]);
      expect(retirementOf(world)).toHaveProperty('endingAt'); // nobody knows yet whether the dead run's call is on its way
      await world.pass(960_000);
      await world.run(recover);
      expect(retirementOf(world)).not.toHaveProperty('endingAt');
    }
  });

  test('and goes on with it when nothing speaks against it, due or not', async () => {
    const { names } = await endedInHaste(Infinity, 'dies', () => undefined);
    const { world, old } = await endedInHaste(names.indexOf('keys.deactivate') + 1, 'dies', () => undefined);
    const [seen] = (await world.run((run) => status(run, secretId))).secrets;
    expect(seen?.journal.retirements).toMatchObject([
      { keyId: old, endingAt: expect.any(String) as string, retiredAt: null },
    ]);
    expect(seen?.keys.find(({ keyId }) => keyId === old)?.fate).toContain('being ended');
    await world.pass(60_000);
    expect((await world.run(recover)).retired).toEqual([old]);
    expect(retirementOf(world)).toHaveProperty('retiredAt');
  });
});

test.each(['refused', 'not-sent'] as const)(
  'a taking back that is %s is tried again by the next run',
  async (fault) => {
    const world = createWorld();
    const [old = ''] = keyIds(world);
    await upTo(world, 'finishSecret');
    await world.pass(60_000);
    world.faults = (_, name) => {
      if (name === 'keys.deactivate') movedBack(world);
      return name === 'keys.activate' ? fault : undefined;
    };
    await world.run((run) => retireNow(run, secretId, false)).catch(() => undefined);
    await world.run(recover);
    expect(world.keys.key(old).active).toBe(false);
    world.faults = new Map();
    await world.pass(60_000);
    await world.run(recover);
    expect(world.keys.key(old).active).toBe(true);
  },
);

test('a deactivation that comes when its end has been taken back is taken back, too', async () => {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  await upTo(world, 'finishSecret');
  await world.pass(due);
  world.lateMs = 70_000;
  world.faults = (_, name) => {
    if (name !== 'keys.deactivate') return undefined;
    movedBack(world);
    return 'late';
  };
  await world.run(recover).catch(() => undefined);
  world.faults = new Map();
  await world.pass(60_000);
  await world.run(recover);
  expect(world.keys.key(old).active).toBe(true);
  await world.pass(60_000);
  expect(world.keys.key(old).active).toBe(false);
  await world.run(recover);
  expect(world.keys.key(old).active).toBe(true);
});

test('a use that shows behind the deactivation: the key is Active again, the metric says so, and no rotation deletes it', async () => {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  await upTo(world, 'finishSecret');
  await world.pass(due);
  world.faults = (_, name) => {
    if (name === 'keys.deactivate') usedBefore(world);
    return undefined;
  };
  expect((await world.run(recover)).retired).toEqual([]);
  world.faults = new Map();
  expect(world.keys.key(old).active).toBe(true);
  expect(world.metrics.filter(({ name }) => name === 'OldKeyStillUsed').at(-1)?.values).toEqual([1]);
  expect(world.logs.find(({ action }) => action === 'old-key-revived')?.fields).toMatchObject({
    because: 'old-key-still-used',
  });
  await upTo(world, 'createSecret', world.startRotation()).catch(() => undefined);
  expect(world.keys.key(old).deleted).toBe(false);
});

test('a key that was made Active again, and that a person then deactivates on our advice, stays Inactive', async () => {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  await upTo(world, 'finishSecret');
  await world.pass(60_000);
  world.faults = (_, name) => {
    if (name === 'keys.deactivate') usedBefore(world);
    return undefined;
  };
  const { said } = await world.run((run) => retireNow(run, secretId, false));
  expect(said.join()).toContain('--status Inactive');
  world.faults = new Map();
  world.keys.endByHand(old, 'deactivate');
  for (let minute = 0; minute < 3; minute += 1) {
    await world.pass(60_000);
    await world.run(recover);
  }
  expect(world.keys.key(old).active).toBe(false);
});

test.each([
  ['proof', 'testSecret'],
  ['promotion', 'finishSecret'],
] as const)(
  'a watchdog that sleeps over the next %s, at whichever call, forgets nothing that the next version waits for',
  async (_what, last) => {
    const play = async (point: number): Promise<readonly string[]> => {
      const world = createWorld({
        ...clusterOf(onLink('orders'), onLink('quiet', { idle: true })),
        definition: { limits: { drainSeconds: 60, proofSeconds: 5, connections: 4 } },
      });
      await upTo(world, 'finishSecret');
      await world.pass(due);
      const names: string[] = [];
      world.frozenMs = 240_000;
      world.faults = (_, name) => {
        names.push(name);
        return names.length === point ? 'freezes' : undefined;
      };
      await world.run(recover).catch(() => undefined);
      world.faults = new Map();
      await world.pass(60_000);
      await world.run(recover);
      const next = world.startRotation();
      await upTo(world, last, next);
      await world.pass(300_000);
      if (world.table.item('secret', secretId)?.version === next)
        expect([point, world.table.item('secret', secretId)?.unproven]).toMatchObject([
          point,
          [{ pipeline: '`analytics`.`quiet`' }],
        ]);
      return names;
    };
    const names = await play(Infinity);
    const end = names.indexOf('keys.deactivate') + 1;
    for (let point = end - 3; point <= names.length; point += 1) await play(point);
  },
);
