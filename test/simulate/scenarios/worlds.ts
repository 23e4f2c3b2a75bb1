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
