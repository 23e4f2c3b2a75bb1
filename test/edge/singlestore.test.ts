import { inspect } from 'node:util';
import fc from 'fast-check';
import { Credentials } from '../../lambda/core/credentials';
import { qualified } from '../../lambda/core/names';
import { openClusters } from '../../lambda/edge/singlestore';
import type { Cluster, Lane, LinkChange } from '../../lambda/ports';
import { assumed, startSingleStore, type SingleStoreOptions, type SingleStoreStandIn } from '../standins/singlestore';

const canary = 'k3y\'s \\"secret"?';
const lake = qualified('analytics', 'lake');
const orders = qualified('analytics', 'orders');
const change: LinkChange = {
  link: lake,
  credentials: new Credentials(JSON.stringify({ aws_access_key_id: 'AKIANEW', aws_secret_access_key: canary })),
  grammar: 'alter',
  existing: { link: lake, type: 'S3', description: '', config: '{"region":"us-east-1"}' },
};

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A server with a link, a running pipeline on it, and a cluster open to it. */
async function cluster(
  options: SingleStoreOptions & { readonly lanes?: number; readonly user?: string } = {},
): Promise<{ server: SingleStoreStandIn; cluster: Cluster; lane: Lane }> {
  const { lanes = 1, user = 'root', ...settings } = options;
  const server = await startSingleStore(settings);
  opened.push(() => server.stop());
  await server.execute('CREATE DATABASE analytics');
  await server.execute('CREATE TABLE t (a INT)', 'analytics');
  await server.execute(`CREATE LINK analytics.lake AS S3 CREDENTIALS '{}' CONFIG '{"region":"us-east-1"}'`);
  await server.execute("CREATE PIPELINE orders AS LOAD DATA LINK lake 'bucket/orders' INTO TABLE t", 'analytics');
  await server.execute('START PIPELINE orders', 'analytics');
  if (user !== 'root') await server.execute(`CREATE USER '${user}'@'%' IDENTIFIED BY 'password'`);
  const of = await openClusters({ random: () => 'f00d' }).open(
    {
      host: server.host,
      port: server.port,
      username: user,
      password: new Credentials('password'),
      ca: server.ca,
      tls: true,
    },
    lanes,
  );
  opened.push(() => of.close());
  return { server, cluster: of, lane: of.lanes[0]! };
}

const sentBy = (server: SingleStoreStandIn, ...ids: readonly number[]): string[] =>
  server.statements.filter(({ connectionId }) => ids.includes(connectionId)).map(({ sql }) => sql);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test('opens one connection more than lanes, whose ids the server knows, and closes all', async () => {
  const { server, cluster: of } = await cluster({ lanes: 3 });
  expect(of.lanes).toHaveLength(3);
  expect(new Set(of.connections())).toEqual(new Set([...server.cluster.sessions.values()].map(({ id }) => id)));
  expect(of.connections()).toEqual(expect.arrayContaining(of.lanes.map(({ connectionId }) => connectionId)));
  await of.close();
  await until(() => server.cluster.sessions.size === 0);
});

