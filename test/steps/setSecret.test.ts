import { recover } from '../../lambda/steps/recover';
import { rotate } from '../../lambda/steps/rotate';
import { qualified } from '../../lambda/core/names';
import { analyticsLink, connectionSecretId, definition, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, onLink, story, upTo } from './driving';

const link = (world: MemoryWorld): string | undefined => world.linkKeyId('analytics', 'analytics_link');
const newKey = (world: MemoryWorld, version: string): string | undefined =>
  world.secretValue(version)?.['aws_access_key_id'];
const created = async (world: MemoryWorld): Promise<string> => upTo(world, 'createSecret');

test('exactly the running pipelines of all databases are paused, and resumed in the order they were stopped', async () => {
  const world = createWorld();
  const version = await upTo(world, 'setSecret');
  expect(story(world)).toEqual(['orders:Stopped', 'invoices:Stopped', 'orders:Running', 'invoices:Running']);
  expect(link(world)).toBe(newKey(world, version));
});

test('between the first STOP and the last START there is nothing but the state check and the ALTER', async () => {
  const world = createWorld();
  await upTo(world, 'setSecret');
  const names = world.points;
  expect(names.slice(names.indexOf('lane.stop'), names.lastIndexOf('lane.start') + 1)).toEqual([
    'lane.stop',
    'lane.stop',
    'cluster.pipelines',
    'lane.alter',
    'lane.start',
    'lane.start',
  ]);
});

test('every call before the key is accepted is made before the first pause', async () => {
  const world = createWorld();
  world.keys.propagationMs = 15_000;
  await upTo(world, 'setSecret');
  const accepted = world.logs.find(({ action }) => action === 'credentials-accepted');
  expect(world.transitions[0]?.at).toBeGreaterThan(accepted?.at ?? Infinity);
});

test('a new key that a bucket denies, and the current one does not, pauses nothing', async () => {
  const world = createWorld();
  const version = await created(world);
  world.keys.deny((keyId) => keyId === newKey(world, version));
  expect((await failure(call(world, 'setSecret', version))).code).toBe('CREDENTIALS_DENIED');
  expect(world.transitions).toEqual([]);
  expect(world.label('AWSPENDING')).toBe(version);
});

test('a place that only a stopped pipeline reads does not block', async () => {
  const world = createWorld({
    clusters: {
      '10.0.0.1:3306': {
        links: [{ name: analyticsLink }],
        pipelines: [onLink('orders'), onLink('archive', { state: 'Stopped', path: 'vault/a/*' })],
      },
    },
  });
  const version = await created(world);
  world.keys.deny((keyId, bucket) => bucket === 'vault' && keyId === newKey(world, version));
  await call(world, 'setSecret', version);
  expect(link(world)).toBe(newKey(world, version));
});

test('a bucket that denies listing to old and new alike does not block', async () => {
  const world = createWorld();
  const version = await created(world);
  world.keys.deny(() => true);
  await call(world, 'setSecret', version);
  expect(link(world)).toBe(newKey(world, version));
});

test('a key that is never accepted pauses nothing', async () => {
  const world = createWorld();
  const version = await created(world);
  world.keys.key(newKey(world, version) ?? '').active = false;
  expect((await failure(call(world, 'setSecret', version))).code).toBe('CREDENTIALS_NOT_ACCEPTED');
  expect(world.transitions).toEqual([]);
});

describe.each(['cancelled', 'finishes', 'outlives'] as const)(
  'a STOP that outlasts the drain budget, and when killed %s',
  (killedStop) => {
    test('is postponed: everything runs again on the old credentials, within a minute if the STOP comes into effect after all', async () => {
      const world = createWorld(clusterOf(onLink('quick'), onLink('endless', { drainMs: 75_000, usualMs: 1_000 })));
      world.server().killedStop = killedStop;
      const before = link(world);
      const version = await created(world);
      const error = await failure(call(world, 'setSecret', version));
      expect(error.code).toBe('DRAIN_EXCEEDED');
      expect(error.message).toContain('endless');
      await world.pass(60_000);
      await world.run(recover);
      expect(world.paused()).toEqual([]);
      expect(link(world)).toBe(before);
      expect(world.label('AWSCURRENT')).not.toBe(version);
    });
  },
);

