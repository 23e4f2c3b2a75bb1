import { qualified } from '../../lambda/core/names';
import { fingerprintOf, type SecretStatus } from '../../lambda/core/status';
import { plan } from '../../lambda/steps/plan';
import { foresee } from '../../lambda/steps/foresee';
import { retireNow } from '../../lambda/steps/retireNow';
import { status } from '../../lambda/steps/status';
import { Looking, toldUnseen } from '../../lambda/steps/status/looking';
import { analyticsLink, clusterId, connectionSecretId, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, keyIds, onLink, upTo } from './driving';

const look = async (world: MemoryWorld): Promise<SecretStatus> => {
  const { secrets } = await world.run((run) => status(run, secretId));
  expect(world.leaks(secrets)).toEqual([]);
  return secrets[0]!;
};
const hour = 3_600_000;
const effect = /^lane\.|^(keys\.(?!list|lastUsed)|table\.(?!read|list)|secrets\.(?!read|describe)|cluster\.kill)/;

test('without a secret, all are told of; one that ROTATIONS does not name is refused', async () => {
  const world = createWorld();
  expect((await world.run((run) => status(run))).secrets.map((one) => one.secretId)).toEqual([secretId]);
  expect(await failure(world.run((run) => status(run, 'prod/other')))).toMatchObject({ code: 'SECRET_NOT_CONFIGURED' });
});

test('before the first rotation nobody knows what the links hold, and nothing is wrong', async () => {
  const world = createWorld();
  const { links, keys, versions, stuck, drift, unseen, history } = await look(world);
  expect(links).toMatchObject([{ link: analyticsLink, cluster: clusterId, type: 'S3', holds: [], agrees: false }]);
  expect(keys).toMatchObject([{ keyId: keyIds(world)[0], active: true, ageHours: 90 * 24, fate: 'AWSCURRENT' }]);
  expect(versions).toMatchObject([{ labels: ['AWSCURRENT'], ageHours: 0, keyId: keyIds(world)[0] }]);
  expect([stuck, drift, unseen, history]).toEqual([null, [], [], []]);
});

test('after a rotation everything agrees, by version, key and label, and the older key waits for its end', async () => {
  const world = createWorld();
  const version = await upTo(world, 'finishSecret');
  await world.pass(2 * hour);
  const { links, keys, versions, journal, stuck, drift, unseen } = await look(world);
  const [older, newer] = keyIds(world);
  const fingerprint = fingerprintOf(version);
  expect(links).toMatchObject([
    {
      agrees: true,
      holds: [{ version, fingerprint, keyId: newer, labels: expect.arrayContaining(['AWSCURRENT']) as string[] }],
    },
  ]);
  expect(versions.map(({ labels, keyId }) => [labels[0], keyId])).toEqual([
    ['AWSPENDING', newer],
    ['AWSPREVIOUS', older],
  ]);
  expect(versions[0]).toMatchObject({ version, fingerprint, ageHours: 2 });
  expect(keys.map(({ keyId, fate }) => [keyId, fate])).toEqual([
    [older, expect.stringMatching(/^retires at 2026-01-02T00:00:.* if unused$/)],
    [newer, 'AWSCURRENT'],
  ]);
  expect(journal).toMatchObject({ version, retirements: [{ keyId: older, retiredAt: null }] });
  expect([stuck, drift, unseen]).toEqual([null, [], []]);
});

test('each pipeline is told with its state and its last good batch', async () => {
  const [{ pipelines } = { pipelines: [] }] = (await look(createWorld())).links;
  expect(pipelines.map(({ pipeline, state, lastBatch }) => [pipeline, state, lastBatch])).toEqual([
    [qualified('analytics', 'orders'), 'Running', 10],
    [qualified('analytics', 'archive'), 'Stopped', 10],
    [qualified('sales', 'invoices'), 'Running', 10],
    [qualified('sales', 'returns'), 'Error', 10],
  ]);
});

