import { Credentials } from '../../lambda/core/credentials';
import { qualified } from '../../lambda/core/names';
import { sourceOf } from '../../lambda/core/pipeline';
import type { Cluster, Invocation, Lane, LinkChange } from '../../lambda/ports';
import { Death } from './points';
import { analyticsLink, clusterId, connectionSecretId, userName } from './scenario';
import { createWorld } from './world';

const orders = qualified('analytics', 'orders');
const invoices = qualified('sales', 'invoices');
const archive = qualified('analytics', 'archive');
const minute = 60_000;
const done = { is: 'done' };
const unknown = { is: 'unknown' };

async function open({ secrets, clusters }: Invocation, lanes = 2): Promise<Cluster & { readonly lanes: Lane[] }> {
  const secret = await secrets.read(connectionSecretId, { label: 'AWSCURRENT' });
  const { host, port, username, password } = JSON.parse(secret!.value.reveal()) as Record<string, string>;
  const connection = { host: host!, port: Number(port), username: username!, password: new Credentials(password!) };
  return (await clusters.open({ ...connection, tls: true }, lanes)) as Cluster & { readonly lanes: Lane[] };
}

const change = (credentials: object, link = analyticsLink): LinkChange => ({
  ...{ link, grammar: 'alter', credentials: new Credentials(JSON.stringify(credentials)) },
  existing: { link, type: 'S3', description: '', config: '{}' },
});

test('only the right password logs in, and only where there is a cluster', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const connection = { host: '10.0.0.1', port: 3306, username: 'rotator', password: new Credentials('x'), tls: true };
    const { clusters } = invocation;
    await expect(clusters.open(connection, 1)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
    await expect(clusters.open({ ...connection, port: 1 }, 1)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
    const cluster = await open(invocation, 3);
    expect([cluster.id, cluster.lanes.length, cluster.connections().length]).toEqual([clusterId, 3, 4]);
    expect(await cluster.present(cluster.connections())).toEqual(cluster.connections());
    await cluster.close();
  });
  expect(world.server().processList()).toEqual([]);
});

test('the definitions show the link, and a dropped pipeline is missing', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    world.server().pipelines.delete(archive);
    const definitions = await cluster.definitions([orders, archive]);
    expect([...definitions.keys()]).toEqual([orders]);
    expect(definitions.get(orders)).toBe(
      "CREATE PIPELINE `orders` AS LOAD DATA LINK `analytics`.`analytics_link` 'bucket/orders/*' INTO TABLE `t`",
    );
    expect(sourceOf(definitions.get(orders)!, 'analytics')).toMatchObject({ through: 'link', link: analyticsLink });
  });
});

test('ALTER LINK is refused while a pipeline of another database runs through the link', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const [lane] = (await open(invocation)).lanes;
    expect(await lane!.stop(orders, minute)).toEqual(done);
    expect(await lane!.alter(change({ a: 1 }), minute)).toEqual({ is: 'refused', errno: 2470 });
    expect(await lane!.stop(invoices, minute)).toEqual(done);
    expect(await lane!.alter(change({ a: 1 }, qualified('sales', 'x')), minute)).toEqual({
      is: 'refused',
      errno: 2332,
    });
    expect(await lane!.alter(change({ a: 1 }), minute)).toEqual(done);
  });
  expect(world.link('analytics', 'analytics_link').credentials).toBe('{"a":1}');
});

test.each(['Running...Foreground', 'Testing', 'Profiling'])('ALTER LINK is refused in state %s, too', async (state) => {
  const world = createWorld();
  for (const pipeline of world.pipelines()) world.server().set(pipeline, 'Stopped', 'somebody');
  world.server().set(world.pipeline('sales', 'returns'), state, 'somebody');
  await world.run(async (invocation) => {
    const [lane] = (await open(invocation)).lanes;
    expect(await lane!.alter(change({}), minute)).toEqual({ is: 'refused', errno: 2470 });
  });
});

