import { recover } from '../lambda/steps/recover';
import { SocketWorld } from './edge/socketWorld';
import { assumed } from './standins/singlestore/assumed';
import type { Verdict } from './standins/singlestore';
import { call, upTo } from './steps/driving';

jest.setTimeout(60_000); // sockets in real time: a busy machine is slow, not wrong

/*
 * Over sockets, at the stand-in of SingleStore: somebody makes a pipeline anew that we have stopped.
 */

let world: SocketWorld;
beforeEach(async () => (world = await SocketWorld.open({ tls: false })));
afterEach(async () => {
  jest.restoreAllMocks();
  await world.stop();
});

const create = (how: string): string =>
  `${how} PIPELINE analytics.orders AS LOAD DATA LINK analytics_link 'bucket/orders/' BATCH_INTERVAL 5 INTO TABLE t`;
const dropAndCreate = ['DROP PIPELINE analytics.orders', create('CREATE')];
const orReplace = [create('CREATE OR REPLACE')];

/** Somebody runs these once `orders` is stopped, just before we are told so. */
function onceStopped(statements: readonly string[]): void {
  let left = [...statements];
  world.onStatement = async ({ sql }): Promise<Verdict> => {
    if (left.length === 0 || !/PIPELINE_ID.* FROM information_schema.PIPELINES$/.test(sql)) return 'ok';
    if (world.states()['analytics.orders'] !== 'Stopped') return 'ok';
    const now = left;
    left = [];
    for (const statement of now) await world.singlestore.execute(statement);
    return 'ok';
  };
}
const started = (): number =>
  world.singlestore.statements.filter(({ sql }) => /^START PIPELINE.*`orders`/.test(sql)).length;

/** Somebody runs these in the pause, behind our look at it: the first ALTER gets no answer, so there is another look. */
function behindTheLook(statements: readonly string[]): void {
  let left = [...statements];
  world.onStatement = async ({ sql }): Promise<Verdict> => {
    if (left.length === 0 || !sql.startsWith('ALTER LINK `analytics`.`analytics_link`')) return 'ok';
    const now = left;
    left = [];
    for (const statement of now) await world.singlestore.execute(statement);
    return 'drop-before';
  };
}

test('what was dropped and made anew behind our look is left Stopped; the others run, and the rotation is done', async () => {
  behindTheLook(dropAndCreate);
  const before = started();
  const version = await upTo(world, 'finishSecret');
  expect(world.states()).toMatchObject({ 'analytics.orders': 'Stopped', 'sales.invoices': 'Running' });
  expect(started()).toBe(before);
  expect(world.label('AWSCURRENT')).toBe(version);
  expect(world.logs.map(({ action }) => action)).toContain('pipelines-remade');
});

test('what was made anew between our STOP and our look is started', async () => {
  onceStopped(dropAndCreate);
  await upTo(world, 'finishSecret');
  expect(world.states()).toMatchObject({ 'analytics.orders': 'Running', 'sales.invoices': 'Running' });
});

test('after a death in the pause the watchdog starts it, too: nobody knows what the dead run sent', async () => {
  const version = await upTo(world, 'createSecret');
  let altered = false;
  world.onStatement = ({ sql }) => {
    const alters = sql.startsWith('ALTER LINK `analytics`.`analytics_link`');
    altered ||= alters;
    return alters ? 'drop-before' : 'ok';
  };
  world.faults = (_, name) => (altered && name === 'table.write' ? 'dies' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  expect(world.states()).toMatchObject({ 'analytics.orders': 'Stopped', 'sales.invoices': 'Stopped' });
  world.onStatement = () => 'ok';
  world.faults = new Map();
  for (const statement of dropAndCreate) await world.singlestore.execute(statement);
  await world.pass(31_000);
  expect((await world.run(recover)).leftPaused).toEqual([]);
  expect(world.states()).toMatchObject({ 'analytics.orders': 'Running', 'sales.invoices': 'Running' });
});

test.each([
  ['keeps its id: it is the one that we stopped, and is started', true, 'Running'],
  ['is given another id: it is not the one that we stopped, and is left', false, 'Stopped'],
])('what OR REPLACE alters behind our look and %s', async (_, keeps, state) => {
  jest.replaceProperty(assumed, 'orReplaceKeepsPipelineId', keeps);
  behindTheLook(orReplace);
  await upTo(world, 'finishSecret');
  expect(world.states()).toMatchObject({ 'analytics.orders': state, 'sales.invoices': 'Running' });
});

test('the pause holds no more questions for it: one between the last STOP and ALTER, none before START', async () => {
  await upTo(world, 'setSecret');
  const said = world.singlestore.statements.map(({ sql }) => sql);
  const pause = said.slice(said.findLastIndex((sql) => /^STOP PIPELINE/.test(sql)) + 1).slice(0, 3);
  expect(pause.map((sql) => sql.split(' ', 2).join(' '))).toEqual([
    'SELECT DATABASE_NAME,',
    'ALTER LINK',
    'START PIPELINE',
  ]);
});
