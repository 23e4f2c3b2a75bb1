import { rotationSteps } from '../../lambda/core/event';
import { recover } from '../../lambda/steps/recover';
import { createWorld, type MemoryWorld } from '../support/world';
import { call } from './driving';

/** Calls of Secrets Manager and IAM, by step. The journal and the trials of the new key are counted apart. */
async function callsOf(world: MemoryWorld): Promise<Readonly<Record<string, readonly string[]>>> {
  const version = world.startRotation();
  const calls: Record<string, readonly string[]> = {};
  for (const step of rotationSteps) {
    const before = world.points.length;
    await call(world, step, version);
    calls[step] = world.points.slice(before).filter((name) => /^(secrets|keys)\./.test(name));
  }
  return calls;
}
const total = (calls: Readonly<Record<string, readonly string[]>>): number => Object.values(calls).flat().length;

const later = {
  setSecret: ['secrets.describe', 'secrets.read', 'secrets.read', 'secrets.read', 'secrets.describe'],
  testSecret: ['secrets.describe', 'secrets.read'],
  finishSecret: ['secrets.describe', 'secrets.read', 'secrets.moveLabel'],
};

test('a first rotation makes 17 calls of AWS, a later one 19: it has an old key to delete', async () => {
  const world = createWorld();
  const first = await callsOf(world);
  expect(first).toEqual({
    createSecret: [
      'secrets.describe', // may this token be worked on?
      'secrets.read', // its own value: none yet
      'secrets.read', // AWSCURRENT, which it carries over
      'secrets.read', // the login of the cluster
      'keys.list',
      'keys.create',
      'secrets.put',
    ],
    ...later,
  });
  await world.pass(25 * 3_600_000);
  await world.run(recover);
  const second = await callsOf(world);
  expect(second).toEqual({
    createSecret: [
      ...['secrets.describe', 'secrets.read', 'secrets.read', 'secrets.read', 'keys.list'],
      ...['secrets.describe', 'keys.remove', 'keys.create', 'secrets.put'],
    ],
    ...later,
  });
  expect([total(first), total(second)]).toEqual([17, 19]);
});