test('STOP takes as long as the batch; lanes work side by side, one lane in turn', async () => {
  const world = createWorld();
  world.pipeline('analytics', 'orders').drainMs = 20_000;
  world.pipeline('sales', 'invoices').drainMs = 20_000;
  const began = world.clock.now();
  const took = (both: (lanes: readonly Lane[]) => Promise<unknown>): Promise<number> =>
    world.run(async (invocation) => {
      const { lanes } = await open(invocation);
      const before = world.clock.now();
      await both(lanes);
      return Math.round((world.clock.now() - before) / 1000);
    });
  expect(await took(([a, b]) => Promise.all([a!.stop(orders, minute), b!.stop(invoices, minute)]))).toBe(20);
  await took(([a]) => Promise.all([a!.start(orders, minute), a!.start(invoices, minute)]));
  expect(await took(([a]) => Promise.all([a!.stop(orders, minute), a!.stop(invoices, minute)]))).toBe(40);
  const states = world.transitions.filter(({ at, by }) => at >= began && by !== 'server').map(({ to }) => to);
  expect(states).toEqual(['Stopped', 'Stopped', 'Running', 'Running', 'Stopped', 'Stopped']);
});

test('STATE may follow after STOP has answered', async () => {
  const world = createWorld();
  world.pipeline('analytics', 'orders').lagMs = 2_000;
  await world.run(async (invocation) => {
    expect(await (await open(invocation)).lanes[0]!.stop(orders, minute)).toEqual(done);
    expect(world.pipeline('analytics', 'orders').state).toBe('Running');
    await invocation.clock.sleep(2_000);
    expect(world.paused()).toEqual([orders]);
  });
});

test('a STOP that is not answered in time goes on without its caller, and its lane is dead', async () => {
  const world = createWorld();
  world.pipeline('analytics', 'orders').drainMs = 30_000;
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    const [lane] = cluster.lanes;
    expect(await lane!.stop(orders, 10_000)).toEqual(unknown);
    const sent = world.points.length;
    expect([lane!.alive, await lane!.start(orders, minute)]).toEqual([false, unknown]);
    expect(world.points).toHaveLength(sent);
    await cluster.reopen();
    expect(cluster.lanes[0]!.alive).toBe(true);
    expect(cluster.connections()).not.toContain(lane!.connectionId);
    expect(await cluster.present([lane!.connectionId])).toEqual([lane!.connectionId]);
  });
  await world.pass(30_000);
  expect(world.pipeline('analytics', 'orders').state).toBe('Stopped');
});

test.each([
  ['cancelled', false, 'Running'],
  ['finishes', true, 'Stopped'],
  ['outlives', false, 'Stopped'],
] as const)('a killed STOP that %s', async (killedStop, presentMeanwhile, stateAtTheEnd) => {
  const world = createWorld();
  world.server().killedStop = killedStop;
  world.pipeline('analytics', 'orders').drainMs = 30_000;
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    const [lane] = cluster.lanes;
    const stop = lane!.stop(orders, minute);
    await invocation.clock.sleep(5_000);
    await cluster.kill(lane!.connectionId);
    await cluster.kill(lane!.connectionId);
    expect(await stop).toEqual(unknown);
    await invocation.clock.sleep(5_000);
    expect((await cluster.present([lane!.connectionId])).length > 0).toBe(presentMeanwhile);
    await invocation.clock.sleep(30_000);
    expect(await cluster.present([lane!.connectionId])).toEqual([]);
  });
  expect(world.pipeline('analytics', 'orders').state).toBe(stateAtTheEnd);
});

test('a late ALTER on a connection that was killed meanwhile changes nothing', async () => {
  const world = createWorld();
  for (const pipeline of world.pipelines()) world.server().set(pipeline, 'Stopped', 'somebody');
  world.faults = (_, name) => (name === 'lane.alter' ? 'late' : undefined);
  const before = world.link('analytics', 'analytics_link').credentials;
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    expect(await cluster.lanes[0]!.alter(change({ a: 1 }), minute)).toEqual(unknown);
    await cluster.kill(cluster.lanes[0]!.connectionId);
  });
  await world.pass(minute);
  expect(world.link('analytics', 'analytics_link').credentials).toBe(before);
});

