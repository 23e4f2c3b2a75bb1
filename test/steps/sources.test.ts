import { Credentials } from '../../lambda/core/credentials';
import { recover } from '../../lambda/steps/recover';
import { rotate } from '../../lambda/steps/rotate';
import type { Invocation } from '../../lambda/ports';
import { secretId, userName } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, upTo } from './driving';
import { freezing } from './freezing';

const create = (version: string) => (run: Invocation) =>
  rotate({ type: 'rotation', step: 'createSecret', secretId, version }, run);
/** IAM lists keys made before this moment only. */
const lagging =
  (hidden: (keyId: string) => boolean) =>
  (run: Invocation): Invocation => ({
    ...run,
    keys: {
      ...run.keys,
      list: async (user) => (await run.keys.list(user)).filter(({ keyId }) => !hidden(keyId)),
    },
  });
const unlisted = (keyId: string) => lagging((one) => one === keyId);
const storedFirst = '{"aws_access_key_id":"AKIASOMEBODYELSE","aws_secret_access_key":"x"}';

test('another value stands in the version first: the key just made is deleted, and the stored value is left', async () => {
  const world = createWorld();
  const before = keyIds(world);
  const version = world.startRotation();
  let raced = false;
  world.faults = (_, name) => {
    if (name === 'secrets.put' && !raced) {
      raced = true;
      void world.begin(({ secrets }) => secrets.put(secretId, version, new Credentials(storedFirst), undefined));
    }
    return undefined;
  };
  await call(world, 'createSecret', version);
  expect(JSON.stringify(world.secretValue(version))).toBe(storedFirst);
  expect(keyIds(world)).toEqual(before);
});

test('a key whose answer was lost is known as ours even if IAM shows it only after a second try, which was refused', async () => {
  const world = createWorld();
  const version = world.startRotation();
  const [inUse] = keyIds(world);
  world.faults = (_, name) => (name === 'keys.create' ? 'lost' : undefined);
  await failure(call(world, 'createSecret', version));
  world.faults = new Map();
  const orphan = keyIds(world)[1];
  await world.pass(20_000);
  const blind = world.run((run) => create(version)(lagging((keyId) => keyId === orphan)(run)));
  expect((await failure(blind)).code).toBe('KEY_QUOTA');
  await world.pass(20_000);
  await call(world, 'createSecret', version);
  expect(keyIds(world)).toEqual([inUse, world.secretValue(version)?.['aws_access_key_id']]);
});

test('two keys of one user whose secrets were lost are both deleted', async () => {
  const world = withFreshUser();
  const version = world.startRotation();
  world.faults = (_, name) => (name === 'keys.create' ? 'lost' : undefined);
  await failure(call(world, 'createSecret', version));
  await world.pass(20_000);
  const made = world.keys.of('fresh').map(({ keyId }) => keyId);
  const blind = world.run((run) => create(version)(lagging((keyId) => made.includes(keyId))(run)));
  expect((await failure(blind)).code).toBe('CREATE_REFUSED');
  world.faults = new Map();
  expect(world.keys.of('fresh')).toHaveLength(2);
  await world.pass(30_000);
  await call(world, 'createSecret', version);
  const stored = world.secretValue(version);
  expect(world.keys.of('fresh').map(({ keyId }) => keyId)).toEqual([stored?.['aws_access_key_id']]);
});

test('a pending key so young that IAM does not list it yet is adopted', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  const value = world.secretValue(version);
  await world.pass(10_000);
  await world.run((run) => create(version)(lagging((keyId) => keyId === value?.['aws_access_key_id'])(run)));
  expect(world.secretValue(version)).toEqual(value);
  expect(world.label('AWSPENDING')).toBe(version);
});

describe('createSecret, suspended for five minutes while a retry makes the key', () => {
  /** An orphan is to be deleted first, so that each effect on IAM is among the calls. */
  async function withOrphan(): Promise<{ world: MemoryWorld; version: string }> {
    const world = createWorld();
    const version = world.startRotation();
    world.faults = (_, name) => (name === 'keys.create' ? 'lost' : undefined);
    await failure(call(world, 'createSecret', version));
    world.faults = new Map();
    await world.pass(70_000); // or it waits, with the lease, until no value with that key can arrive
    return { world, version };
  }
  async function suspendedAt(
    point: number,
  ): Promise<{ world: MemoryWorld; version: string; names: string[]; woke: number }> {
    const { world, version } = await withOrphan();
    let names: string[] = [];
    let woke = Infinity;
    const zombie = world.begin(async (run) => {
      const frozen = freezing(world, run, { point, when: 'after', forMs: 300_000 });
      names = frozen.names;
      await create(version)(frozen.run).catch(() => undefined);
    });
    const retry = world.clock.sleep(50_000).then(async () => {
      await world.begin(create(version));
      woke = names.length;
    });
    await world.clock.run(Promise.all([zombie, retry]));
    return { world, version, names, woke };
  }

  test('changes nothing at IAM when it wakes, after whichever call it slept, and the stored key lives', async () => {
    const { names } = await suspendedAt(Infinity);
    expect(names).toEqual(expect.arrayContaining(['keys.remove', 'keys.create', 'secrets.put']));
    for (let point = 1; point <= names.indexOf('keys.create'); point += 1) {
      const after = await suspendedAt(point);
      const late = after.names.slice(after.woke).filter((name) => /keys\.(create|remove|deactivate)/.test(name));
      expect([point, names[point - 1], late]).toEqual([point, names[point - 1], []]);
      expect(keyIds(after.world)).toContain(after.world.secretValue(after.version)?.['aws_access_key_id']);
      expect(after.world.keys.of(userName)).toHaveLength(2);
    }
  });
});

