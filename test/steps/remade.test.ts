import { recover } from '../../lambda/steps/recover';
import { qualified } from '../../lambda/core/names';
import { analyticsLink, clusterId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, onLink, story, upTo } from './driving';

/*
 * A person drops a pipeline of a pause, and makes a new one of its name. A STOP stops whatever bears the name: what it may have met is ours
 * to start. Left alone is only what was made behind a look that came behind the STOP's answer.
 */

const orders = qualified('analytics', 'orders');
const items = qualified('analytics', 'items');
const more = qualified('analytics', 'more');
const three = (): MemoryWorld => createWorld(clusterOf(onLink('orders'), onLink('items'), onLink('more')));
const two = (): MemoryWorld => createWorld(clusterOf(onLink('orders'), onLink('items')));
const stateOf = (world: MemoryWorld, name = orders): string | undefined => world.server().get(name)?.state;

/** Somebody acts just before the n-th call of this name; `fault` is what becomes of that call. */
function before(world: MemoryWorld, call: string, nth: number, act: () => void, fault?: 'dies' | 'lost'): void {
  let calls = 0;
  world.faults = (_, name) => {
    if (name !== call || ++calls !== nth) return undefined;
    act();
    return fault;
  };
}
const remade = (world: MemoryWorld) =>
  world.logs.filter(({ action }) => action === 'pipelines-remade').flatMap(({ fields }) => fields['pipelines'] ?? []);
const leaseOver = 31_000;

/** Somebody acts just before we see that a pipeline is stopped. */
function onceStopped(world: MemoryWorld, act: () => void): void {
  let done = false;
  world.faults = (_, name) => {
    if (done || name !== 'cluster.pipelines' || stateOf(world) !== 'Stopped') return undefined;
    done = true;
    act();
    return undefined;
  };
}

test('made anew between our STOP and our look, and left Stopped: nobody can tell, so it is started and named', async () => {
  const world = two();
  onceStopped(world, () => world.server().remake(orders, 'Stopped'));
  await upTo(world, 'finishSecret');
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
  expect(remade(world)).toEqual([orders]);
});

test('made anew behind that look, and left Stopped: it is not started, it is named, and the rotation succeeds', async () => {
  const world = two();
  before(world, 'lane.alter', 1, () => world.server().remake(orders, 'Stopped'), 'lost');
  await upTo(world, 'finishSecret');
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Stopped', 'Running']);
  expect(remade(world)).toEqual([orders]);
});

test('... and what it says of a change that is given up names it, too', async () => {
  const world = two();
  const version = await upTo(world, 'createSecret');
  let alters = 0;
  world.faults = (_, name) => {
    if (name !== 'lane.alter') return undefined;
    if ((alters += 1) === 1) world.server().remake(orders, 'Stopped');
    return 'refused';
  };
  const error = await failure(call(world, 'setSecret', version));
  expect(error.code).toBe('ALTER_REFUSED');
  expect(error.message).toContain(`${orders}, dropped and made anew by somebody meanwhile, is left Stopped`);
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Stopped', 'Running']);
});

/** A run dies in the pause, and then somebody acts. */
async function deadInPause(world: MemoryWorld, act: () => void): Promise<string> {
  const version = await upTo(world, 'createSecret');
  before(world, 'lane.alter', 1, () => undefined, 'dies');
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  act();
  await world.pass(leaseOver);
  return version;
}

test.each<[string, (world: MemoryWorld, version: string) => Promise<unknown>]>([
  ['the watchdog', (world) => world.run(recover)],
  ['the retry of the rotation', (world, version) => call(world, 'setSecret', version)],
])(
  'after a death in the pause %s starts what was made anew, too: nobody knows what the dead run sent',
  async (_, comes) => {
    const world = two();
    const version = await deadInPause(world, () => world.server().remake(orders, 'Stopped'));
    await comes(world, version);
    expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
    expect(remade(world)).toEqual([orders]);
    expect((await world.run(recover)).leftPaused).toEqual([]);
  },
);