describe('a change', () => {
  test('is done when the server says so', async () => {
    const { server, lane } = await cluster();
    expect(await lane.stop(orders, 5_000)).toEqual({ is: 'done' });
    expect(server.pipeline('analytics', 'orders')).toMatchObject({ state: 'Stopped' });
    expect(await lane.alter({ ...change, config: '{"region":"eu-west-1"}' }, 5_000)).toEqual({ is: 'done' });
    expect(server.link('analytics', 'lake')).toMatchObject({
      config: '{"region":"eu-west-1"}',
      credentials: { aws_access_key_id: 'AKIANEW', aws_secret_access_key: canary },
    });
    expect(await lane.start(orders, 5_000)).toEqual({ is: 'done' });
    expect(await lane.start(orders, 5_000)).toEqual({ is: 'done' });
    expect(server.pipeline('analytics', 'orders')).toMatchObject({ state: 'Running' });
  });

  test('arrives as it was written, whatever the credentials hold', async () => {
    const { server, lane } = await cluster();
    await lane.stop(orders, 5_000);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), async (value) => {
        const json = JSON.stringify({ ...value });
        expect(await lane.alter({ ...change, credentials: new Credentials(json) }, 5_000)).toEqual({ is: 'done' });
        expect(JSON.stringify(server.link('analytics', 'lake')?.credentials)).toBe(JSON.stringify(JSON.parse(json)));
      }),
      { numRuns: 50 },
    );
  });

  test('that the server refuses is refused with its number, and the lane lives on', async () => {
    const { lane } = await cluster();
    const { errno } = assumed.alterLinkWhileRunning('', '');
    expect(await lane.alter(change, 5_000)).toEqual({ is: 'refused', errno });
    expect(lane.alive).toBe(true);
  });

  test('that the user may not make names the GRANT that is missing', async () => {
    const { lane } = await cluster({ user: 'rotator' });
    const missing = { is: 'refused', errno: 1142 };
    const start = "GRANT START PIPELINE ON `analytics`.* TO 'rotator'@'%'";
    expect(await lane.stop(orders, 5_000)).toEqual({ ...missing, grant: start });
    expect(await lane.start(orders, 5_000)).toEqual({ ...missing, grant: start });
    expect(await lane.alter(change, 5_000)).toEqual({
      ...missing,
      grant: "GRANT SHOW LINK, CREATE LINK ON `analytics`.* TO 'rotator'@'%'",
    });
  });

  test.each(['drop-before', 'drop-after'] as const)(
    'whose connection breaks (%s) is unknown, and so is every later one, unsent',
    async (fault) => {
      const { server, lane } = await cluster({ onStatement: ({ sql }) => (sql.startsWith('STOP') ? fault : 'ok') });
      expect(await lane.stop(orders, 5_000)).toEqual({ is: 'unknown' });
      expect(server.pipeline('analytics', 'orders')?.state).toBe(fault === 'drop-after' ? 'Stopped' : 'Running');
      const sent = server.statements.length;
      expect(lane.alive).toBe(false);
      expect(await lane.start(orders, 5_000)).toEqual({ is: 'unknown' });
      expect(await lane.alter(change, 5_000)).toEqual({ is: 'unknown' });
      expect(server.statements).toHaveLength(sent);
    },
  );

  test.each([
    [1053, '08S01'],
    [1317, '70100'],
    [1927, '70100'],
    [2013, 'HY000'],
    [9999, '08007'],
    [9999, '70100'],
  ])('that ends with error %i (%s) is unknown: it may have been done', async (errno, sqlState) => {
    const { lane } = await cluster({
      onStatement: ({ sql }) => (sql.startsWith('STOP') ? { errno, sqlState, message: '' } : 'ok'),
    });
    expect(await lane.stop(orders, 5_000)).toEqual({ is: 'unknown' });
    expect(lane.alive).toBe(false);
  });

  test.each(['70000', '42000', 'HY000'])('that ends with SQLSTATE %s is refused', async (sqlState) => {
    const { lane } = await cluster({
      onStatement: ({ sql }) => (sql.startsWith('STOP') ? { errno: 9999, sqlState, message: '' } : 'ok'),
    });
    expect(await lane.stop(orders, 5_000)).toEqual({ is: 'refused', errno: 9999 });
    expect(lane.alive).toBe(true);
  });

  test('without an answer in time is unknown; the server may be at it still, until it is told to kill it', async () => {
    const { server, cluster: of, lane } = await cluster({ batchMs: 60_000 });
    await until(() => server.pipeline('analytics', 'orders')!.run?.batchId !== undefined);
    expect(await lane.stop(orders, 50)).toEqual({ is: 'unknown' });
    expect(lane.alive).toBe(false);
    expect(await of.present([lane.connectionId])).toEqual([lane.connectionId]);
    await of.kill(lane.connectionId);
    expect(await of.present([lane.connectionId])).toEqual([]);
  });

  test('waits for the one before it on its lane, and only its own time counts', async () => {
    const { server, lane } = await cluster({
      onStatement: ({ sql }) => (sql.startsWith('STOP') ? { delayMs: 100 } : 'ok'),
    });
    const [stopped, started] = await Promise.all([lane.stop(orders, 5_000), lane.start(orders, 90)]);
    expect([stopped, started]).toEqual([{ is: 'done' }, { is: 'done' }]);
    expect(server.pipeline('analytics', 'orders')?.state).toBe('Running');
  });

  test('blocked behind a batch is unknown once its connection is killed, and the server has it no more', async () => {
    const { server, cluster: of, lane } = await cluster({ batchMs: 60_000, lanes: 2 });
    await until(() => server.pipeline('analytics', 'orders')!.run?.batchId !== undefined);
    const stopping = lane.stop(orders, 60_000);
    await until(() => sentBy(server, lane.connectionId).some((sql) => sql.startsWith('STOP')));
    expect(await of.present([lane.connectionId])).toEqual([lane.connectionId]);
    await of.kill(lane.connectionId);
    expect(await stopping).toEqual({ is: 'unknown' });
    await of.kill(lane.connectionId);
    expect(await of.present(of.connections())).toEqual(of.connections().filter((id) => id !== lane.connectionId));
  });

  test('shows no secret, though the server quotes it in its answer', async () => {
    const { server, cluster: of, lane } = await cluster({ version: '8.9' });
    const outcome = await lane.alter(change, 5_000);
    expect(outcome).toEqual({ is: 'refused', errno: 1064 });
    expect(server.statements.at(-1)).toMatchObject({ parsed: false });
    expect(inspect([outcome, lane, of], { depth: 20, showHidden: true })).not.toMatch(/k3y|AKIANEW/);
  });
});

