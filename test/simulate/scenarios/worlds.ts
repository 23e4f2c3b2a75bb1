import { RotationError } from '../../../lambda/core/errors';
import type { RotationDefinition } from '../../../lambda/core/definition';
import { qualified } from '../../../lambda/core/names';
import type { WorldOptions } from '../../support/outside';
import type { PipelineSpec } from '../../support/memoryPipelines';
import { analyticsLink, clusterId, type ClusterSpec } from '../../support/scenario';
import { createWorld, type MemoryWorld } from '../../support/world';

/** A pipeline on the link of the default scenario. */
export const onLink = (name: string, traits: Partial<PipelineSpec> = {}): PipelineSpec => ({
  name: qualified('analytics', name),
  link: analyticsLink,
  path: `bucket/${name}/*`,
  ...traits,
});

/** One link, and these pipelines on it. */
export const oneLink = (...pipelines: readonly PipelineSpec[]): Readonly<Record<string, ClusterSpec>> => ({
  [clusterId]: { links: [{ name: analyticsLink }], pipelines },
});

/** Few calls: one lane, and keys that are accepted at once. */
export function small(
  pipelines: readonly PipelineSpec[] = [onLink('orders')],
  { definition, ...options }: WorldOptions = {},
): MemoryWorld {
  const limits: RotationDefinition['limits'] = { drainSeconds: 10, proofSeconds: 10, connections: 1 };
  const world = createWorld({ clusters: oneLink(...pipelines), definition: { limits, ...definition }, ...options });
  world.keys.propagationMs = 0;
  return world;
}

export const held = (world: MemoryWorld): string | undefined => world.linkKeyId('analytics', 'analytics_link');

/** The longest time that a pipeline was stopped by us, up to now. Milliseconds. */
export function longestPause(world: MemoryWorld): number {
  const since = new Map<string, number>();
  let longest = 0;
  for (const { at, pipeline, to, by } of world.transitions) {
    longest = Math.max(longest, at - (since.get(pipeline) ?? at));
    if (to === 'Stopped' && typeof by === 'number') since.set(pipeline, at);
    else since.delete(pipeline);
  }
  return Math.max(longest, ...[...since.values()].map((at) => world.clock.now() - at));
}

/** What was said to people, and does not hold this. */
export const isSaid = (errors: readonly unknown[], pattern: RegExp): boolean =>
  errors.some((error) => error instanceof RotationError && pattern.test(error.message));

/** Another IAM user, which has no key yet: the rotation is to move to it. */
export function anotherUser(world: MemoryWorld): MemoryWorld {
  const [definition] = world.definitions;
  world.keys.users.add('fresh');
  world.definitions.splice(0, 1, { ...definition!, source: { type: 'iam-user', userName: 'fresh' } });
  return world;
}