test.each([
  [
    'OR REPLACE alters it',
    (world: MemoryWorld) => {
      world.server().replace(world.pipeline('analytics', 'orders'));
    },
  ],
  [
    'the server has given all of them other ids',
    (world: MemoryWorld) => {
      for (const pipeline of world.server().pipelines.values())
        pipeline.identity = { ...pipeline.identity, id: `${pipeline.identity.id}0` };
    },
  ],
  ['the server does not tell any more', (world: MemoryWorld) => (world.server().showsIdentities = false)],
])('%s in the pause: it is the one that we stopped, so it is started', async (_, act) => {
  const world = two();
  await deadInPause(world, () => {
    act(world);
  });
  await world.run(recover);
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
});

test.each(['the server tells nothing apart', 'the journal is of an older make'])(
  '%s: whatever bears the name counts as ours, so that nothing stays paused',
  async (why) => {
    const world = two();
    world.server().showsIdentities = false;
    await deadInPause(world, () => world.server().remake(orders, 'Stopped'));
    world.server().showsIdentities = why !== 'the server tells nothing apart';
    await world.run(recover);
    expect(stateOf(world)).toBe('Running');
  },
);

test('made anew in the pause and started: it is written down as what it is, stopped once, and started', async () => {
  const world = two();
  before(world, 'lane.alter', 1, () => world.server().remake(orders, 'Running'));
  await upTo(world, 'finishSecret');
  expect(stateOf(world)).toBe('Running');
  expect(story(world).filter((change) => change.startsWith('orders'))).toEqual([
    'orders:Stopped',
    'orders:Stopped',
    'orders:Running',
  ]);
});

test('... also where the run dies in the second pause', async () => {
  const world = two();
  const version = await upTo(world, 'createSecret');
  let alters = 0;
  world.faults = (_, name) => {
    if (name !== 'lane.alter') return undefined;
    if ((alters += 1) === 1) world.server().remake(orders, 'Running');
    return alters === 2 ? 'dies' : undefined;
  };
  await call(world, 'setSecret', version).catch(() => undefined);
  expect([alters, stateOf(world)]).toEqual([2, 'Stopped']);
  world.faults = new Map();
  await world.pass(leaseOver);
  await world.run(recover);
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
});

describe.each([0, 1])(
  'one that runs when our STOP meets it is ours, though another was promised; batches: %i',
  (ended) => {
    test('the run goes on', async () => {
      const world = two();
      before(world, 'lane.stop', 1, () => (world.server().remake(orders, 'Running').ended = ended));
      await upTo(world, 'finishSecret');
      expect(story(world)).toContain('orders:Stopped');
      expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
      expect(remade(world)).toEqual([orders]);
    });

    test('the run dies behind the STOP', async () => {
      const world = two();
      const version = await upTo(world, 'createSecret');
      before(world, 'lane.stop', 1, () => (world.server().remake(orders, 'Running').ended = ended), 'dies');
      await call(world, 'setSecret', version).catch(() => undefined);
      expect(stateOf(world)).toBe('Stopped');
      world.faults = new Map();
      await world.pass(leaseOver);
      await world.run(recover);
      expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
    });
  },
);

test('a STOP whose answer was lost may meet what is made anew behind a look, too', async () => {
  const world = two();
  const version = await upTo(world, 'createSecret');
  let stops = 0;
  let starts = 0;
  world.faults = (_, name) => {
    if (name === 'lane.stop' && (stops += 1) === 1) return 'lost';
    if (name !== 'lane.start' || (starts += 1) > 1) return undefined;
    world.server().remake(orders, 'Stopped');
    return 'refused';
  };
  expect((await failure(call(world, 'setSecret', version))).code).toBe('STOP_UNANSWERED');
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
  expect(remade(world)).toEqual([orders]);
});

