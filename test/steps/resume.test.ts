import { recover } from '../../lambda/steps/recover';
import { qualified } from '../../lambda/core/names';
import { analyticsLink, clusterId } from '../support/scenario';
import type { Fault } from '../support/points';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, onLink, story, upTo } from './driving';

const created = (world: MemoryWorld): Promise<string> => upTo(world, 'createSecret');
const setSecret = async (world: MemoryWorld): Promise<void> => call(world, 'setSecret', await created(world));
/** The n-th call of a port ends like this. */
const nth = (port: string, n: number, fault: Fault) => {
  let calls = 0;
  return (_: number, name: string): Fault | undefined => (name === port && ++calls === n ? fault : undefined);
};
/** From the first ALTER on, every call of a port ends like this, at most so often. */
const afterAlter = (port: string, fault: Fault, times = Infinity) => {
  let altered = false;
  let calls = 0;
  return (_: number, name: string): Fault | undefined => {
    altered ||= name === 'lane.alter';
    return altered && name === port && ++calls <= times ? fault : undefined;
  };
};

describe.each<[string, string, Fault]>([
  ['START is refused', 'lane.start', 'refused'],
  ['START is never answered', 'lane.start', 'not-sent'],
  ['STATE cannot be read', 'cluster.pipelines', 'refused'],
  ['the watching connection is lost again and again', 'cluster.pipelines', 'lost'],
])('after the ALTER %s', (_, port, fault) => {
  test('RESUME_FAILED comes within the reserve, names what may be paused, and the watchdog resumes it', async () => {
    const world = createWorld();
    const version = await created(world);
    world.faults = afterAlter(port, fault);
    const error = await failure(call(world, 'setSecret', version));
    expect(error.code).toBe('RESUME_FAILED');
    expect(error.message).toContain('`analytics`.`orders`, `sales`.`invoices`');
    expect(world.clock.now() - (world.transitions[0]?.at ?? 0)).toBeLessThan(60_000);
    world.faults = new Map();
    await world.run(recover);
    expect(world.paused()).toEqual([]);
  });
});

test('a watchdog with 20 s left says RESUME_FAILED before its time is up', async () => {
  const world = createWorld();
  const version = await created(world);
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  await world.pass(31_000);
  world.faults = (_, name) => (name === 'lane.start' ? 'refused' : undefined);
  const { failures, leftPaused } = await world.run(recover, { seconds: 20 });
  expect(failures.join()).toContain('RESUME_FAILED');
  expect(leftPaused).toHaveLength(2);
});

test('the watching connection is lost once in the pause: it is opened anew, and everything runs', async () => {
  const world = createWorld();
  const version = await created(world);
  let stopped = false;
  let lost = false;
  world.faults = (_, name) => {
    stopped ||= name === 'lane.stop';
    if (!stopped || lost || name !== 'cluster.pipelines') return undefined;
    lost = true;
    return 'lost';
  };
  expect((await failure(call(world, 'setSecret', version))).code).toBe('CONNECTION_LOST');
  expect(world.paused()).toEqual([]);
});

test('what is met on the way out does not hide why the change was given up', async () => {
  const world = createWorld();
  const version = await created(world);
  let alters = 0;
  let hidden = false;
  world.faults = (_, name) => {
    if (name === 'lane.alter') {
      alters += 1;
      return 'refused';
    }
    if (alters === 0 || hidden || name !== 'cluster.pipelines') return undefined;
    hidden = true;
    return 'refused';
  };
  expect((await failure(call(world, 'setSecret', version))).code).toBe('ALTER_REFUSED');
  expect(hidden).toBe(true);
  expect(world.paused()).toEqual([]);
});

test('a START without an answer is ended at the server before the bracket is closed', async () => {
  const world = createWorld();
  world.faults = nth('lane.start', 1, 'lost');
  await setSecret(world);
  const { points } = world;
  expect(points.indexOf('cluster.kill')).toBeGreaterThan(points.indexOf('lane.start'));
  expect(points.lastIndexOf('cluster.batches')).toBeGreaterThan(points.indexOf('cluster.kill'));
  expect(world.paused()).toEqual([]);
});

test.each(['cluster.present', 'cluster.kill'])(
  'a server that refuses %s keeps nothing paused when the answer to a STOP is lost',
  async (port) => {
    const world = createWorld();
    const version = await created(world);
    const lost = nth('lane.stop', 1, 'lost');
    world.faults = (point, name) => (name === port ? 'refused' : lost(point, name));
    expect((await failure(call(world, 'setSecret', version))).code).toBe('STOP_UNANSWERED');
    expect(world.paused()).toEqual([]);
    expect(world.logs.some(({ action }) => action === 'connections-not-ended')).toBe(true);
  },
);

test('a STOP that a dead run left under way, and that outlives its connection, is undone within a minute of its effect', async () => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 55_000 })));
  world.server().killedStop = 'outlives';
  const version = await created(world);
  let stopping = false;
  world.faults = (_, name) => {
    stopping ||= name === 'lane.stop';
    return stopping && name === 'table.write' ? 'dies-before' : undefined;
  };
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(31_000);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
  await world.pass(60_000);
  expect(story(world)).toEqual(['orders:Stopped']);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
});

test('a pipeline that somebody stops right after the switch stays stopped: its STOP and START were both answered', async () => {
  const world = createWorld();
  await setSecret(world);
  world.server().set(world.pipeline('analytics', 'orders'), 'Stopped', 'somebody');
  await world.run(recover);
  expect(world.pipeline('analytics', 'orders').state).toBe('Stopped');
});

test('what our credentials drove into Error, before a dead run could close, is started by the watchdog, without a definition', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  const version = await created(world);
  const fresh = world.secretValue(version)?.['aws_access_key_id'];
  world.faults = (_, name) => {
    if (name !== 'lane.start') return undefined;
    world.keys.deny((keyId) => keyId === fresh);
    return 'dies';
  };
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.pass(31_000);
  await world.run((run) => recover({ ...run, definitions: [] }));
  expect(story(world)).toEqual(['orders:Stopped', 'orders:Running', 'orders:Error', 'orders:Running']);
});

test('an ALTER is refused because pipelines changed their link in the pause: definitions are read anew', async () => {
  const other = qualified('analytics', 'other');
  const elsewhere = { link: other, path: 'bucket/x/*' };
  const world = createWorld({
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: other }],
        pipelines: [
          onLink('orders'),
          onLink('leaves', { state: 'Stopped' }),
          { name: qualified('analytics', 'comes'), ...elsewhere },
        ],
      },
    },
  });
  const version = await created(world);
  let moved = false;
  world.faults = (_, name) => {
    if (name === 'lane.alter' && !moved) {
      moved = true;
      world.server().add(onLink('comes'));
      world.server().add({ name: qualified('analytics', 'leaves'), ...elsewhere });
    }
    return undefined;
  };
  await call(world, 'setSecret', version);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(world.secretValue(version)?.['aws_access_key_id']);
  expect(story(world)).toEqual(['orders:Stopped', 'comes:Stopped', 'orders:Running', 'comes:Running']);
});

test('new connections stand in the journal before anything is sent through them', async () => {
  const world = createWorld({ definition: { limits: { drainSeconds: 60, proofSeconds: 60, connections: 1 } } });
  world.faults = nth('lane.alter', 1, 'lost');
  await setSecret(world);
  const since = world.points.slice(world.points.indexOf('cluster.reopen'));
  expect(since.indexOf('table.write')).toBeLessThan(since.findIndex((name) => name.startsWith('lane.')));
  expect(since).toContain('lane.alter');
});
