import { Credentials } from '../../lambda/core/credentials';
import { qualified } from '../../lambda/core/names';
import { openClusters } from '../../lambda/edge/singlestore';
import type { Cluster } from '../../lambda/ports';
import { startSingleStore, type SingleStoreStandIn } from '../standins/singlestore';
import { lineTo, placesIn, type Line } from './severed';

const lake = qualified('analytics', 'lake');
const orders = qualified('analytics', 'orders');
const clicks = qualified('analytics', 'clicks');
const unknown = { is: 'unknown' };

let server: SingleStoreStandIn;
let line: Line;
let cluster: Cluster;
/** What becomes of the next statement like this, instead of being run and answered; a number: so much of its answer arrives. */
let fault: { readonly statement: RegExp; readonly verdict: 'drop-before' | 'drop-after' | number } | undefined;
const sever = (statement: RegExp, afterBytes: number) => (fault = { statement, verdict: afterBytes });

beforeEach(async () => {
  fault = undefined;
  server = await startSingleStore({
    tls: false,
    onStatement: ({ sql, connectionId }) => {
      if (fault?.statement.test(sql) !== true) return 'ok';
      const { verdict } = fault;
      fault = undefined;
      if (typeof verdict !== 'number') return verdict;
      line.breakAtAnswer(connectionId, verdict);
      return 'ok';
    },
  });
  await server.execute('CREATE DATABASE analytics');
  await server.execute('CREATE TABLE t (a INT)', 'analytics');
  await server.execute(`CREATE LINK analytics.lake AS S3 CREDENTIALS '{"aws_access_key_id":"AKIAOLD"}'`);
  for (const name of ['orders', 'clicks'])
    await server.execute(`CREATE PIPELINE ${name} AS LOAD DATA LINK lake '${name}' INTO TABLE t`, 'analytics');
  line = await lineTo(server);
  const secret = { host: '127.0.0.1', username: 'root', password: new Credentials('password'), tls: false };
  cluster = await openClusters({ random: () => 'f00d' }).open({ ...secret, port: line.port }, 1);
});
afterEach(async () => {
  await cluster.close();
  await server.stop();
  await line.close();
});

const lane = () => cluster.lanes[0]!;
const stateOf = async () => (await cluster.pipelines()).find(({ pipeline }) => pipeline === orders)?.state;
const keyInLink = () => server.link('analytics', 'lake')?.credentials['aws_access_key_id'];

/** A statement that changes something: how it begins, how it is sent, what was so before it and is so after it. */
interface Change {
  readonly statement: RegExp;
  readonly first?: string;
  readonly send: () => Promise<unknown>;
  readonly read: () => unknown;
  readonly before: unknown;
  readonly after: unknown;
}

const changes: readonly (readonly [string, Change])[] = [
  [
    'STOP PIPELINE',
    {
      statement: /STOP PIPELINE/,
      first: 'START PIPELINE orders',
      send: () => lane().stop(orders, 5_000),
      read: stateOf,
      before: 'Running',
      after: 'Stopped',
    },
  ],
  [
    'START PIPELINE',
    {
      statement: /START PIPELINE/,
      send: () => lane().start(orders, 5_000),
      read: stateOf,
      before: 'Stopped',
      after: 'Running',
    },
  ],
  [
    'ALTER LINK',
    {
      statement: /ALTER LINK/,
      send: () =>
        lane().alter(
          {
            link: lake,
            credentials: new Credentials('{"aws_access_key_id":"AKIANEW"}'),
            grammar: 'alter',
            existing: { link: lake, type: 'S3', description: '', config: '{}' },
          },
          5_000,
        ),
      read: keyInLink,
      before: 'AKIAOLD',
      after: 'AKIANEW',
    },
  ],
];