describe('the server numbers its pipelines anew, and one keeps its number by chance', () => {
  const renumber = (world: MemoryWorld, time = ''): void => {
    for (const { name, identity } of world.server().pipelines.values())
      if (name !== orders)
        world.server().pipelines.get(name)!.identity = {
          id: `${identity.id}0`,
          createdAt: `${identity.createdAt}${time}`,
        };
  };
  const all = (world: MemoryWorld) => [orders, items, more].map((name) => stateOf(world, name));

  test.each(['', '.000000'])('after a death in the pause; behind each time stands "%s"', async (time) => {
    const world = three();
    await deadInPause(world, () => {
      renumber(world, time);
    });
    await world.run(recover);
    expect(all(world)).toEqual(['Running', 'Running', 'Running']);
  });

  test.each(['', '.000000'])('while the answer to ALTER is lost; behind each time stands "%s"', async (time) => {
    const world = three();
    before(
      world,
      'lane.alter',
      1,
      () => {
        renumber(world, time);
      },
      'lost',
    );
    await upTo(world, 'finishSecret');
    expect(all(world)).toEqual(['Running', 'Running', 'Running']);
    expect(remade(world)).toEqual(time === '' ? [] : [items, more]);
  });

  test('a set of one is known by the other pipelines of the cluster', async () => {
    const world = createWorld(
      clusterOf(onLink('orders', { state: 'Stopped' }), onLink('items'), onLink('more', { state: 'Stopped' })),
    );
    before(
      world,
      'lane.alter',
      1,
      () => {
        renumber(world, '.000000');
      },
      'lost',
    );
    await upTo(world, 'finishSecret');
    expect(all(world)).toEqual(['Stopped', 'Running', 'Stopped']);
    expect(remade(world)).toEqual([items]);
  });
});

test('made anew while another member drains, and never run: no look came between, so it is started and named', async () => {
  const world = createWorld(clusterOf(onLink('orders'), onLink('slow', { drainMs: 5_000 })));
  const version = await upTo(world, 'createSecret');
  let stops = 0;
  world.faults = (_, name) => {
    if (name === 'lane.stop' && ++stops === 1)
      world.clock.at(world.clock.now() + 3_000, () => world.server().remake(orders, 'Stopped'));
    return undefined;
  };
  await call(world, 'setSecret', version);
  expect(world.server().alterations[0]?.at).toBeGreaterThan((world.transitions[0]?.at ?? 0) + 4_000);
  expect(stateOf(world)).toBe('Running');
  expect(remade(world)).toEqual([orders]);
});

test('made anew while the ALTER takes its time: what was seen before it counts no more', async () => {
  const world = two();
  world.server().statementMs = 2_000;
  before(world, 'lane.alter', 1, () => world.server().remake(orders, 'Stopped'));
  await upTo(world, 'setSecret');
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Stopped', 'Running']);
});

test('an ALTER that is answered at once is followed by START, with no question between', async () => {
  const world = two();
  await upTo(world, 'setSecret');
  expect(world.points[world.points.indexOf('lane.alter') + 1]).toBe('lane.start');
});

test('a late STOP of ours may meet the one that bears the name by then: it is watched, started and named', async () => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 75_000, usualMs: 1_000 })));
  world.server().killedStop = 'outlives';
  const version = await upTo(world, 'createSecret');
  expect((await failure(call(world, 'setSecret', version))).code).toBe('DRAIN_EXCEEDED');
  world.server().remake(orders, 'Stopped');
  await world.pass(60_000);
  await world.run(recover);
  expect(stateOf(world)).toBe('Running');
  expect(remade(world)).toEqual([orders]);
  expect(world.table.item('link', `${clusterId}/${analyticsLink}`)?.bracket?.lingering ?? []).toEqual([]);
});

test('what new credentials have driven into Error is started on the way back, whoever made it', async () => {
  const world = two();
  const version = await upTo(world, 'setSecret');
  world.server().remake(orders, 'Running');
  const fresh = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId) => keyId === fresh);
  await failure(call(world, 'testSecret', version));
  expect([stateOf(world), stateOf(world, items)]).toEqual(['Running', 'Running']);
});
