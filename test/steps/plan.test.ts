import { RotationError, type ErrorCode } from '../../lambda/core/errors';
import { historyKey, type PastRotation } from '../../lambda/core/history';
import { qualified } from '../../lambda/core/names';
import { plan, type Plan } from '../../lambda/steps/plan';
import { recover } from '../../lambda/steps/recover';
import { analyticsLink, clusterId, secretId, userName } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, onLink, story, upTo } from './driving';

/** What a port calls. */
const actions: Readonly<Record<string, string>> = {
  'secrets.describe': 'secretsmanager:DescribeSecret',
  'secrets.read': 'secretsmanager:GetSecretValue',
  'secrets.put': 'secretsmanager:PutSecretValue',
  'secrets.moveLabel': 'secretsmanager:UpdateSecretVersionStage',
  'table.read': 'dynamodb:GetItem',
  'table.write': 'dynamodb:PutItem',
  'table.list': 'dynamodb:Query',
  'table.remove': 'dynamodb:DeleteItem',
  'keys.list': 'iam:ListAccessKeys',
  'keys.create': 'iam:CreateAccessKey',
  'keys.remove': 'iam:DeleteAccessKey',
  'keys.lastUsed': 'iam:GetAccessKeyLastUsed',
  'keys.deactivate': 'iam:UpdateAccessKey',
  'trials.identity': 'sts:GetCallerIdentity',
  'trials.list': 's3:ListObjectsV2',
};

const planned = (world: MemoryWorld): Promise<Plan> => world.run((run) => plan(run, run.definitions[0]!));
/** Of a pipeline in memory, which has ten batches on record, all alike. */
const range = (milliseconds: number) => ({ medianMs: milliseconds, slowestMs: milliseconds, batches: 10 });
const other = qualified('sales', 'other_link');
const world = (): MemoryWorld =>
  createWorld({
    clusters: {
      [clusterId]: {
        links: [{ name: analyticsLink }, { name: other }],
        pipelines: [
          onLink('orders'),
          onLink('archive', { state: 'Stopped' }),
          { name: qualified('sales', 'inline'), link: null, path: 'sales/*' },
          { name: qualified('sales', 'elsewhere'), link: other },
        ],
      },
    },
  });

test('a plan names what would be paused, and what not', async () => {
  const { links, blockers } = await planned(world());
  expect(blockers).toEqual([]);
  expect(links.map(({ link, pipelines }) => [link, pipelines])).toEqual([
    [
      analyticsLink,
      [
        {
          ...{ pipeline: qualified('analytics', 'orders'), state: 'Running', paused: true, pausedByUs: false },
          why: 'it runs: a link is changed while none of its pipelines does',
          // a batch takes 50 ms, and a round trip in memory 1
          expected: { inProgress: true, drain: range(50), pause: range(52), lastPauseMs: null },
        },
        {
          ...{
            pipeline: qualified('analytics', 'archive'),
            state: 'Stopped',
            paused: false,
            pausedByUs: false,
            expected: null,
          },
          why: 'it does not run, so it is neither stopped nor started',
        },
      ],
    ],
  ]);
});

test('a secret that is scheduled for deletion blocks, with the command that restores it, and the pipelines are told', async () => {
  for (const adopting of [false, true]) {
    const found = world();
    if (adopting) await upTo(found, 'createSecret');
    found.secrets.secret(secretId).deleted = true;
    const { blockers, links, pending } = await planned(found);
    expect(blockers).toMatchObject([{ code: 'SECRET_UNREADABLE' }]);
    expect(blockers[0]?.message).toMatch(/scheduled for deletion.* aws secretsmanager restore-secret --secret-id \S+$/);
    expect([pending, links.map(({ pipelines }) => pipelines.length)]).toEqual([null, [2]]);
  }
});