describe('the last error since the switch', () => {
  const errorOf = async (message: string, since: 'before' | 'after') => {
    const world = createWorld(clusterOf(onLink('orders')));
    const fail = (): void => {
      world.server().fail(world.pipeline('analytics', 'orders'), 1933, message, world.clock.now());
    };
    if (since === 'before') fail();
    await world.pass(60_000);
    await upTo(world, 'finishSecret');
    await world.pass(60_000);
    if (since === 'after') fail();
    const { links, drift } = await look(world);
    return { error: links[0]!.pipelines[0]!.lastError, drift };
  };

  test('is of the credentials, and so says that a link which agrees was altered by hand', async () => {
    const { error, drift } = await errorOf('InvalidAccessKeyId', 'after');
    expect(error).toMatchObject({ code: 1933, kind: 'credential' });
    expect(drift).toEqual([expect.stringContaining('altered by hand')]);
  });

  test('or of another kind', async () => {
    expect(await errorOf('connection reset', 'after')).toMatchObject({ error: { kind: 'other' }, drift: [] });
  });

  test('and what was before it is no news', async () => {
    expect(await errorOf('InvalidAccessKeyId', 'before')).toEqual({ error: null, drift: [] });
  });
});

test('each link has its own switch: what is news through one is none through another', async () => {
  const other = qualified('analytics', 'other');
  const targets = [{ connectionSecretId, links: [{ database: 'analytics', all: true as const }] }];
  const pipelines = [onLink('orders'), onLink('clicks', { link: other })];
  const world = createWorld({
    clusters: { [clusterId]: { links: [{ name: analyticsLink }, { name: other }], pipelines } },
    definition: { targets },
  });
  for (const name of ['orders', 'clicks'])
    world.server().fail(world.pipeline('analytics', name), 1933, 'connection reset', world.clock.now());
  await world.pass(60_000);
  await upTo(world, 'finishSecret');
  const key = `${clusterId}/${other}`;
  await world.run(async ({ table }) => {
    const { item, revision } = (await table.read('link', key))!;
    await table.write('link', key, { ...item, holds: item.holds.map((held) => ({ ...held, since: 0 })) }, revision);
  });
  const errors = (await look(world)).links.map(({ link, pipelines: [one] }) => [link, one?.lastError?.kind ?? null]);
  expect(errors).toEqual([
    [analyticsLink, null],
    [other, 'other'],
  ]);
});

test('in the middle of a rotation, what is paused is told as paused by us', async () => {
  const world = createWorld(clusterOf(onLink('orders'), onLink('archive', { state: 'Stopped' })));
  const version = await upTo(world, 'createSecret');
  const seen: SecretStatus[] = [];
  world.afterEffect = () => {
    if (seen.length > 0 || world.paused().length === 0) return;
    seen.push({} as SecretStatus);
    void world.begin((run) => status(run, secretId)).then(({ secrets }) => (seen[0] = secrets[0]!));
  };
  await call(world, 'setSecret', version);
  const [link] = seen[0]!.links;
  expect(link).toMatchObject({ bracket: { phase: 'open', direction: 'forward', to: version, held: true } });
  const lease = Date.parse(link!.bracket!.leaseUntil!) - Date.parse(link!.bracket!.openedAt);
  expect([lease > 0, lease <= 31_000]).toEqual([true, true]); // 30 s, from the last renewal
  expect(link?.pipelines.map(({ pausedByUs }) => pausedByUs)).toEqual([true, false]);
  expect(seen[0]?.stuck).toBeNull();
});

