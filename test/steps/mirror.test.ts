import { followChange } from '../../lambda/steps/follow';
import { foresee } from '../../lambda/steps/foresee';
import { plan } from '../../lambda/steps/plan';
import { recover } from '../../lambda/steps/recover';
import { secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, clusterOf, failure, onLink, story, upTo } from './driving';

const mirrored = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:team/ingest-key-QwErTy';

/** A world whose secret mirrors another one, which holds this value. */
function mirroring(value: (world: MemoryWorld) => string, overlap = false): MemoryWorld {
  const world = createWorld({ definition: { source: { type: 'mirror', secretId: mirrored, overlap } } });
  world.secrets.add(mirrored, world.newId(), value(world));
  return world;
}
const otherKey = (world: MemoryWorld): string => {
  const { keyId, secret } = world.keys.add('somebody');
  return JSON.stringify({ aws_access_key_id: keyId, aws_secret_access_key: secret });
};
const sameAsNow = (world: MemoryWorld): string =>
  world.secretValue(world.label('AWSCURRENT') ?? '') === null
    ? ''
    : JSON.stringify(world.secretValue(world.label('AWSCURRENT') ?? ''));
const reversed = (json: string): string =>
  JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json) as object).reverse()));

test('the value of the mirrored secret is taken over, and the links get it', async () => {
  const world = mirroring(otherKey);
  const version = await upTo(world, 'finishSecret');
  expect(JSON.stringify(world.secretValue(version))).toBe(
    world.secrets.value(mirrored, world.secrets.holder(mirrored, 'AWSCURRENT') ?? ''),
  );
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(world.secretValue(version)?.['aws_access_key_id']);
  expect(world.paused()).toEqual([]);
});

test('the value that the links hold already pauses nothing', async () => {
  const world = mirroring(sameAsNow);
  const version = await upTo(world, 'finishSecret');
  expect(world.transitions).toEqual([]);
  expect(world.points).not.toContain('lane.alter');
  expect(world.label('AWSCURRENT')).toBe(version);
});

test('a pipeline that is owed a START is started, also when the same value comes under another version meanwhile', async () => {
  const world = createWorld({
    ...clusterOf(onLink('orders'), onLink('shown')),
    definition: { source: { type: 'mirror', secretId: mirrored, overlap: true } },
  });
  const value = otherKey(world);
  world.secrets.add(mirrored, world.newId(), value);
  const shown = world.pipeline('analytics', 'shown');
  let tested = false;
  world.faults = (_, name) => {
    if (name === 'lane.start' && !tested) {
      tested = true;
      world.server().set(shown, 'Testing', 'somebody');
    }
    return undefined;
  };
  await upTo(world, 'finishSecret');
  world.server().set(shown, 'Stopped', 'somebody'); // the test of what we had stopped is over
  shown.refuses = 1712;
  await world.pass(60_000);
  await world.run(recover);
  world.secrets.putByHand(mirrored, world.newId(), value);
  await upTo(world, 'finishSecret');
  expect(shown.state).toBe('Stopped');
  shown.refuses = null;
  await world.pass(60_000);
  await world.run(recover);
  expect(shown.state).toBe('Running');
});

test('a link without a record whose CONFIG shows something else is changed, though AWSCURRENT has the value already', async () => {
  const world = createWorld({
    definition: {
      source: { type: 'mirror', secretId: mirrored, overlap: false },
      fields: { credentials: {}, config: { region: 'region' } },
    },
    secretValue: '{"token":"t","region":"eu-west-1"}',
  });
  world.secrets.add(mirrored, world.newId(), '{"token":"t","region":"eu-west-1"}');
  const planned = await world.run((run) => plan(run, run.definitions[0]!));
  expect(planned.links.map(({ unchanged, statements }) => [unchanged, statements.length])).toEqual([[false, 5]]);
  const link = world.link('analytics', 'analytics_link');
  expect(link.config).toContain('us-east-1');
  await upTo(world, 'setSecret');
  expect([link.config, link.credentials]).toEqual(['{"region":"eu-west-1"}', '{"token":"t"}']);
  const again = await world.run((run) => plan(run, run.definitions[0]!));
  expect(again.links.map(({ unchanged }) => unchanged)).toEqual([true]); // it is set: what is left is its promotion
});