describe('over a pause that is open', () => {
  /** Of a run that has died between STOP and ALTER. */
  const leftPaused = async (): Promise<{ found: MemoryWorld; version: string }> => {
    const found = world();
    const version = await upTo(found, 'createSecret');
    found.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
    await call(found, 'setSecret', version).catch(() => undefined);
    found.faults = new Map();
    return { found, version };
  };
  const again = '; started first, then paused again by the next rotation';

  test('a pipeline is told as ours, with who starts it; one that rests by itself is not', async () => {
    const { found } = await leftPaused();
    const shown = async () =>
      (await planned(found)).links[0]!.pipelines.map(({ pausedByUs, why }) => [pausedByUs, why]);
    const archive = [false, 'it does not run, so it is neither stopped nor started'];
    expect(await shown()).toEqual([
      [true, `by a run that may be alive, which starts it again; if not, the watchdog does${again}`],
      archive,
    ]);
    await found.pass(31_000);
    expect(await shown()).toEqual([[true, `by a run that died; the watchdog starts it again${again}`], archive]);
  });

  test('what it holds counts as running, as the next rotation finds it: that starts it, and then pauses it again', async () => {
    const { found, version } = await leftPaused();
    await found.pass(31_000);
    const { links, places } = await planned(found);
    const [orders, archive] = links[0]!.pipelines;
    expect(orders).toMatchObject({ state: 'Stopped', paused: true, pausedByUs: true });
    expect(orders?.expected).not.toBeNull();
    expect(archive).toMatchObject({ paused: false, expected: null });
    expect(links[0]!.statements.map((statement) => statement.split(' ')[0])).toEqual(['stop', 'alter', 'start']);
    expect(places).toEqual(['s3://bucket/orders/']);
    const from = found.transitions.length;
    await upTo(found, 'setSecret', version);
    expect(story(found).slice(from)).toEqual(['orders:Running', 'orders:Stopped', 'orders:Running']);
  });
});

test('the pause that a pipeline had is told beside the one that is expected', async () => {
  const found = world();
  await upTo(found, 'finishSecret');
  const [orders] = (await planned(found)).links[0]!.pipelines;
  expect(orders?.expected?.lastPauseMs).toBeGreaterThanOrEqual(50);
});

describe('what is expected is not known', () => {
  test('where the server tells nothing of batches', async () => {
    const found = world();
    found.server().tells = false;
    const [orders] = (await planned(found)).links[0]!.pipelines;
    expect(orders?.expected).toMatchObject({ inProgress: null, drain: null, pause: null });
  });

  test('while a batch is under way and none has ended', async () => {
    const found = createWorld(clusterOf(onLink('orders', { drainMs: Infinity }), onLink('clicks')));
    const [orders, clicks] = (await planned(found)).links[0]!.pipelines;
    expect(orders?.expected).toMatchObject({ inProgress: true, drain: null, pause: null });
    expect(clicks?.expected).toMatchObject({ drain: range(50), pause: null }); // it waits for the other
  });
});

test('of a pipeline between two batches the same is expected: the rotation comes at another moment', async () => {
  const found = createWorld(clusterOf(onLink('orders', { idle: true })));
  const [orders] = (await planned(found)).links[0]!.pipelines;
  expect(orders?.expected).toMatchObject({ inProgress: false, drain: range(50), pause: range(52) });
});

describe('dangers', () => {
  const dangers = async (found: MemoryWorld): Promise<readonly string[]> => {
    const { dangers: said, blockers } = await planned(found);
    expect(blockers).toEqual([]);
    return said;
  };
  const skipping = "CREATE PIPELINE `orders` AS LOAD DATA LINK analytics_link 'b/' STOP_ON_ERROR OFF INTO TABLE t";

  test('there are none as a rule', async () => {
    expect(await dangers(world())).toEqual([]);
  });

  test('are pipelines that skip what they cannot read, by themselves or as the server has it', async () => {
    const own = createWorld(clusterOf(onLink('orders', { definition: skipping }), onLink('clicks')));
    expect(await dangers(own)).toEqual([expect.stringMatching(/^`analytics`.`orders` has STOP_ON_ERROR OFF/)]);
    const all = createWorld(
      clusterOf(onLink('orders', { definition: skipping.replace('OFF', 'ON') }), onLink('clicks')),
    );
    all.server().skips = true;
    expect(await dangers(all)).toEqual([expect.stringMatching(/^`analytics`.`clicks` has STOP_ON_ERROR OFF/)]);
  });

  test('are batches longer than the drain budget', async () => {
    const found = createWorld(clusterOf(onLink('orders', { drainMs: 61_000 }), onLink('clicks', { drainMs: 59_000 })));
    expect(await dangers(found)).toEqual([expect.stringMatching(/^`analytics`.`orders` has had a batch longer/)]);
  });

  test('is a key that nobody knows, where it blocks nothing yet; else it is an obstacle', async () => {
    const first = createWorld({ secretValue: '{}' });
    expect(await dangers(first)).toEqual([expect.stringContaining('is not known to this rotation')]);
    const full = createWorld();
    full.keys.add(userName, 0);
    expect((await planned(full)).blockers).toMatchObject([{ code: 'KEY_QUOTA' }]);
  });
});

