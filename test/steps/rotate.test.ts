import { rotate } from '../../lambda/steps/rotate';
import { rotationSteps } from '../../lambda/core/event';
import { secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';
import { call, failure, keyIds, upTo } from './driving';

test.each<[string, string, (world: MemoryWorld) => void]>([
  ['ROTATION_OFF', 'a secret without rotation', (world) => (world.secrets.secret(secretId).rotationEnabled = false)],
  ['SECRET_UNREADABLE', 'a secret that is being deleted', (world) => (world.secrets.secret(secretId).deleted = true)],
])('%s: %s is left alone', async (code, _, arrange) => {
  const world = createWorld();
  const version = world.startRotation();
  arrange(world);
  for (const step of rotationSteps) expect((await failure(call(world, step, version))).code).toBe(code);
  expect(keyIds(world)).toHaveLength(1);
  expect(world.transitions).toEqual([]);
});

test('VERSION_UNKNOWN: a token that the secret has not heard of changes nothing', async () => {
  const world = createWorld();
  expect((await failure(call(world, 'createSecret', 'no-such-version'))).code).toBe('VERSION_UNKNOWN');
  expect(keyIds(world)).toHaveLength(1);
});

test('VERSION_NOT_PENDING: a version that carries another label changes nothing', async () => {
  const world = createWorld();
  await upTo(world, 'finishSecret');
  const previous = world.label('AWSPREVIOUS') ?? '';
  expect((await failure(call(world, 'setSecret', previous))).code).toBe('VERSION_NOT_PENDING');
});

test('SECRET_NOT_CONFIGURED: a secret without a definition is not even described', async () => {
  const world = createWorld();
  const work = world.run((run) =>
    rotate({ type: 'rotation', step: 'createSecret', secretId: `${secretId}x`, version: 'v' }, run),
  );
  expect((await failure(work)).code).toBe('SECRET_NOT_CONFIGURED');
  expect(world.points).toEqual([]);
});

test('what a dead run left paused is resumed first, even by a call that is then refused', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'dies' : undefined);
  await call(world, 'setSecret', version).catch(() => undefined);
  world.faults = new Map();
  expect(world.paused()).toHaveLength(2);
  world.secrets.secret(secretId).rotationEnabled = false;
  expect((await failure(call(world, 'setSecret', version))).code).toBe('ROTATION_OFF');
  expect(world.paused()).toEqual([]);
});

test('the error names the step, and no secret stands in anything that was put out', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'lost' : undefined);
  const error = await failure(call(world, 'setSecret', version));
  expect(error.message).toMatch(/^ALTER_UNANSWERED: setSecret: link `analytics`.`analytics_link` on 10.0.0.1:3306/);
  expect(world.leaks(error, error.stack)).toEqual([]);
});