test('a server that answers STOP and lets STATE follow only after the drain budget: the watchdog starts what stops late', async () => {
  const world = createWorld(clusterOf(onLink('endless', { lagMs: 80_000 })));
  const version = await created(world);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('DRAIN_EXCEEDED');
  await world.pass(60_000);
  expect(world.paused()).not.toEqual([]);
  expect((await world.run(recover)).resumed).toHaveLength(1);
  expect(world.paused()).toEqual([]);
});

test('a late STOP that lands during the retry is ours: the pipeline is in the set, and runs in the end', async () => {
  const world = createWorld(clusterOf(onLink('endless', { drainMs: 75_000, usualMs: 1_000 })));
  world.server().killedStop = 'outlives';
  const version = await created(world);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('DRAIN_EXCEEDED');
  // the STOP comes into effect while the retry waits for nothing but its own look
  let looks = 0;
  world.faults = (_, name) => {
    if (name === 'cluster.newestError' && looks++ === 0) {
      world.server().set(world.pipeline('analytics', 'endless'), 'Stopped', 'somebody');
    }
    return undefined;
  };
  await call(world, 'setSecret', version);
  expect(world.paused()).toEqual([]);
  await call(world, 'testSecret', version);
  await call(world, 'finishSecret', version);
  expect(world.paused()).toEqual([]);
});

test('a state that nobody knows, seen after our own STOP, is waited out', async () => {
  const world = createWorld(clusterOf(onLink('orders', { lagMs: 2_000 })));
  const version = await created(world);
  world.faults = (_, name) => {
    const orders = world.pipeline('analytics', 'orders');
    if (
      name === 'cluster.pipelines' &&
      world.points.includes('lane.stop') &&
      orders.state === 'Running' &&
      !world.points.includes('lane.alter')
    ) {
      orders.state = 'Stopping';
      world.clock.at(world.clock.now() + 500, () => {
        world.server().set(orders, 'Stopped', 'server');
      });
    }
    return undefined;
  };
  await call(world, 'setSecret', version);
  expect(link(world)).toBe(newKey(world, version));
  expect(world.paused()).toEqual([]);
});

test('a pipeline that goes on loading after an unanswered STOP may be stopped by its owner: the watchdog leaves it', async () => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 75_000, usualMs: 1_000 })));
  const version = await created(world);
  await failure(call(world, 'setSecret', version));
  for (let minute = 0; minute < 3; minute += 1) {
    await world.pass(60_000);
    await world.run(recover);
  }
  world.server().set(world.pipeline('analytics', 'orders'), 'Stopped', 'somebody');
  await world.run(recover);
  expect(world.pipeline('analytics', 'orders').state).toBe('Stopped');
});

test('STATE may follow the answer of STOP: ALTER waits for it', async () => {
  const world = createWorld(clusterOf(onLink('slow', { lagMs: 3_000 })));
  const version = await upTo(world, 'setSecret');
  expect(link(world)).toBe(newKey(world, version));
  expect(world.paused()).toEqual([]);
});

test('a pipeline that somebody starts meanwhile is journalled, then stopped, and started again', async () => {
  const world = createWorld(clusterOf(onLink('orders', { drainMs: 2_000 }), onLink('late', { state: 'Stopped' })));
  const version = await created(world);
  let started = false;
  world.faults = (_, name) => {
    if (name === 'lane.stop' && !started) {
      started = true;
      world.server().set(world.pipeline('analytics', 'late'), 'Running', 'somebody');
    }
    return undefined;
  };
  await call(world, 'setSecret', version);
  expect(story(world)).toEqual(['late:Running', 'orders:Stopped', 'late:Stopped', 'orders:Running', 'late:Running']);
  expect(link(world)).toBe(newKey(world, version));
});

test('a pipeline that is made in the middle of the pause is found by its definition', async () => {
  const world = createWorld(clusterOf(onLink('orders')));
  const version = await created(world);
  let made = false;
  world.faults = (_, name) => {
    if (name === 'lane.stop' && !made) {
      made = true;
      world.server().add(onLink('fresh'));
    }
    return undefined;
  };
  await call(world, 'setSecret', version);
  expect(link(world)).toBe(newKey(world, version));
  expect(world.pipelines().map(({ state }) => state)).toEqual(['Running', 'Running']);
});