test('a role is advised where there would be no key, and nowhere else', async () => {
  expect((await planned(world())).advice).toEqual([expect.stringContaining('role_arn')]);
  const kafka = createWorld({
    clusters: { [clusterId]: { links: [{ name: analyticsLink, type: 'KAFKA' }], pipelines: [] } },
  });
  expect((await planned(kafka)).advice).toEqual([]);
});

test('the calls of AWS that are told are those that rotations then make', async () => {
  const found = createWorld(clusterOf(onLink('orders')));
  const { calls } = await planned(found);
  const from = found.points.length;
  await upTo(found, 'finishSecret');
  await found.pass(25 * 3_600_000);
  await found.run(recover); // the older key retires
  await upTo(found, 'finishSecret'); // and is deleted
  const made = new Set(found.points.slice(from).flatMap((point) => actions[point] ?? []));
  expect(calls.map(({ call }) => call).sort()).toEqual([...made].sort());
});

describe('a version that is pending already', () => {
  const pendingSince = async (last: 'createSecret' | 'setSecret'): Promise<{ found: MemoryWorld; version: string }> => {
    const found = createWorld(clusterOf(onLink('orders'), onLink('archive', { state: 'Stopped' })));
    return { found, version: await upTo(found, last) };
  };

  test('and has a value is adopted: both slots of the user are taken, and no key is to be made', async () => {
    const { found, version } = await pendingSince('createSecret');
    const { pending, blockers, links, calls } = await planned(found);
    expect(pending).toBe(`AWSPENDING version ${version} has a value: the pending value is adopted, and none is made.`);
    expect([blockers, links[0]?.statements.length]).toEqual([[], 3]);
    const from = found.points.length;
    await upTo(found, 'finishSecret', version);
    const made = new Set(found.points.slice(from).flatMap((point) => actions[point] ?? []));
    const told = new Set(calls.map(({ call }) => call));
    expect([...made].filter((call) => !told.has(call))).toEqual([]);
    expect([...told].filter((call) => /Create|Put(?!Item)/.test(call))).toEqual([]);
  });

  describe('and whose last call failed', () => {
    const failed = async (): Promise<{ found: MemoryWorld; version: string }> => {
      const { found, version } = await pendingSince('createSecret');
      const id = found.secretValue(version)?.['aws_access_key_id'];
      found.keys.deny((keyId) => keyId === id);
      await failure(call(found, 'setSecret', version));
      return { found, version };
    };
    const blockers = async (found: MemoryWorld) => (await planned(found)).blockers;

    test('stands in the way, with the reason', async () => {
      const { found } = await failed();
      const [blocker, ...others] = await blockers(found);
      expect(blocker).toBeInstanceOf(RotationError);
      expect(blocker?.code).toBe('CREDENTIALS_DENIED');
      expect(blocker?.message).toMatch(/the pending version's last call failed at \S+Z, .*: (?!CREDENTIALS_DENIED)./);
      expect(others).toEqual([]);
    });

    test('does not where the reason passes by itself, or the rotation is over, or another one', async () => {
      const { found, version } = await failed();
      const key = historyKey(secretId, version);
      const changeTo = (change: (past: PastRotation) => PastRotation) =>
        found.run(async ({ table }) => {
          const stored = await table.read('history', key);
          await table.write('history', key, change(stored!.item), stored!.revision);
        });
      const codeOf = (code: ErrorCode) => (past: PastRotation) => ({ ...past, failure: { ...past.failure!, code } });
      await changeTo(codeOf('DRAIN_EXCEEDED'));
      expect(await blockers(found)).toEqual([]);
      await changeTo(codeOf('ALTER_REFUSED'));
      expect(await blockers(found)).toMatchObject([{ code: 'ALTER_REFUSED' }]);
      await changeTo((past) => ({ ...past, outcome: 'given-up' }));
      expect(await blockers(found)).toEqual([]);
      await changeTo((past) => ({ ...past, outcome: 'running', version: 'another' }));
      expect(await blockers(found)).toEqual([]);
    });
  });

  test('is planned for though somebody has spoilt an item of the history', async () => {
    const { found } = await pendingSince('createSecret');
    await found.run(({ table }) =>
      table.write('history', historyKey(secretId, 'spoilt'), { secretId, startedAt: 1 } as never, 0),
    );
    await found.run(({ table }) => table.write('history', historyKey(secretId, 'none'), null as never, 0));
    expect((await planned(found)).blockers).toEqual([]);
  });

  test('is not given again to links that hold it', async () => {
    const { found } = await pendingSince('setSecret');
    expect((await planned(found)).links[0]).toMatchObject({ unchanged: true, statements: [] });
  });

  test('and whose key was deleted is given up', async () => {
    const { found, version } = await pendingSince('createSecret');
    const id = found.secretValue(version)?.['aws_access_key_id'] ?? '';
    await found.pass(120_000);
    await found.run((run) => run.keys.remove(userName, id));
    const { pending, blockers } = await planned(found);
    expect([blockers, pending]).toEqual([[], expect.stringMatching(/access key is gone.*VERSION_GIVEN_UP/)]);
  });

  test('and has no value yet is gone on with', async () => {
    const found = world();
    found.startRotation();
    expect((await planned(found)).pending).toMatch(/has no value yet: a rotation goes on with it/);
    expect((await planned(world())).pending).toBeNull();
  });
});

describe('not covered', () => {
  test('are pipelines with credentials of their own, in any state, and none that read through a link', async () => {
    const { uncovered } = await planned(world());
    expect(uncovered).toEqual([
      {
        cluster: clusterId,
        object: qualified('sales', 'inline'),
        why: expect.stringMatching(/^a pipeline \(Running\) with its own S3 source/) as string,
      },
    ]);
  });

  test('are functions that call through a rotated link, and none of another link', async () => {
    const found = world();
    found
      .server()
      .functions.push(
        { name: qualified('sales', 'classify'), link: analyticsLink },
        { name: qualified('sales', 'translate'), link: other },
      );
    const { uncovered } = await planned(found);
    expect(uncovered.map(({ object }) => object)).toEqual([
      qualified('sales', 'inline'),
      qualified('sales', 'classify'),
    ]);
    expect(uncovered[1]?.why).toContain(analyticsLink);
  });

  test('is a database whose pipelines this user may not see; it blocks nothing', async () => {
    const found = world();
    found
      .server()
      .links.set(qualified('hr', 'l'), { ...found.link('sales', 'other_link'), name: qualified('hr', 'l') });
    found.server().lacking.add('SHOW PIPELINE ON hr');
    const { uncovered, blockers } = await planned(found);
    expect(blockers).toEqual([]);
    expect(uncovered.map(({ object }) => object)).toEqual([qualified('sales', 'inline'), '`hr`']);
    expect(uncovered[1]?.why).toContain('SHOW PIPELINE ON hr');
  });

  test('is a pipeline whose link differs by the case of its letters', async () => {
    const found = world();
    found.server().add(onLink('odd', { link: qualified('analytics', 'Analytics_Link'), state: 'Stopped' }));
    const { uncovered, blockers } = await planned(found);
    expect(blockers).toEqual([]);
    expect(uncovered.map(({ object }) => object)).toEqual([
      qualified('sales', 'inline'),
      qualified('analytics', 'odd'),
    ]);
  });

  test('is what could not be looked at: that is said', async () => {
    const found = world();
    found.server().tells = false;
    const { uncovered } = await planned(found);
    expect(uncovered.map(({ object }) => object)).toEqual([
      qualified('sales', 'inline'),
      '`analytics`, `sales`, databases without a pipeline in sight',
    ]);
  });
});
