import { rotate } from '../../lambda/steps/rotate';
import { recover } from '../../lambda/steps/recover';
import type { Step } from '../../lambda/core/event';
import { analyticsLink, clusterId, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, onLink, upTo } from './driving';
import { freezing, type Freeze, type Frozen } from './freezing';

const sleepsMs = 300_000;
const step = (name: Step, version: string) => ({ type: 'rotation' as const, step: name, secretId, version });

/** setSecret, suspended at one of its calls, while something else goes on. */
async function suspended(
  world: MemoryWorld,
  version: string,
  freeze: Omit<Freeze, 'forMs'>,
  meanwhile: () => Promise<unknown>,
): Promise<{ zombie: Frozen; holder: string; ended: PromiseSettledResult<unknown> }> {
  let zombie: Frozen | undefined;
  const first = world.begin((run) => {
    zombie = freezing(world, run, { ...freeze, forMs: sleepsMs });
    return rotate(step('setSecret', version), zombie.run);
  });
  const [ended] = await world.clock.run(
    Promise.all([Promise.allSettled([first]).then(([one]) => one), world.clock.sleep(50_000).then(meanwhile)]),
  );
  if (zombie === undefined) throw new Error('it never began');
  await world.pass(60_000); // what it may have sent comes into effect
  return { zombie, holder: zombie.run.holder, ended };
}

/** The calls of setSecret in an undisturbed world. */
async function callsOfSetSecret(): Promise<readonly string[]> {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  const { zombie } = await suspended(world, version, { point: Infinity, when: 'before' }, () => Promise.resolve());
  return zombie.names;
}

const successors: Record<string, (world: MemoryWorld, version: string) => Promise<unknown>> = {
  'a retry that finishes the rotation': async (world, version) => {
    for (const name of ['setSecret', 'testSecret', 'finishSecret'] as const)
      await world.begin((run) => rotate(step(name, version), run));
  },
  'the watchdog, then a retry that finishes the rotation': async (world, version) => {
    await world.begin(recover);
    for (const name of ['setSecret', 'testSecret', 'finishSecret'] as const)
      await world.begin((run) => rotate(step(name, version), run));
  },
};

describe.each(Object.keys(successors))('suspended for five minutes, succeeded by %s', (successor) => {
  test.each(['before', 'after'] as const)(
    'and woken: setSecret changes nothing more, whichever call it slept %s',
    async (when) => {
      const names = await callsOfSetSecret();
      const bad: string[] = [];
      for (let point = 1; point <= names.length; point += 1) {
        const world = createWorld();
        const version = await upTo(world, 'createSecret');
        const problems: string[] = [];
        const { zombie, holder } = await suspended(world, version, { point, when }, async () => {
          await successors[successor]?.(world, version);
          if (world.label('AWSCURRENT') !== version) problems.push('the successor did not finish');
        });
        const wokeAt = zombie.wakesAt ?? Infinity;
        const late = world.transitions.filter(({ at }) => at >= wokeAt);
        if (late.length > 0) problems.push(`moved ${late.map(({ pipeline, to }) => `${pipeline} ${to}`).join()}`);
        const written = world.table.history.filter(
          ({ at, writer, kind, json }) =>
            at >= wokeAt && writer === holder && kind !== 'secret' && json?.includes('"bracket":{') === true,
        );
        if (written.length > 0) problems.push('wrote a bracket');
        if (world.paused().length > 0) problems.push(`paused ${world.paused().join()}`);
        if (world.linkKeyId('analytics', 'analytics_link') !== world.secretValue(version)?.['aws_access_key_id'])
          problems.push('the link is not on the new key');
        if (world.table.fallenFences().length > 0) problems.push('a fence fell');
        if (world.table.item('link', `${clusterId}/${analyticsLink}`)?.bracket?.phase === 'open')
          problems.push('the journal is open');
        if (world.table.item('secret', secretId)?.testedAt === undefined) problems.push('the proof was taken away');
        if (problems.length > 0) bad.push(`${point} ${names[point - 1] ?? ''}: ${problems.join('; ')}`);
      }
      expect(bad).toEqual([]);
    },
  );
});

test('a run that slept through its lease with pipelines paused says LEASE_LOST, and what it left is in the journal', async () => {
  const names = await callsOfSetSecret();
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  const { ended } = await suspended(world, version, { point: names.indexOf('lane.alter') + 1, when: 'before' }, () =>
    world.begin((run) => recover({ ...run, definitions: [] })),
  );
  expect(ended.status === 'rejected' && (ended.reason as Error).message).toMatch(/^LEASE_LOST: setSecret: /);
  expect(world.paused()).toEqual([]);
});

test('an ALTER that slept is not sent any more: its connection was ended by the successor', async () => {
  const names = await callsOfSetSecret();
  const world = createWorld();
  const before = world.linkKeyId('analytics', 'analytics_link');
  const version = await upTo(world, 'createSecret');
  await suspended(world, version, { point: names.indexOf('lane.alter') + 1, when: 'before' }, () =>
    world.begin(recover),
  );
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(before);
  await call(world, 'setSecret', version);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(world.secretValue(version)?.['aws_access_key_id']);
});

test('where connections cannot be ended, the lease alone keeps a run that slept from sending its ALTER', async () => {
  const idle = (): MemoryWorld => createWorld(clusterOf(onLink('archive', { state: 'Stopped' })));
  const counting = idle();
  const first = await upTo(counting, 'createSecret');
  const { zombie } = await suspended(counting, first, { point: Infinity, when: 'before' }, () => Promise.resolve());
  const world = idle();
  const before = world.linkKeyId('analytics', 'analytics_link');
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'cluster.kill' ? 'refused' : undefined);
  await suspended(world, version, { point: zombie.names.indexOf('lane.alter'), when: 'after' }, () =>
    world.begin(recover),
  );
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(before);
});

test('... and from sending its next START, so that what a person has stopped meanwhile stays stopped', async () => {
  const oneLane = (): MemoryWorld =>
    createWorld({ definition: { limits: { drainSeconds: 60, proofSeconds: 60, connections: 1 } } });
  const counting = oneLane();
  const first = await upTo(counting, 'createSecret');
  const { zombie } = await suspended(counting, first, { point: Infinity, when: 'before' }, () => Promise.resolve());
  const world = oneLane();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'cluster.kill' ? 'refused' : undefined);
  await suspended(world, version, { point: zombie.names.indexOf('lane.start') + 1, when: 'after' }, async () => {
    await world.begin(recover);
    world.server().set(world.pipeline('sales', 'invoices'), 'Stopped', 'somebody');
  });
  expect(world.paused()).toEqual(['`sales`.`invoices`']);
});

test('a run that comes upon the open bracket of one that died after its own look resumes it first', async () => {
  const counting = createWorld();
  const first = await upTo(counting, 'createSecret');
  const { zombie } = await suspended(counting, first, { point: Infinity, when: 'before' }, () => Promise.resolve());
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  let alters = 0;
  world.faults = (_, name) => (name === 'lane.alter' && ++alters === 1 ? 'dies-before' : undefined);
  await suspended(world, version, { point: zombie.names.lastIndexOf('trials.list') + 1, when: 'after' }, () =>
    world.begin((run) => rotate(step('setSecret', version), run)).catch(() => undefined),
  );
  expect(alters).toBe(2);
  expect(world.paused()).toEqual([]);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(world.secretValue(version)?.['aws_access_key_id']);
});
