import { rotate } from '../../lambda/steps/rotate';
import { recover } from '../../lambda/steps/recover';
import type { RotationDefinition } from '../../lambda/core/definition';
import { Credentials } from '../../lambda/core/credentials';
import { qualified } from '../../lambda/core/names';
import { clusterId, connectionSecretId, secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, upTo } from './driving';

const create = (world: MemoryWorld, version: string): Promise<void> => call(world, 'createSecret', version);

test('a key is made and stored as pending; other keys of the value are carried over, a session token is not', async () => {
  const world = createWorld();
  const before = JSON.parse(world.link('analytics', 'analytics_link').credentials) as Record<string, string>;
  const rich = createWorld({
    secretValue: JSON.stringify({ ...before, role_arn: 'arn:aws:iam::1:role/r', aws_session_token: 'cAnArY-old' }),
  });
  const version = rich.startRotation();
  await create(rich, version);
  expect(rich.secretValue(version)).toEqual({
    role_arn: 'arn:aws:iam::1:role/r',
    aws_access_key_id: keyIds(rich)[1],
    aws_secret_access_key: expect.any(String) as string,
  });
});

test('a second delivery adopts the value, also when both come at once', async () => {
  const world = createWorld();
  const version = world.startRotation();
  const twin = () => world.begin((run) => rotate({ type: 'rotation', step: 'createSecret', secretId, version }, run));
  await world.clock.run(Promise.all([twin(), twin()]));
  const value = world.secretValue(version);
  await create(world, version);
  expect(keyIds(world)).toHaveLength(2);
  expect(world.secretValue(version)).toEqual(value);
});

test('a value that a person has stored for a later version is adopted, though the journal knows of none, and no key is touched', async () => {
  const world = createWorld();
  await upTo(world, 'finishSecret');
  await world.pass(25 * 3_600_000);
  await world.run(recover);
  const keys = keyIds(world);
  const version = world.startRotation();
  const theirs = { aws_access_key_id: 'AKIATHEIRS', aws_secret_access_key: 'theirs' };
  await world.run(({ secrets }) => secrets.put(secretId, version, new Credentials(JSON.stringify(theirs)), undefined));
  await create(world, version);
  expect([world.secretValue(version), keyIds(world)]).toEqual([theirs, keys]);
});

test('a retry of a later rotation adopts its own value without making another key', async () => {
  const world = createWorld();
  await upTo(world, 'finishSecret');
  await world.pass(25 * 3_600_000);
  await world.run(recover);
  const version = world.startRotation();
  await create(world, version);
  const [value, keys] = [world.secretValue(version), keyIds(world)];
  await create(world, version);
  expect([world.secretValue(version), keyIds(world)]).toEqual([value, keys]);
});

test('an unknown key in the second slot stops the rotation: both ids are named and nothing is changed', async () => {
  const world = createWorld();
  const unknown = world.keys.add('singlestore-ingest').keyId;
  const before = keyIds(world);
  const error = await failure(create(world, world.startRotation()));
  expect(error.code).toBe('KEY_QUOTA');
  expect(error.message).toContain(unknown);
  expect(error.message).toContain(before[0]);
  expect(keyIds(world)).toEqual(before);
});

test('somebody takes the free slot meanwhile: refused by IAM, both ids are named, and the intent is closed', async () => {
  const world = createWorld();
  world.faults = (_, name) => {
    if (name === 'keys.create') world.keys.add('singlestore-ingest');
    return undefined;
  };
  const error = await failure(create(world, world.startRotation()));
  expect(error.code).toBe('KEY_QUOTA');
  for (const keyId of keyIds(world)) expect(error.message).toContain(keyId);
  expect(world.table.item('user', 'singlestore-ingest')?.intent).toBeNull();
});

describe('the key of AWSPREVIOUS', () => {
  test('is deleted by the next rotation once it is retired', async () => {
    const world = createWorld();
    const [first] = keyIds(world);
    await upTo(world, 'finishSecret');
    await world.pass(25 * 3_600_000);
    await world.run(recover);
    expect(world.keys.key(first ?? '').active).toBe(false);
    await upTo(world, 'finishSecret');
    expect(keyIds(world)).not.toContain(first);
    expect(keyIds(world)).toHaveLength(2);
  });

  test('is not deleted while it is active', async () => {
    const world = createWorld();
    await upTo(world, 'finishSecret');
    const before = keyIds(world);
    const error = await failure(create(world, world.startRotation()));
    expect(error.code).toBe('KEY_QUOTA');
    expect(error.message).toContain('retires at 2026-01-02');
    expect(keyIds(world)).toEqual(before);
  });

  test('is named with the links that may hold it', async () => {
    const world = createWorld();
    const [first = ''] = keyIds(world);
    await upTo(world, 'finishSecret');
    const [recorded = ''] = world.table.keys('link');
    const elsewhere = qualified('sales', 'elsewhere');
    const key = `${clusterId}/${elsewhere}`;
    await world.run(async ({ table }) => {
      const stored = await table.read('link', recorded);
      if (stored === null) throw new Error('no record');
      const holds = [{ version: 'old', keyId: first }];
      await table.write('link', key, { ...stored.item, link: elsewhere, holds }, 0);
    });
    const { message } = await failure(create(world, world.startRotation()));
    expect(message).toContain(`${first} (by the journal ${key} may hold it`);
  });

  test('is not deleted while a link without a record may hold it', async () => {
    const world = createWorld();
    const [first = ''] = keyIds(world);
    await upTo(world, 'finishSecret');
    world.keys.key(first).active = false;
    for (const key of world.table.keys('link')) await world.run(({ table }) => table.remove('link', key));
    expect((await failure(create(world, world.startRotation()))).code).toBe('KEY_QUOTA');
    expect(keyIds(world)).toContain(first);
  });
});