describe('connections', () => {
  test('that break are replaced by new ones, the others stay', async () => {
    const { server, cluster: of } = await cluster({ lanes: 2 });
    const [first, second] = of.lanes;
    const watch = of.connections()[0]!;
    await server.execute(`KILL CONNECTION ${first!.connectionId}`);
    await server.execute(`KILL CONNECTION ${watch}`);
    await until(() => !first!.alive);
    await expect(of.pipelines()).rejects.toThrow(/^CONNECTION_LOST: no answer to: SELECT DATABASE_NAME/);
    await of.reopen();
    expect(of.lanes[1]).toBe(second);
    expect(of.lanes.every(({ alive }) => alive)).toBe(true);
    expect(of.connections()).not.toEqual(expect.arrayContaining([watch]));
    expect(of.connections()).toHaveLength(3);
    expect(await of.lanes[0]!.stop(orders, 5_000)).toEqual({ is: 'done' });
    expect(await of.pipelines()).toMatchObject([{ pipeline: orders, state: 'Stopped' }]);
    const known = of.connections();
    await of.reopen();
    expect(of.connections()).toEqual(known);
  });

  test('of other users are not ours', async () => {
    const { server, cluster: of } = await cluster();
    await server.execute("CREATE USER 'other'@'%' IDENTIFIED BY 'password'");
    const { host, port, ca } = server;
    const password = new Credentials('password');
    const theirs = await openClusters({ random: () => '' }).open(
      { host, port, ca, password, username: 'other', tls: true },
      0,
    );
    opened.push(() => theirs.close());
    expect(await of.present([...theirs.connections(), ...of.connections(), 4711])).toEqual(of.connections());
  });
});

