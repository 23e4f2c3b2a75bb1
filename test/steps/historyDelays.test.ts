import { historyKey } from '../../lambda/core/history';
import type { Kind } from '../../lambda/core/journal';
import { qualified } from '../../lambda/core/names';
import type { Invocation, Table } from '../../lambda/ports';
import { recover } from '../../lambda/steps/recover';
import { status } from '../../lambda/steps/status';
import { clusterId, connectionSecretId, secretId } from '../support/scenario';
import type { MemoryWorld } from '../support/world';
import { call, failure, upTo } from './driving';
import { dying, label, of, open, refuse } from './remembered';

/* What is remembered may be slow, spoilt or out of reach: nothing waits for it or fails by it. */

/** A table that does this to whatever is asked of the history. */
const troubled = (table: Table, trouble: () => Promise<void>): Table =>
  new Proxy(table, {
    get:
      (target, method) =>
      async (kind: Kind, ...rest: unknown[]) => {
        if (kind === 'history') await trouble();
        return (Reflect.get(target, method) as (...given: unknown[]) => unknown)(kind, ...rest);
      },
  });
const slow = (run: Invocation, milliseconds: number): Invocation => ({
  ...run,
  table: troubled(run.table, () => run.clock.sleep(milliseconds)),
});

describe('of a recovery with many links it is written when all are repaired:', () => {
  /** Links that hold a version that has lost its label, with a pipeline each. @returns the version */
  async function abandoned(world: MemoryWorld): Promise<string> {
    const version = await upTo(world, 'setSecret');
    await label(world, 'AWSPENDING', version, null);
    return version;
  }
  const links = (count: number): MemoryWorld => {
    const names = Array.from({ length: count }, (_, at) => qualified('analytics', `l${at}`));
    const pipelines = names.map((link, at) => ({ name: qualified('analytics', `p${at}`), link, path: `b/p${at}/*` }));
    return open({
      clusters: { [clusterId]: { links: names.map((name) => ({ name })), pipelines } },
      definition: { targets: [{ connectionSecretId, links: [{ database: 'analytics', all: true }] }] },
    });
  };
  const warnings = (world: MemoryWorld): number =>
    world.logs.filter(({ action }) => action === 'history-not-kept').length;

  test('pipelines that the refused key drove into Error run again within two seconds, though the history hangs', async () => {
    const world = links(14);
    const version = await upTo(world, 'setSecret');
    refuse(world, version);
    await world.pass(5_000);
    await label(world, 'AWSPENDING', version, null);
    expect(world.paused()).toHaveLength(14);
    const from = world.clock.now();
    await world.run((run) => recover(slow(run, 60_000)));
    expect(world.paused()).toEqual([]);
    expect(Math.max(...world.transitions.map(({ at }) => at)) - from).toBeLessThan(2_000);
    expect(warnings(world)).toBe(1);
    expect(of(world, version)?.outcome).toBe('running');
  });

  test.each([
    ['in time', 1],
    ['just after it was given up, as it was sent before', 2_600],
  ])('each pause is counted once, when what is written arrives %s', async (_, milliseconds) => {
    const world = links(3);
    const version = await abandoned(world);
    await world.run(async (run) => {
      await recover(slow(run, milliseconds));
      await run.clock.sleep(20_000);
    });
    const pauses = world.transitions.filter(({ to }) => to === 'Stopped').map(({ pipeline }) => pipeline);
    expect(pauses).toHaveLength(6);
    expect(of(world, version)).toMatchObject({ paused: 6, outcome: 'abandoned' });
    expect(
      of(world, version)
        ?.spans.map(({ pipeline }) => pipeline)
        .sort(),
    ).toEqual(pauses.sort());
    expect(world.notices).toHaveLength(1);
  });

  test('and once it was given up nothing more is written', async () => {
    const world = links(3);
    const version = await abandoned(world);
    await world.run(async (run) => {
      await recover(slow(run, 6_000));
      await run.clock.sleep(60_000);
    });
    expect(of(world, version)).toMatchObject({ paused: 3, outcome: 'running' });
    expect(warnings(world)).toBe(1);
  });

  test('the pauses of two versions that were left are told apart', async () => {
    const world = links(2);
    const first = await abandoned(world);
    const second = world.newId();
    const { keyId, secret } = world.keys.add('somebody');
    const value = JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret });
    world.secrets.stage(secretId, second, value);
    await call(world, 'createSecret', second);
    dying(world, 'lane.alter', 2);
    await call(world, 'setSecret', second).catch(() => undefined);
    world.faults = new Map();
    await world.pass(61_000);
    await label(world, 'AWSPENDING', second, null);
    await world.run(recover);
    // there and back for the first, and what the dead run left paused for the second
    expect([of(world, first)?.paused, of(world, second)?.paused]).toEqual([4, 2]);
    for (const { milliseconds } of of(world, second)!.spans) expect(milliseconds).toBeGreaterThan(61_000);
    for (const { milliseconds } of of(world, first)!.spans) expect(milliseconds).toBeLessThan(1_000);
  });
});

test('an item that somebody has spoilt is skipped and said, and the others are shown', async () => {
  const world = open();
  const version = await upTo(world, 'finishSecret');
  const key = historyKey(secretId, 'spoilt');
  for (const spoilt of [{}, { ...of(world, version), spans: 'none' }, null]) {
    await world.run(async ({ table }) => {
      await table.remove('history', key);
      await table.write('history', key, spoilt as never, 0);
    });
    const [secret] = (await world.run((run) => status(run, secretId))).secrets;
    expect(secret?.history.map((past) => past.version)).toEqual([version]);
    expect(secret?.unseen).toEqual([`the history item ${key}: it is not one that this function writes`]);
  }
  const next = world.startRotation();
  await failure(call(world, 'createSecret', next));
  expect(of(world, next)).toMatchObject({ outcome: 'running', failures: 1 });
  expect(world.logs.filter(({ action }) => action === 'history-not-kept')).toEqual([]);
});

describe('nothing of it fails or holds up a rotation:', () => {
  const everyStep = async (world: MemoryWorld, change: (run: Invocation) => Invocation): Promise<string> => {
    const begin = world.begin.bind(world);
    world.begin = (work, options) => begin((run) => work(change(run)), options);
    return upTo(world, 'finishSecret');
  };

  test.each<[string, (run: Invocation) => Invocation]>([
    [
      'a table that refuses it',
      (run) => ({ ...run, table: troubled(run.table, () => Promise.reject(new Error('no'))) }),
    ],
    [
      'a table that never answers',
      (run) => ({ ...run, table: troubled(run.table, () => new Promise(() => undefined)) }),
    ],
    [
      'a topic that is gone',
      (run) => ({ ...run, notices: { wanted: 'all', send: () => Promise.reject(new Error('no')) } }),
    ],
  ])('%s', async (_, change) => {
    const world = open();
    const from = world.clock.now();
    const version = await everyStep(world, change);
    expect(world.label('AWSCURRENT')).toBe(version);
    expect(world.paused()).toEqual([]);
    expect(world.logs.filter(({ action }) => /^(history-not-kept|notice-not-taken)$/.test(action))).not.toEqual([]);
    expect(world.clock.now() - from).toBeLessThan(60_000);
  });
});
