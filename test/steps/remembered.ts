import { historyKey, type PastRotation } from '../../lambda/core/history';
import { secretId } from '../support/scenario';
import { createWorld, type MemoryWorld } from '../support/world';

/** What is remembered of a rotation. */
export const of = (world: MemoryWorld, version: string): PastRotation | null =>
  world.table.item('history', historyKey(secretId, version));

/** The source refuses the new key of a version from now on. */
export const refuse = (world: MemoryWorld, version: string): void => {
  const refused = world.secretValue(version)?.['aws_access_key_id'];
  world.keys.deny((keyId) => keyId === refused);
};

export const label = (world: MemoryWorld, name: string, from: string | null, to: string | null): Promise<unknown> =>
  world.run(({ secrets }) => secrets.moveLabel(secretId, name, from, to));

/** The process dies behind the n-th call of this name. */
export const dying = (world: MemoryWorld, at: string, nth = 1): void => {
  let seen = 0;
  world.faults = (_, name) => (name === at && ++seen === nth ? 'dies' : undefined);
};

const worlds: MemoryWorld[] = [];

/** A world whose messages are searched for secrets behind each test. */
export function open(...options: Parameters<typeof createWorld>): MemoryWorld {
  const world = createWorld(...options);
  worlds.push(world);
  return world;
}

afterEach(() => {
  for (const world of worlds) expect(world.leaks(world.notices)).toEqual([]);
  worlds.length = 0;
});