test.each([
  ['an empty first value', '{}', '{"region":"us-east-1"}'],
  ['a value from before a key was asked for', '{"token":"t","region":"us-east-1"}', '{"region":"us-east-1"}'],
  ['CONFIG that is no object, which nothing is merged into', '{"token":"t"}', 'null'],
])('%s is no obstacle: the link is given the value', async (_, secretValue, config) => {
  const asks = config === 'null' ? {} : { region: 'region', zone: 'zone' };
  const world = createWorld({
    definition: {
      source: { type: 'mirror', secretId: mirrored, overlap: false },
      fields: { credentials: { token: 'token' }, config: asks },
    },
    secretValue,
  });
  world.secrets.add(mirrored, world.newId(), '{"token":"new","region":"us-east-1","zone":"z"}');
  world.link('analytics', 'analytics_link').config = config;
  expect((await world.run((run) => plan(run, run.definitions[0]!))).blockers).toEqual([]);
  await upTo(world, 'setSecret');
  expect(world.link('analytics', 'analytics_link').credentials).toBe('{"token":"new"}');
});

test('a plan says of a link that holds the value already that nothing is paused', async () => {
  const world = mirroring(sameAsNow);
  const { links } = await world.run((run) => plan(run, run.definitions[0]!));
  expect(links.map(({ unchanged, statements }) => [unchanged, statements])).toEqual([[true, []]]);
  expect(links.flatMap(({ pipelines }) => pipelines).filter(({ paused }) => paused)).toEqual([]);
});

test('keys of somebody else are never retired or deleted', async () => {
  const world = mirroring(otherKey, true);
  await upTo(world, 'finishSecret');
  await world.pass(48 * 3_600_000);
  expect((await world.run(recover)).retired).toEqual([]);
  expect(world.points.filter((name) => /keys\.(remove|deactivate|create)/.test(name))).toEqual([]);
});

test('without overlap there is nothing to go back to: the link keeps the new value, its pipelines are started, AWSPENDING stays', async () => {
  const world = mirroring(otherKey);
  const version = await upTo(world, 'setSecret');
  world.keys.deny((keyId) => keyId === world.secretValue(version)?.['aws_access_key_id']);
  await world.pass(2_000);
  const error = await failure(call(world, 'testSecret', version));
  expect(error.code).toBe('PROOF_FAILED');
  expect(error.message).toContain('nothing to go back to');
  expect(world.paused()).toEqual([]);
  expect(world.label('AWSPENDING')).toBe(version);
});

test('with overlap a refused value goes back to AWSCURRENT', async () => {
  const world = mirroring(otherKey, true);
  const before = world.linkKeyId('analytics', 'analytics_link');
  const version = await upTo(world, 'setSecret');
  world.keys.deny((keyId) => keyId === world.secretValue(version)?.['aws_access_key_id']);
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(before);
});

test.each(['', '[]', '{"a":{}}'])(
  'a mirrored value that is no flat object (%j) is refused, and nothing is stored',
  async (value) => {
    const world = mirroring(() => value);
    const version = world.startRotation();
    expect((await failure(call(world, 'createSecret', version))).code).toBe('SECRET_SHAPE');
    expect(world.secretValue(version)).toBeNull();
  },
);

test.each(['{}', '{"aws_access_key_id":"AKIA"}', '{"password":"x"}'])(
  'a mirrored value that cannot serve the links (%s) is refused before any pause',
  async (value) => {
    const world = mirroring(() => value);
    expect((await failure(call(world, 'createSecret', world.startRotation()))).code).toBe('SECRET_SHAPE');
    expect(world.transitions).toEqual([]);
  },
);

test('a pending value that its secret has replaced gives way: the label goes, and a rotation with the new value begins', async () => {
  const world = mirroring(otherKey);
  const version = await upTo(world, 'setSecret');
  world.keys.deny((keyId) => keyId === world.secretValue(version)?.['aws_access_key_id']);
  await failure(call(world, 'testSecret', version));
  world.secrets.putByHand(mirrored, world.newId(), otherKey(world));
  expect((await failure(call(world, 'createSecret', version))).code).toBe('VERSION_GIVEN_UP');
  const next = world.label('AWSPENDING') ?? '';
  expect(next).not.toBe(version);
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
    await call(world, step, next);
  expect(world.paused()).toEqual([]);
});