type Obstacle = [string, (world: MemoryWorld) => void, string, Partial<RotationDefinition>?];
test.each<Obstacle>([
  [
    'the link does not exist',
    (world) => {
      world.server().links.clear();
    },
    'LINK_MISSING',
  ],
  [
    'a pipeline names a link that this user does not see',
    (world) => void world.server().add({ name: qualified('sales', 'other'), link: qualified('analytics', 'unseen') }),
    'LINK_MISSING',
    { targets: [{ connectionSecretId, links: [{ database: 'analytics', all: true }] }] },
  ],
  [
    'a database.* that matches nothing',
    () => undefined,
    'LINK_MISSING',
    { targets: [{ connectionSecretId, links: [{ database: 'typo', all: true }] }] },
  ],
  [
    'a key that "fields" asks for is not in the secret',
    () => undefined,
    'SECRET_SHAPE',
    { fields: { credentials: {}, config: { region: 'region' } } },
  ],
  [
    'CONFIG cannot be merged into',
    (world) => (world.link('analytics', 'analytics_link').config = '[1]'),
    'SECRET_SHAPE',
    { fields: { credentials: {}, config: { region: 'aws_access_key_id' } } },
  ],
  ['the server knows no way to change a link', (world) => void (world.server().grammar = null), 'GRAMMAR_UNKNOWN'],
  ['the user may not change links', (world) => void (world.server().grammar = 'denied'), 'PRIVILEGE_MISSING'],
  ...['analytics', 'sales'].map((database): Obstacle => [
    `the user may not stop and start pipelines in ${database}`,
    (world) => void world.server().lacking.add(`START PIPELINE ON ${database}`),
    'PRIVILEGE_MISSING',
  ]),
  ['the cluster is down', (world) => void (world.server().down = true), 'CONNECTION_REFUSED'],
  [
    'a pipeline runs in the foreground',
    (world) => void (world.pipeline('analytics', 'orders').state = 'Running...Foreground'),
    'PIPELINE_BUSY',
  ],
  [
    'a running pipeline hides its source',
    (world) => void (world.pipeline('sales', 'invoices').definition = 'CREATE PIPELINE `invoices`'),
    'SOURCE_HIDDEN',
  ],
])('no key is made in vain: %s', async (_, arrange, code, definition = {}) => {
  const world = createWorld({ definition });
  arrange(world);
  expect((await failure(create(world, world.startRotation()))).code).toBe(code);
  expect(keyIds(world)).toHaveLength(1);
  expect(world.transitions).toEqual([]);
});

test('no key is made when a step is too short for a pause', async () => {
  const world = createWorld();
  const error = await failure(call(world, 'createSecret', world.startRotation(), { seconds: 89 }));
  expect(error.code).toBe('TIME_SHORT');
  expect(keyIds(world)).toHaveLength(1);
});

test('a pending key that was deleted by hand is given up: links stay on AWSCURRENT, AWSPENDING is removed', async () => {
  const world = createWorld();
  const version = await upTo(world, 'setSecret');
  const pending = world.secretValue(version)?.['aws_access_key_id'] ?? '';
  await world.pass(120_000);
  await world.run(({ keys }) => keys.remove('singlestore-ingest', pending));
  expect((await failure(create(world, version))).code).toBe('VERSION_GIVEN_UP');
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(keyIds(world)[0]);
  expect(world.label('AWSPENDING')).toBeNull();
  expect(world.paused()).toEqual([]);
});

test('a value that is not a flat JSON object is refused without a word of it', async () => {
  for (const secretValue of ['cAnArY', '["cAnArY"]', '{"a":{"b":"cAnArY"}}']) {
    const world = createWorld({ secretValue });
    const error = await failure(create(world, world.startRotation()));
    expect(error.code).toBe('SECRET_SHAPE');
    expect(error.message).not.toContain('cAnArY');
    expect(keyIds(world)).toHaveLength(1);
  }
});

test('AWSPENDING was taken away: the next rotation deletes the key that we had made for it, and succeeds', async () => {
  const world = createWorld();
  const abandoned = await upTo(world, 'setSecret');
  const made = world.secretValue(abandoned)?.['aws_access_key_id'];
  await world.run(({ secrets }) => secrets.moveLabel(secretId, 'AWSPENDING', abandoned, null));
  await world.run(recover);
  const version = await upTo(world, 'finishSecret');
  expect(keyIds(world)).not.toContain(made);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(world.secretValue(version)?.['aws_access_key_id']);
});

test('a key that another secret of the same user names is not deleted, at a first rotation either', async () => {
  const world = createWorld();
  await upTo(world, 'finishSecret');
  const before = keyIds(world);
  world.secrets.putByHand(secretId, world.newId(), '{}');
  world.secrets.putByHand(secretId, world.newId(), '{}');
  expect((await failure(create(world, world.startRotation()))).code).toBe('KEY_QUOTA');
  expect(keyIds(world)).toEqual(before);
});

test('the record of a link that is gone protects no key for ever', async () => {
  const links = ['analytics_link', 'other'].map((name) => ({ name: qualified('analytics', name) }));
  const world = createWorld({
    clusters: { '10.0.0.1:3306': { links, pipelines: [] } },
    definition: { targets: [{ connectionSecretId, links: [{ database: 'analytics', all: true }] }] },
  });
  await upTo(world, 'finishSecret');
  world.server().links.delete(qualified('analytics', 'other'));
  await world.pass(25 * 3_600_000);
  await world.run(recover);
  await upTo(world, 'finishSecret');
  expect(world.table.keys('link')).toHaveLength(1);
});