test('after START a batch loads with the credentials of the link, and then one every interval', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    const [lane] = cluster.lanes;
    await lane!.start(archive, minute);
    const before = (await cluster.batches()).get(archive);
    await invocation.clock.sleep(600);
    expect((await cluster.batches()).get(archive)).toEqual({ ended: 11, succeeded: 11 });
    await invocation.clock.sleep(10_000);
    expect([before, (await cluster.batches()).get(archive)!.succeeded]).toEqual([{ ended: 10, succeeded: 10 }, 21]);
  });
});

test('with a key that is not accepted the batch fails, the pipeline goes into Error, and the error is news', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    const mark = await cluster.newestError();
    expect(mark).toBeGreaterThan(0);
    await invocation.keys.deactivate(userName, world.linkKeyId('analytics', 'analytics_link')!);
    await invocation.clock.sleep(2_000);
    const news = await cluster.errorsAfter(mark);
    expect(news.map(({ pipeline, code }) => [pipeline, code])).toEqual([
      [orders, 1933],
      [invoices, 1933],
    ]);
    expect(news[0]!.message.reveal()).toContain('InvalidAccessKeyId');
    expect(await cluster.pipelines()).toContainEqual(expect.objectContaining({ pipeline: orders, state: 'Error' }));
  });
  expect(world.paused()).toEqual([orders, invoices]);
});

test('a pipeline with nothing to read leaves no batches, and one that does not stop on errors runs on', async () => {
  const world = createWorld();
  world.pipeline('analytics', 'orders').idle = true;
  Object.assign(world.pipeline('sales', 'invoices'), { stopOnError: false, fault: { code: 1, message: 'x' } });
  await world.pass(5_000);
  expect(world.pipeline('analytics', 'orders').ended).toBe(10);
  expect(world.pipeline('sales', 'invoices')).toMatchObject({ state: 'Running', ended: 15, succeeded: 10 });
});

test('the connections of a dead process stay until they are killed', async () => {
  const world = createWorld();
  world.faults = (_, name) => (name === 'lane.stop' ? 'dies' : undefined);
  const dying = async (invocation: Invocation): Promise<unknown> =>
    (await open(invocation)).lanes[0]!.stop(orders, minute);
  await expect(world.run(dying)).rejects.toThrow(Death);
  expect(world.paused()).toEqual([orders]);
  const left = world.server().processList();
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    for (const connection of left) await cluster.kill(connection);
    await invocation.clock.sleep(world.server().killMs);
    expect(await cluster.present(left)).toEqual([]);
  });
});

test('a reading call without an answer costs the watching connection, until it is reopened', async () => {
  const world = createWorld();
  world.faults = new Map([[3, 'lost']]);
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    await expect(cluster.pipelines()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(cluster.pipelines()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await cluster.reopen();
    expect(await cluster.pipelines()).toHaveLength(4);
  });
});

test('reading on a connection that was killed is a lost connection, until it is reopened', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    for (const connection of cluster.connections()) world.server().kill(connection);
    await expect(cluster.pipelines()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await cluster.reopen();
    expect(await cluster.pipelines()).toHaveLength(4);
  });
});

test('a server says how its links are changed, or that this user may not', async () => {
  const world = createWorld();
  await world.run(async (invocation) => {
    const cluster = await open(invocation);
    expect(await cluster.grammar(change({}).existing)).toBe('alter');
    world.server().grammar = null;
    expect(await cluster.grammar(change({}).existing)).toBeNull();
    world.server().grammar = 'denied';
    await expect(cluster.grammar(change({}).existing)).rejects.toMatchObject({ code: 'PRIVILEGE_MISSING' });
  });
});
