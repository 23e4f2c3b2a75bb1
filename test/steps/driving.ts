import type { RotationError } from '../../lambda/core/errors';
import { rotationSteps, type Step } from '../../lambda/core/event';
import { rotate } from '../../lambda/steps/rotate';
import { qualified } from '../../lambda/core/names';
import { analyticsLink, secretId } from '../support/scenario';
import type { PipelineSpec } from '../support/memoryPipelines';
import type { MemoryWorld } from '../support/world';

/** One step, as Secrets Manager calls it. */
export const call = (
  world: MemoryWorld,
  step: Step,
  version: string,
  options: { seconds?: number } = {},
): Promise<void> => world.run((run) => rotate({ type: 'rotation', step, secretId, version }, run), options);

/** The steps up to and with this one. */
export async function upTo(world: MemoryWorld, last: Step, version = world.startRotation()): Promise<string> {
  for (const step of rotationSteps.slice(0, rotationSteps.indexOf(last) + 1)) await call(world, step, version);
  return version;
}

/** The code of the error a promise ends in; fails the test when it ends well. */
export async function failure(work: Promise<unknown>): Promise<RotationError> {
  return work.then(
    () => {
      throw new Error('it ended well');
    },
    (error: unknown) => error as RotationError,
  );
}

/** Names of the pipelines that changed state, in order, as `orders:Stopped`. */
export const story = (world: MemoryWorld): string[] =>
  world.transitions.map(({ pipeline, to }) => `${/`([^`]*)`$/.exec(pipeline)?.[1] ?? pipeline}:${to}`);

export const keyIds = (world: MemoryWorld): string[] => world.keys.of('singlestore-ingest').map(({ keyId }) => keyId);

/** A pipeline on the default link. */
export const onLink = (name: string, traits: Partial<PipelineSpec> = {}): PipelineSpec => ({
  name: qualified('analytics', name),
  link: analyticsLink,
  path: `bucket/${name}/*`,
  ...traits,
});

export const clusterOf = (...pipelines: readonly PipelineSpec[]) => ({
  clusters: { '10.0.0.1:3306': { links: [{ name: analyticsLink }], pipelines } },
});

/** Secrets Manager: four steps, and the whole rotation again with the same token after a failure. @returns whether it was done */
export async function rotateWithRetries(
  world: MemoryWorld,
  version: string,
  errors: unknown[],
  attempts = 5,
): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      for (const step of rotationSteps) await call(world, step, version);
      return true;
    } catch (error) {
      errors.push(error);
      await world.pass(35_000);
    }
  }
  return false;
}
