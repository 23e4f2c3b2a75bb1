import { proofsNow } from '../../lambda/steps/prove';
import { withCluster } from '../../lambda/steps/targets';
import { qualified } from '../../lambda/core/names';
import { connectionSecretId } from '../support/scenario';
import { createWorld } from '../support/world';
import { call, clusterOf, failure, onLink, upTo } from './driving';

test('one refusal ends the proof at once, whoever else has loaded nothing yet, and the version counts as not set', async () => {
  const world = createWorld(clusterOf(onLink('orders'), onLink('quiet', { idle: true, path: 'elsewhere/*' })));
  const version = await upTo(world, 'setSecret');
  const refused = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId, bucket) => keyId === refused && bucket === 'bucket');
  const begun = world.clock.now();
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
  expect(world.clock.now() - begun).toBeLessThan(10_000);
  expect((await failure(call(world, 'finishSecret', version))).message).toContain('is not set');
});

test('a refusal is not hidden by a later error of another kind', async () => {
  const world = createWorld(clusterOf(onLink('orders', { stopOnError: false })));
  const version = await upTo(world, 'setSecret');
  const refused = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId) => keyId === refused);
  await world.pass(1_000);
  world.pipeline('analytics', 'orders').fault = {
    code: 1644,
    message: 'column count does not match',
  };
  await world.pass(3_000);
  expect((await failure(call(world, 'testSecret', version))).code).toBe('PROOF_FAILED');
});

test("each pipeline's errors count from its own pause on", async () => {
  const world = createWorld(clusterOf(onLink('a', { idle: true }), onLink('b', { idle: true })));
  const at = world.clock.now() - 60_000;
  for (const name of ['a', 'b']) world.server().fail(world.pipeline('analytics', name), 1933, 'InvalidAccessKeyId', at);
  const candidate = (name: string, errorsAfter: number) => ({
    pipeline: qualified('analytics', name),
    errorsAfter,
    batchesAfter: 10,
  });
  const proofs = await world.run((run) =>
    withCluster(run, connectionSecretId, 1, (cluster) =>
      proofsNow(cluster, [candidate('a', at / 1_000 - 1), candidate('b', at / 1_000)]),
    ),
  );
  expect([...proofs.values()]).toEqual(['refused', 'waiting']);
});

test('what the old credentials failed after the mark is no refusal of the new ones, unless the pipeline is in Error', async () => {
  const world = createWorld(clusterOf(onLink('a', { idle: true }), onLink('b', { idle: true }), onLink('c')));
  const mark = world.clock.now() / 1_000 - 60;
  for (const name of ['a', 'b', 'c'])
    world.server().fail(world.pipeline('analytics', name), 1933, 'InvalidAccessKeyId', world.clock.now());
  world.server().set(world.pipeline('analytics', 'c'), 'Error', 'server');
  const proofs = await world.run((run) =>
    withCluster(run, connectionSecretId, 1, (cluster) =>
      proofsNow(
        cluster,
        (
          [
            ['a', 11],
            ['b', 10],
            ['c', 11],
          ] as const
        ).map(([name, batchesAfter]) => ({
          pipeline: qualified('analytics', name),
          errorsAfter: mark,
          batchesAfter,
        })),
      ),
    ),
  );
  expect([...proofs.values()]).toEqual(['waiting', 'refused', 'refused']);
});
