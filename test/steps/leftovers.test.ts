import { recover } from '../../lambda/steps/recover';
import { rotate } from '../../lambda/steps/rotate';
import { secretId } from '../support/scenario';
import { createWorld } from '../support/world';
import { call, clusterOf, failure, onLink, upTo } from './driving';

test('a promotion that died after the label is finished by the watchdog: retirement due, names gone', async () => {
  const world = createWorld();
  const version = await upTo(world, 'testSecret');
  world.faults = (_, name) => (name === 'secrets.moveLabel' ? 'dies' : undefined);
  await call(world, 'finishSecret', version).catch(() => undefined);
  world.faults = new Map();
  await world.run(recover);
  expect(world.table.item('secret', secretId)?.retirements).toHaveLength(1);
  expect(world.table.keys('set')).toEqual([]);
  expect((await world.run(recover)).settled).toEqual([]);
});

test('a first rotation whose key was deleted keeps AWSPENDING while a link may hold it: there is nothing to go back to', async () => {
  const world = createWorld({ secretValue: '{}' });
  const version = await upTo(world, 'setSecret');
  await world.pass(120_000);
  const pending = world.secretValue(version)?.['aws_access_key_id'] ?? '';
  await world.run(({ keys }) => keys.remove('singlestore-ingest', pending));
  const error = await failure(call(world, 'createSecret', version));
  expect(error.code).toBe('VERSION_GIVEN_UP');
  expect(error.message).toContain('AWSPENDING stays');
  expect(world.label('AWSPENDING')).toBe(version);
});

test('the proof leaves the time that a rollback needs', async () => {
  const world = createWorld(clusterOf(onLink('quiet', { idle: true })));
  const version = await upTo(world, 'setSecret');
  const begun = world.clock.now();
  await call(world, 'testSecret', version, { seconds: 100 });
  expect(world.clock.now() - begun).toBeLessThan(12_000);
});

test('a pending value that a read does not show yet is asked for again', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  let blind = 3;
  await world.run((run) =>
    rotate(
      { type: 'rotation', step: 'setSecret', secretId, version },
      {
        ...run,
        secrets: {
          ...run.secrets,
          ...run.secrets,
          read: async (id, which) =>
            'version' in which && which.version === version && blind-- > 0 ? null : run.secrets.read(id, which),
        },
      },
    ),
  );
  expect(world.linkKeyId('analytics', 'analytics_link')).toBe(world.secretValue(version)?.['aws_access_key_id']);
});

test('a credential error from before the pause does not fail the proof of a pipeline that loads nothing', async () => {
  const world = createWorld(clusterOf(onLink('quiet', { idle: true })));
  const quiet = world.pipeline('analytics', 'quiet');
  world.server().fail(quiet, 1933, 'InvalidAccessKeyId', world.clock.now() - 3_600_000);
  await upTo(world, 'testSecret');
  expect(world.table.item('secret', secretId)?.unproven).toHaveLength(1);
});

test('the older key stays due when it was, however often a step comes again', async () => {
  const world = createWorld();
  const version = await upTo(world, 'finishSecret');
  const due = world.table.item('secret', secretId)?.retirements;
  await world.pass(3_600_000);
  await call(world, 'finishSecret', version);
  expect(world.table.item('secret', secretId)?.retirements).toEqual(due);
});

test('the names of a try that failed leave the table with the next one', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.faults = (_, name) => (name === 'lane.alter' ? 'refused' : undefined);
  await failure(call(world, 'setSecret', version));
  const [former] = world.table.keys('set');
  world.faults = new Map();
  await call(world, 'setSecret', version);
  expect(world.table.keys('set')).toHaveLength(1);
  expect(world.table.keys('set')).not.toContain(former);
});

test('waiting for the key to be accepted leaves the time that a pause needs', async () => {
  const world = createWorld();
  const version = await upTo(world, 'createSecret');
  world.keys.propagationMs = 600_000;
  const begun = world.clock.now();
  const error = await failure(call(world, 'setSecret', version, { seconds: 120 }));
  expect(error.code).toBe('CREDENTIALS_NOT_ACCEPTED');
  expect(world.clock.now() - begun).toBeLessThan(32_000);
});