describe('definitions', () => {
  const names: readonly (readonly [string, string])[] = [
    ['analytics', 'orders'],
    ['shop`s', 'shop.orders'],
    ['shop`s', "o'brien"],
    ['シop', 'pipe`line'],
    ['analytics', 'SELECT *'],
  ];
  const pipelines = names.map(([database, name]) => qualified(database, name));

  async function manyPipelines(options: SingleStoreOptions & { readonly lanes?: number } = {}) {
    const world = await cluster(options);
    for (const [database, name] of names.slice(1)) {
      const quoted = (id: string) => `\`${id.replaceAll('`', '``')}\``;
      await world.server.execute(`CREATE DATABASE IF NOT EXISTS ${quoted(database)}`);
      await world.server.execute('CREATE TABLE IF NOT EXISTS t (a INT)', database);
      await world.server.execute(
        `CREATE PIPELINE ${quoted(name)} AS LOAD DATA LINK analytics.lake 'of ${database}' INTO TABLE t`,
        database,
      );
    }
    return world;
  }

  test('are read in their own databases, by any name, over all lanes', async () => {
    const { server, cluster: of } = await manyPipelines({ lanes: 2 });
    const listed = (await of.pipelines()).map(({ pipeline }) => pipeline);
    expect(listed.sort()).toEqual([...pipelines].sort());
    const definitions = await of.definitions(listed);
    expect([...definitions.keys()].sort()).toEqual([...pipelines].sort());
    for (const [database, name] of names.slice(1))
      expect(definitions.get(qualified(database, name))).toMatch(
        new RegExp(`LINK (analytics\\.)?lake 'of ${database}'`),
      );
    for (const { connectionId } of of.lanes)
      expect(sentBy(server, connectionId).filter((sql) => sql.startsWith('SHOW')).length).toBeGreaterThan(0);
  });

  test('cost one USE for each database that a lane comes to', async () => {
    const { server, cluster: of, lane } = await manyPipelines();
    await of.definitions(pipelines);
    expect(sentBy(server, lane.connectionId).filter((sql) => sql.startsWith('USE'))).toHaveLength(3);
  });

  test('asked for twice at once are not mixed up', async () => {
    const { cluster: of } = await manyPipelines();
    const [one, other] = await Promise.all([of.definitions(pipelines), of.definitions([...pipelines].reverse())]);
    for (const pipeline of pipelines) expect(other.get(pipeline)).toBe(one.get(pipeline));
  });

  test('leave out a pipeline that is dropped meanwhile', async () => {
    const { server, cluster: of } = await manyPipelines();
    await server.execute('DROP PIPELINE `shop.orders`', 'shop`s');
    await server.execute('DROP DATABASE `シop`');
    expect([...(await of.definitions(pipelines)).keys()].sort()).toEqual(
      [pipelines[0]!, pipelines[2]!, pipelines[4]!].sort(),
    );
  });

  test.each([
    [
      1142,
      /^PRIVILEGE_MISSING: .*SHOW CREATE PIPELINE `shop``s`.`o'brien`\. .* GRANT SHOW PIPELINE ON `shop``s`\.\* TO/,
    ],
    [
      1105,
      /^STATEMENT_REFUSED: .*SHOW CREATE PIPELINE `shop``s`.`o'brien` \(error 1105, SQLSTATE HY000\)\. It was not done/,
    ],
  ])('that the server refuses with %i while it lists the pipeline are an error', async (errno, message) => {
    const { cluster: of } = await manyPipelines({
      onStatement: ({ sql }) => (/SHOW.*brien/.test(sql) ? { errno, sqlState: 'HY000', message: 'no' } : 'ok'),
    });
    await expect(of.definitions(pipelines)).rejects.toThrow(message);
  });

  test('are finished by the other lanes when one breaks, and fail when none is left', async () => {
    let breaking = 1;
    const { cluster: of } = await manyPipelines({
      lanes: 2,
      onStatement: ({ sql }) => (sql.startsWith('SHOW CREATE') && breaking-- > 0 ? 'drop-before' : 'ok'),
    });
    expect((await of.definitions(pipelines)).size).toBe(pipelines.length);
    breaking = 1;
    await expect(of.definitions(pipelines)).rejects.toThrow(/^CONNECTION_LOST: /);
  });
});

describe('the grammar', () => {
  test.each([
    ['9.1', 'alter'],
    ['9.0', 'replace'],
    ['8.9', null],
  ] as const)(
    'of version %s is %s; asking has no effect, holds no secret and is done once',
    async (version, grammar) => {
      const { server, cluster: of } = await cluster({ version });
      const links = server.cluster.links;
      expect(await of.grammar(change.existing)).toBe(grammar);
      expect(server.cluster.links).toBe(links);
      const asked = server.statements.length;
      expect(await of.grammar(change.existing)).toBe(grammar);
      expect(server.statements).toHaveLength(asked);
    },
  );

  test('of a server that knows CREATE OR REPLACE LINK is used to change a link as a whole', async () => {
    const { server, lane } = await cluster({ version: '9.0' });
    await lane.stop(orders, 5_000);
    const existing = { ...change.existing, description: "the lake's" };
    expect(await lane.alter({ ...change, grammar: 'replace', existing }, 5_000)).toEqual({ is: 'done' });
    expect(server.link('analytics', 'lake')).toMatchObject({
      description: "the lake's",
      config: '{"region":"us-east-1"}',
      credentials: { aws_secret_access_key: canary },
    });
  });

  test('that the user may not use is an error with the GRANT', async () => {
    const { cluster: of } = await cluster({ user: 'rotator' });
    await expect(of.grammar(change.existing)).rejects.toThrow(
      /^PRIVILEGE_MISSING: .*GRANT SHOW LINK, CREATE LINK ON `analytics`\.\* TO 'rotator'@'%'$/,
    );
  });
});
