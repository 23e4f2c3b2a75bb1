import { recover } from '../../lambda/steps/recover';
import type { Fault } from '../support/points';
import { createWorld } from '../support/world';
import { rotateWithRetries, violations } from './driving';

const kinds: readonly Fault[] = ['not-sent', 'refused', 'lost', 'late', 'dies-before', 'dies'];

test.each(kinds)('whatever call ends "%s", the rotation ends well and nothing stays paused', async (kind) => {
  const undisturbed = createWorld();
  await rotateWithRetries(undisturbed, undisturbed.startRotation(), []);
  const { points } = undisturbed;
  expect(points.length).toBeGreaterThan(100);
  const bad: string[] = [];
  for (let point = 1; point <= points.length; point += 1) {
    const world = createWorld();
    world.faults = new Map([[point, kind]]);
    const version = world.startRotation();
    const errors: unknown[] = [];
    const done = await rotateWithRetries(world, version, errors);
    await world.pass(60_000);
    const { failures } = await world.run(recover);
    const onNewKey =
      world.linkKeyId('analytics', 'analytics_link') === world.secretValue(version)?.['aws_access_key_id'];
    const found = [...violations(world, errors), ...failures, ...(done && onNewKey ? [] : ['not done'])];
    if (found.length > 0)
      bad.push(`${point} ${points[point - 1] ?? ''}: ${found.join('; ')} after ${errors.join(' | ')}`);
  }
  expect(bad).toEqual([]);
});