describe('a change of the mirrored secret', () => {
  test('starts a rotation, once for each version', async () => {
    const world = mirroring(otherKey);
    expect(await world.run((run) => followChange(run, mirrored))).toEqual([secretId]);
    const version = world.label('AWSPENDING') ?? '';
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
      await call(world, step, version);
    expect(await world.run((run) => followChange(run, 'team/ingest-key'))).toEqual([]);
  });

  test('is not taken over by whoever comes too late with it: the version has another value', async () => {
    const world = mirroring(otherKey);
    const version = world.startRotation();
    world.faults = (_, name) => (name === 'cluster.grammar' ? 'freezes' : undefined);
    await call(world, 'createSecret', version).catch(() => undefined);
    world.faults = new Map();
    await call(world, 'createSecret', version);
    world.secrets.putByHand(mirrored, world.newId(), otherKey(world));
    await world.pass(300_000); // the first one wakes, and reads the new value
    for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) await call(world, step, version);
    expect(await world.run((run) => followChange(run, mirrored))).toEqual([secretId]);
  });

  test('is waited with while a previous rotation is not complete', async () => {
    const world = mirroring(otherKey);
    world.startRotation();
    expect(await world.run((run) => followChange(run, mirrored))).toEqual([]);
    expect(world.logs.some(({ action }) => action === 'mirror-waits')).toBe(true);
  });

  test.each([
    ['the same text', sameAsNow],
    ['the same keys in another order', (world: MemoryWorld) => reversed(sameAsNow(world))],
  ])('starts nothing when no rotation has taken it over yet, and our secret has %s', async (_, value) => {
    const world = mirroring(value);
    await world.pass(60_000 * (5 - (Math.floor(world.clock.now() / 60_000) % 5)));
    expect((await world.run(foresee)).started).toEqual([]);
    expect((await world.run(recover)).started).toEqual([]);
    expect(await world.run((run) => followChange(run, mirrored))).toEqual([]);
    expect([world.label('AWSPENDING'), world.transitions]).toEqual([null, []]);
    const at = world.points.length; // it is remembered: no value is read again
    expect(await world.run((run) => followChange(run, mirrored))).toEqual([]);
    expect(world.points.slice(at).filter((name) => name.startsWith('secrets.read'))).toEqual([]);
    world.secrets.putByHand(mirrored, world.newId(), otherKey(world));
    expect((await world.run(foresee)).started).toEqual([secretId]);
    expect(await world.run((run) => followChange(run, mirrored))).toEqual([secretId]);
  });

  test('starts a rotation that says what is wrong with a value which is no flat object', async () => {
    const world = mirroring(() => '[]');
    expect(await world.run((run) => followChange(run, mirrored))).toEqual([secretId]);
  });

  test('of another secret starts nothing', async () => {
    const world = mirroring(otherKey);
    expect(await world.run((run) => followChange(run, `${mirrored.slice(0, -10)}-other-QwErTz`))).toEqual([]);
  });

  test('is found by the watchdog within five minutes when no event came', async () => {
    const world = mirroring(otherKey);
    await world.pass(60_000);
    const started: string[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      started.push(...(await world.run(recover)).started);
      await world.pass(60_000);
    }
    expect(started).toEqual([secretId]);
    expect(story(world)).toEqual([]);
  });
});

test('a version that gave way is not taken from links that work with it, for AWSCURRENT may have ended', async () => {
  const world = createWorld({
    ...clusterOf(onLink('orders')),
    definition: { source: { type: 'mirror', secretId: mirrored, overlap: true } },
  });
  world.secrets.add(mirrored, world.newId(), otherKey(world));
  const version = await upTo(world, 'setSecret');
  const works = world.secretValue(version)?.['aws_access_key_id'];
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(works);
  world.secrets.putByHand(mirrored, world.newId(), otherKey(world));
  expect((await failure(call(world, 'createSecret', version))).code).toBe('VERSION_GIVEN_UP');
  await world.pass(60_000);
  await world.run(recover);
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(works);
  const next = world.label('AWSPENDING') ?? '';
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
    await call(world, step, next);
  expect([world.label('AWSCURRENT'), world.paused()]).toEqual([next, []]);
});
