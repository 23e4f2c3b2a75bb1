import { rotationSteps } from '../../lambda/core/event';
import { rotate } from '../../lambda/steps/rotate';
import { recover } from '../../lambda/steps/recover';
import type { Fault } from '../support/points';
import { secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';

/** Secrets Manager: four steps, and the whole rotation again after a failure. */
async function rotateWithRetries(world: MemoryWorld, version: string, errors: unknown[]): Promise<boolean> {
  for (let attempt = 0; attempt < 4; attempt += 1) {
    try {
      for (const step of rotationSteps)
        await world.run((run) => rotate({ type: 'rotation', step, secretId, version }, run));
      return true;
    } catch (error) {
      errors.push(error);
      await world.pass(35_000);
    }
  }
  return false;
}

const kinds: readonly Fault[] = ['not-sent', 'refused', 'lost', 'late', 'dies-before', 'dies'];

test.each(kinds)('whatever call ends "%s", the rotation ends well and nothing stays paused', async (kind) => {
  const counting = createWorld();
  await rotateWithRetries(counting, counting.startRotation(), []);
  const points = counting.points.length;
  const bad: string[] = [];
  for (let point = 1; point <= points; point += 1) {
    const world = createWorld();
    world.faults = new Map([[point, kind]]);
    const version = world.startRotation();
    const errors: unknown[] = [];
    const done = await rotateWithRetries(world, version, errors);
    await world.pass(60_000);
    const recovery = await world.run(recover);
    const problems: string[] = [];
    if (!done) problems.push('not done');
    if (world.paused().length > 0) problems.push(`paused ${world.paused().join()}`);
    if (world.pipeline('analytics', 'archive').state !== 'Stopped') problems.push('archive started');
    if (world.pipeline('sales', 'returns').state !== 'Error') problems.push('returns started');
    if (recovery.failures.length > 0) problems.push(recovery.failures.join());
    if (done && world.linkKeyId('analytics', 'analytics_link') !== world.secretValue(version)?.['aws_access_key_id'])
      problems.push('link not on the new key');
    if (world.keys.of('singlestore-ingest').length > 2) problems.push('keys');
    if (world.leaks(errors).length > 0) problems.push('leak');
    if (problems.length > 0)
      bad.push(
        `${point} ${counting.points[point - 1] ?? ''}: ${problems.join('; ')}\n     ${errors.map(String).join('\n     ')}`,
      );
  }
  expect(bad).toEqual([]);
});