describe('what cannot be looked at is said, and the rest is told', () => {
  test('a cluster that is down: its links are told by their records', async () => {
    const world = createWorld();
    const version = await upTo(world, 'finishSecret');
    world.server().down = true;
    const { links, unseen, drift } = await look(world);
    expect(links).toMatchObject([{ type: null, holds: [{ version }], agrees: true, pipelines: [] }]);
    expect(unseen).toEqual([
      expect.stringMatching(new RegExp(`^the cluster of ${connectionSecretId}: CONNECTION_REFUSED`)),
    ]);
    expect(drift).toEqual([]);
  });

  test.each([
    ['secrets.describe', 'secret', 'keys'],
    ['secrets.read', 'version', 'versions'],
    ['keys.list', 'the keys of', 'keys'],
    ['table.list', 'the links in the journal', 'journal'],
    ['cluster.batches', 'batches on', 'pipelines'],
    ['cluster.errorsAfter', 'errors of pipelines', 'pipelines'],
  ])('%s refused', async (name, said) => {
    const world = createWorld();
    await upTo(world, 'finishSecret');
    world.faults = (_, point) => (point === name ? 'refused' : undefined);
    expect((await look(world)).unseen.join(' ')).toContain(said);
  });

  test('what is paused is not known when the records or the pause could not be read, and is no "nothing"', async () => {
    const world = createWorld(clusterOf(onLink('orders')));
    const version = await upTo(world, 'createSecret');
    world.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
    await call(world, 'setSecret', version).catch(() => undefined);
    expect(world.paused()).toHaveLength(1);
    const toldWithout = async (point: string) => {
      world.faults = (_, name) => (name === point ? 'refused' : undefined);
      return look(world);
    };
    const { journalUnread, links } = await toldWithout('table.list');
    expect(journalUnread?.toSorted()).toEqual(['history', 'links', 'secrets']);
    expect(links).toMatchObject([{ holds: [], unread: true, bracket: null }]);
    await world.pass(hour);
    expect((await toldWithout('table.list')).stuck).toMatchObject({
      why: expect.stringContaining('not known') as string,
      command: null,
    });
    const other = await toldWithout('table.read');
    expect(other.links).toMatchObject([{ unread: true, bracket: null }]);
    const whole = await toldWithout('none');
    expect([whole.journalUnread, whole.links[0]?.unread, whole.links[0]?.bracket?.phase]).toEqual([
      ...[undefined, undefined, 'open'],
    ]);
  });

  test('what is refused for the same reason is told once, of all that it is about', async () => {
    const looking = new Looking();
    const unreadable = (version: string) =>
      `SECRET_UNREADABLE: GetSecretValue of arn, version ${version}, was refused by AWS: AccessDenied.`;
    looking.missed('version a1', unreadable('a1'));
    looking.missed('version b2', unreadable('b2'));
    looking.missed('the keys of ingest', unreadable('a1'));
    for (const kind of ['link', 'secret'])
      looking.missed(`the ${kind}s`, `AWS_REFUSED: Query of all ${kind} was refused.`);
    looking.missed('the cluster', 'CONNECTION_REFUSED: no answer.');
    expect(toldUnseen(looking.unseen)).toEqual([
      'version a1, version b2, the keys of ingest: SECRET_UNREADABLE: GetSecretValue of arn was refused by AWS: AccessDenied.',
      'the links, the secrets: AWS_REFUSED: Query was refused.',
      'the cluster: CONNECTION_REFUSED: no answer.',
    ]);
    const many = Array.from({ length: 10 }, (_, at) => ({ what: `cluster ${at}`, why: 'no answer.' }));
    expect(toldUnseen(many)[0]).toMatch(/cluster 7 and 2 more: no answer/);
    const world = createWorld();
    await upTo(world, 'finishSecret');
    world.faults = (_, point) => (point === 'secrets.read' ? 'refused' : undefined);
    const { unseen } = await look(world);
    expect(new Set(unseen.map((told) => told.replace(/^.*?: (?=[A-Z_]+: )/, ''))).size).toBe(unseen.length);
  });

  test('a value that was not read is told from one that is not there yet', async () => {
    const world = createWorld();
    world.startRotation();
    const told = async () => (await look(world)).versions.map(({ since, unread }) => [since !== null, unread ?? false]);
    const [there, missing, unread] = [
      [true, false],
      [false, false],
      [false, true],
    ];
    expect(await told()).toEqual([there, missing]);
    world.faults = (_, point) => (point === 'secrets.read' ? 'refused' : undefined);
    expect(await told()).toEqual([unread, unread]);
    world.faults = () => undefined;
    world.secrets.secret(secretId).deleted = true;
    expect(await told()).toEqual([unread, unread]);
  });
});

test.each<[string, (world: MemoryWorld) => Promise<unknown>]>([
  ['status', (world) => world.run((run) => status(run))],
  ['plan', (world) => world.run((run) => plan(run, run.definitions[0]!))],
  ['a dry recovery', (world) => world.run((run) => foresee(run))],
  ['a dry retirement', (world) => world.run((run) => retireNow(run, secretId, true))],
])('%s changes nothing, whenever it is asked', async (_, ask) => {
  const world = createWorld();
  const seen = (): unknown => [
    [world.table, world.secrets, world.keys].map(({ version: changes }) => changes),
    [world.transitions, world.server().alterations, world.notices, world.metrics].map(({ length }) => length),
  ];
  const unchanged = async (): Promise<void> => {
    const [before, calls] = [seen(), world.points.length];
    await ask(world);
    expect(seen()).toEqual(before);
    expect(world.points.slice(calls).filter((name) => effect.test(name))).toEqual([]);
  };
  await unchanged();
  const version = world.startRotation();
  await unchanged();
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
    await call(world, step, version);
    await unchanged();
  }
  await world.pass(25 * hour);
  await unchanged();
});