describe.each(changes)('%s on a connection that dies', (_, { statement, first, send, read, before, after }) => {
  beforeEach(() => first === undefined || server.execute(first, 'analytics'));

  test.each([
    ['drop-before', before],
    ['drop-after', after],
  ] as const)('(%s) is unknown; what became of it is read over a new one', async (verdict, state) => {
    fault = { statement, verdict };
    expect(await send()).toEqual(unknown);
    expect(lane().alive).toBe(false);
    await cluster.reopen();
    expect(await read()).toBe(state);
    expect(await send()).toEqual({ is: 'done' });
    expect(await read()).toBe(after);
  });

  test('within its answer is unknown, wherever the answer ends', async () => {
    sever(statement, Infinity);
    expect(await send()).toEqual({ is: 'done' });
    expect(line.answer.length).toBeGreaterThan(4);
    for (let bytes = 0; bytes < line.answer.length; bytes++) {
      sever(statement, bytes);
      expect([bytes, await send()]).toEqual([bytes, unknown]);
      await cluster.reopen();
      expect(await read()).toBe(after);
    }
  });
});

let asked = 0;
/** Each question about the grammar is for another database: the answer is kept. */
async function grammar() {
  const database = `db${(asked += 1)}`;
  await server.execute(`CREATE DATABASE ${database}`);
  return cluster.grammar({ link: qualified(database, 'lake'), type: 'S3', description: '', config: '{}' });
}
describe.each<[string, RegExp, () => Promise<unknown>]>([
  ['the list of links', /FROM information_schema.LINKS/, () => cluster.links('analytics')],
  ['the list of pipelines', /PIPELINE_ID, CREATE_TIME FROM information_schema.PIPELINES$/, () => cluster.pipelines()],
  ['SHOW CREATE PIPELINE', /SHOW CREATE PIPELINE `orders`/, () => cluster.definitions([orders, clicks])],
  ['the newest batches', /GROUP BY DATABASE_NAME/, () => cluster.batches()],
  ['the newest error', /MAX\(ERROR_UNIX_TIMESTAMP\)/, () => cluster.newestError()],
  ['the errors', /WHERE ERROR_UNIX_TIMESTAMP/, () => cluster.errorsAfter(0)],
  ['SHOW PROCESSLIST', /SHOW PROCESSLIST/, () => cluster.present(cluster.connections())],
  ['the question for ALTER LINK', /ALTER LINK `\w+`.`probe_f00d`/, grammar],
  ['the question for a privilege', /SHOW LINKS/, () => cluster.lacks('SHOW LINK', 'analytics')],
  ['SHOW DATABASES', /SHOW DATABASES/, () => cluster.databases()],
  ['SHOW FUNCTIONS', /SHOW FUNCTIONS/, () => cluster.functions('analytics')],
  ['KILL CONNECTION', /KILL CONNECTION/, () => cluster.kill(424242)],
])('%s on a connection that dies', (_, statement, ask) => {
  test.each(['drop-before', 'drop-after'] as const)('(%s) is no answer', async (verdict) => {
    fault = { statement, verdict };
    await expect(ask()).rejects.toThrow(/^CONNECTION_LOST/);
    await cluster.reopen();
    await ask();
  });

  test('within its answer is no answer, however much of it has come', async () => {
    sever(statement, Infinity);
    await ask();
    const places = placesIn(line.answer);
    for (const bytes of places) {
      await cluster.reopen();
      sever(statement, bytes);
      await expect(ask().then(() => `an answer from ${bytes} bytes`)).rejects.toThrow(/^CONNECTION_LOST/);
    }
    await cluster.reopen();
    await ask();
  });
});

test('a connection to be killed is looked for after a KILL without an answer: it may live on or be gone', async () => {
  for (const [verdict, left] of [
    ['drop-before', 1],
    ['drop-after', 0],
  ] as const) {
    const victim = lane().connectionId;
    fault = { statement: /KILL CONNECTION/, verdict };
    await expect(cluster.kill(victim)).rejects.toThrow(/^CONNECTION_LOST/);
    await cluster.reopen();
    expect(await cluster.present([victim])).toHaveLength(left);
  }
});