test('pipelines that keep being started end the attempt, and everything runs', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const world = createWorld(clusterOf(onLink('orders'), ...names.map((name) => onLink(name, { state: 'Stopped' }))));
  const version = await created(world);
  world.faults = (_, name) => {
    const next = name === 'lane.stop' ? names.shift() : undefined;
    if (next !== undefined) world.server().set(world.pipeline('analytics', next), 'Running', 'somebody');
    return undefined;
  };
  expect((await failure(call(world, 'setSecret', version))).code).toBe('NEWCOMERS');
  expect(world.paused()).toEqual([]);
});

test.each(['lost', 'late', 'not-sent'] as const)(
  'an ALTER whose answer is %s is sent again, once its connection is gone',
  async (fault) => {
    const world = createWorld();
    const version = await created(world);
    let alters = 0;
    world.faults = (_, name) => (name === 'lane.alter' && ++alters === 1 ? fault : undefined);
    await call(world, 'setSecret', version);
    expect(alters).toBe(2);
    expect(link(world)).toBe(newKey(world, version));
    expect(world.paused()).toEqual([]);
  },
);

test('an ALTER that never answers: everything runs, and the record says that the link may hold either', async () => {
  const world = createWorld();
  const version = await created(world);
  world.faults = (_, name) => (name === 'lane.alter' ? 'lost' : undefined);
  expect((await failure(call(world, 'setSecret', version))).code).toBe('ALTER_UNANSWERED');
  expect(world.paused()).toEqual([]);
  const [record] = world.table.keys('link').map((key) => world.table.item('link', key));
  expect(record?.holds.map((held) => held.version)).toEqual([null, version]);
  world.faults = new Map();
  await call(world, 'setSecret', version);
  const [settled] = world.table.keys('link').map((key) => world.table.item('link', key));
  expect(settled?.holds.map((held) => held.version)).toEqual([version]);
});

test('a busy pipeline blocks its own link, and the other links are not held up', async () => {
  const other = qualified('sales', 'other');
  const world = createWorld({
    clusters: {
      '10.0.0.1:3306': {
        links: [{ name: analyticsLink }, { name: other }],
        pipelines: [onLink('orders'), { name: qualified('sales', 'invoices'), link: other, path: 'bucket/i/*' }],
      },
    },
    definition: {
      targets: [
        {
          connectionSecretId,
          links: [
            { database: 'analytics', all: true },
            { database: 'sales', link: 'other' },
          ],
        },
      ],
    },
  });
  const version = await created(world);
  world.pipeline('analytics', 'orders').state = 'Profiling';
  const error = await failure(call(world, 'setSecret', version));
  expect(error.code).toBe('PIPELINE_BUSY');
  expect(error.message).toContain('`analytics`.`orders` (Profiling)');
  expect(world.linkKeyId('sales', 'other')).toBe(newKey(world, version));
  world.pipeline('analytics', 'orders').state = 'Running';
  const before = world.transitions.length;
  await call(world, 'setSecret', version);
  expect(link(world)).toBe(newKey(world, version));
  expect(story(world).slice(before)).toEqual(['orders:Stopped', 'orders:Running']);
});

test('a running pipeline that hides its source pauses nothing on its cluster', async () => {
  const world = createWorld();
  const version = await created(world);
  world.pipeline('sales', 'invoices').definition = 'CREATE PIPELINE `invoices`';
  expect((await failure(call(world, 'setSecret', version))).code).toBe('SOURCE_HIDDEN');
  expect(world.transitions).toEqual([]);
});

test('without time for drain, change and resume nothing is paused', async () => {
  const world = createWorld();
  const version = await created(world);
  expect((await failure(call(world, 'setSecret', version, { seconds: 89 }))).code).toBe('TIME_SHORT');
  expect(world.transitions).toEqual([]);
});

test('two deliveries of one token: the second waits, and pauses nothing again', async () => {
  const world = createWorld();
  const version = await created(world);
  const twin = () => world.begin((run) => rotate({ type: 'rotation', step: 'setSecret', secretId, version }, run));
  await world.clock.run(Promise.all([twin(), twin()]));
  expect(story(world)).toEqual(['orders:Stopped', 'invoices:Stopped', 'orders:Running', 'invoices:Running']);
});