/** A user without a key, so that there is room for one that nobody knows. */
function withFreshUser(): MemoryWorld {
  const world = createWorld();
  const [definition] = world.definitions;
  world.keys.users.add('fresh');
  world.definitions.splice(0, 1, { ...definition!, source: { type: 'iam-user', userName: 'fresh' } });
  return world;
}

test('who slept before CreateAccessKey takes the key back that it makes when it wakes: nobody else knows its secret', async () => {
  const undisturbed = withFreshUser();
  await call(undisturbed, 'createSecret', undisturbed.startRotation());
  const world = withFreshUser();
  const version = world.startRotation();
  let names: string[] = [];
  const zombie = world.begin(async (run) => {
    const point = undisturbed.points.indexOf('keys.create') + 1;
    const frozen = freezing(world, run, { point, when: 'before', forMs: 300_000 });
    names = frozen.names;
    await create(version)(frozen.run).catch(() => undefined);
  });
  await world.clock.run(Promise.all([zombie, world.clock.sleep(50_000).then(() => world.begin(create(version)))]));
  expect(names.filter((name) => /keys\.(create|remove)/.test(name))).toEqual(['keys.create', 'keys.remove']);
  const stored = world.secretValue(version)?.['aws_access_key_id'];
  expect(world.keys.of('fresh').map(({ keyId }) => keyId)).toEqual([stored]);
});

test('a journal that fails behind CreateAccessKey is what is told, though the key cannot be taken back either; the retry ends it', async () => {
  const world = withFreshUser();
  const version = world.startRotation();
  world.faults = (_, name) =>
    world.keys.of('fresh').length > 0 && /^(?:table\.write|keys\.remove)$/.test(name) ? 'refused' : undefined;
  const told = await failure(call(world, 'createSecret', version));
  expect(told.message).toContain('table.write');
  const [left] = world.keys.of('fresh');
  expect(left).toBeDefined();
  world.faults = new Map();
  await call(world, 'createSecret', version);
  const stored = world.secretValue(version)?.['aws_access_key_id'];
  expect(stored).not.toBe(left?.keyId);
  expect(world.keys.of('fresh').map(({ keyId }) => keyId)).toEqual([stored]);
});

test.each([8_000, 25_000, 300_000])(
  'who slept %i ms after its intent was written sends CreateAccessKey only while an intent covers the minute in which it may take effect',
  async (forMs) => {
    const undisturbed = withFreshUser();
    await call(undisturbed, 'createSecret', undisturbed.startRotation());
    const world = withFreshUser();
    const version = world.startRotation();
    const point = undisturbed.points.indexOf('keys.create');
    world.lateMs = 59_000;
    world.faults = (_, name) => (name === 'keys.create' ? 'late' : undefined);
    const zombie = world.begin(async (run) =>
      create(version)(freezing(world, run, { point, when: 'after', forMs }).run),
    );
    await world.clock.run(zombie.catch(() => undefined));
    await world.pass(60_000);
    const [key] = world.keys.of('fresh');
    const intents = world.table.history.flatMap(({ kind, json }) =>
      kind === 'user' && json !== null ? ((JSON.parse(json) as { intent: { until: number } | null }).intent ?? []) : [],
    );
    expect(intents.some(({ until }) => until > (key?.createdAt ?? Infinity))).toBe(true);
  },
);

describe('two secrets of one user', () => {
  const other = secretId.replace('s3-ingest', 'other');

  /** The other secret's key is stored, its answer was not recorded, and IAM does not list it yet when this secret's createSecret comes. */
  async function behindTheLag(): Promise<{ world: MemoryWorld; stored: string }> {
    const world = createWorld();
    world.secrets.add(other, world.newId(), world.secrets.value(secretId, world.firstVersion ?? '') ?? '');
    world.definitions.push({ ...world.definitions[0]!, secretId: other });
    const theirs = world.newId();
    world.secrets.stage(other, theirs, null);
    world.faults = (_, name) => (name === 'secrets.put' ? 'dies' : undefined);
    await world
      .run((run) => rotate({ type: 'rotation', step: 'createSecret', secretId: other, version: theirs }, run))
      .catch(() => undefined);
    world.faults = new Map();
    const fields = JSON.parse(world.secrets.value(other, theirs) ?? '{}') as Record<string, string>;
    return { world, stored: fields['aws_access_key_id'] ?? '' };
  }

  test('a key that the one has stored is no orphan of the other, though IAM listed it too late', async () => {
    const { world, stored } = await behindTheLag();
    const version = world.startRotation();
    const blind = world.run((run) => create(version)(unlisted(stored)(run)));
    expect((await failure(blind)).code).toBe('KEY_QUOTA');
    await world.pass(120_000);
    expect((await failure(call(world, 'createSecret', version))).code).toBe('KEY_QUOTA');
    expect(keyIds(world)).toContain(stored);
  });
});

test('a key that AWSCURRENT was moved back to while the call looked around is not deleted', async () => {
  const world = createWorld();
  const [old = ''] = keyIds(world);
  await upTo(world, 'finishSecret');
  await world.pass(25 * 3_600_000);
  await world.run(recover);
  expect(world.keys.key(old).active).toBe(false);
  const version = world.startRotation();
  const before = world.label('AWSPREVIOUS');
  world.faults = (_, name) => {
    if (name === 'cluster.links') world.secrets.labelByHand(secretId, 'AWSCURRENT', before);
    return undefined;
  };
  await call(world, 'createSecret', version).catch(() => undefined);
  expect(world.keys.key(old).deleted).toBe(false);
});