test('a second holder waits 40 s for the first one, then fails as held', async () => {
  const world = createWorld(clusterOf(onLink('endless', { drainMs: 55_000 })));
  const version = await created(world);
  const twin = () => world.begin((run) => rotate({ type: 'rotation', step: 'setSecret', secretId, version }, run));
  const first = twin();
  const second = world.clock.sleep(7_000).then(twin);
  const [a, b] = await world.clock.run(Promise.allSettled([first, second]));
  expect([a.status, b.status]).toEqual(['fulfilled', 'rejected']);
  expect(b.status === 'rejected' && (b.reason as Error).message).toContain('LEASE_HELD');
});

test('CONFIG keys that the secret decides are merged in the same ALTER, with the types of the link', async () => {
  const world = createWorld({
    clusters: {
      '10.0.0.1:3306': {
        links: [{ name: analyticsLink, config: '{"port":1,"region":"x"}' }],
        pipelines: [onLink('orders')],
      },
    },
    definition: {
      fields: {
        credentials: { aws_access_key_id: 'aws_access_key_id', aws_secret_access_key: 'aws_secret_access_key' },
        config: { port: 'port' },
      },
    },
  });
  const value = JSON.parse(world.link('analytics', 'analytics_link').credentials) as Record<string, string>;
  world.secrets.putByHand(secretId, world.newId(), JSON.stringify({ ...value, port: '2' }));
  await upTo(world, 'setSecret');
  expect(JSON.parse(world.link('analytics', 'analytics_link').config)).toEqual({ port: 2, region: 'x' });
  expect(Object.keys(JSON.parse(world.link('analytics', 'analytics_link').credentials) as object)).toEqual([
    'aws_access_key_id',
    'aws_secret_access_key',
  ]);
});

test('restartAfterCredentialError also starts what the credentials being replaced drove into Error', async () => {
  const world = createWorld({
    definition: { restartAfterCredentialError: true },
    ...clusterOf(onLink('orders'), onLink('failed', { loadMs: 100 })),
  });
  const current = world.linkKeyId('analytics', 'analytics_link') ?? '';
  world.keys.deny((keyId, bucket) => keyId === current && bucket === 'bucket');
  await world.pass(5_000);
  expect(world.pipelines().map(({ state }) => state)).toEqual(['Error', 'Error']);
  await upTo(world, 'setSecret');
  expect(world.pipelines().map(({ state }) => state)).toEqual(['Running', 'Running']);
});

test('2,000 pipelines: the names are journalled in chunks before the first STOP, and all run again', async () => {
  const many = Array.from({ length: 2_000 }, (_, n) => onLink(`p${n}`, { drainMs: 0 }));
  const world = createWorld({
    ...clusterOf(...many),
    definition: { limits: { ...definition.limits, connections: 32 } },
  });
  await upTo(world, 'setSecret');
  const first = world.transitions[0]?.at ?? 0;
  const promised = world.table.history.filter(({ kind, at }) => kind === 'set' && at <= first);
  expect(promised.map(({ json }) => (JSON.parse(json ?? '') as { members: unknown[] }).members.length)).toEqual([
    400, 400, 400, 400, 400,
  ]);
  expect(world.paused()).toEqual([]);
});

test('somebody tests a pipeline while it is paused: when the test is over and it falls back to Stopped, the watchdog starts it', async () => {
  const world = createWorld();
  const version = await created(world);
  let tested = false;
  world.faults = (_, name) => {
    if (name === 'lane.start' && !tested) {
      tested = true;
      world.server().set(world.pipeline('sales', 'invoices'), 'Testing', 'somebody');
    }
    return undefined;
  };
  await call(world, 'setSecret', version).catch(() => undefined);
  world.server().set(world.pipeline('sales', 'invoices'), 'Stopped', 'somebody');
  await world.pass(31_000);
  await world.run(recover);
  expect(world.paused()).toEqual([]);
});

test('a version that is promoted while setSecret begins is given to nobody, and no link is thought to hold it', async () => {
  const world = createWorld();
  const version = await created(world);
  const before = link(world);
  let read = 0;
  world.faults = (_, name) => {
    if (name === 'secrets.read' && (read += 1) === 2) world.secrets.labelByHand(secretId, 'AWSCURRENT', version);
    return undefined;
  };
  expect((await failure(call(world, 'setSecret', version))).code).toBe('LABEL_MOVED');
  expect(link(world)).toBe(before);
  expect(world.table.keys('link')).toEqual([]);
});
