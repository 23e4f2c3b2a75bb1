import type { RotationDefinition } from '../core/definition';
import { RotationError } from '../core/errors';
import type { BatchHistory } from '../core/expect';
import type { QualifiedName } from '../core/names';
import { activityOf, type PipelineRow } from '../core/pipeline';
import { advice } from './bracket/advice';

/** How long batches take, by pipeline, as far as the server remembers. */
export type Histories = ReadonlyMap<QualifiedName, BatchHistory>;

/** A running pipeline whose batch under way takes so long as a rule. Milliseconds. */
export interface Draining {
  readonly pipeline: QualifiedName;
  readonly medianMs: number;
}

/** Those that a STOP would wait for, where the server tells how long their batches take. */
export const drainingAmong = (users: readonly PipelineRow[], history: Histories): readonly Draining[] =>
  users.flatMap(({ pipeline, state }) => {
    const { inProgress = false, medianMs = null } = history.get(pipeline) ?? {};
    return inProgress && medianMs !== null && activityOf(state) === 'running' ? [{ pipeline, medianMs }] : [];
  });

/**
 * What would not drain within its budget is not stopped, and nothing else is paused for it: between two of its batches, a retry
 * comes through.
 *
 * @throws DRAIN_EXCEEDED, before anything is paused
 */
export function mustDrain(draining: readonly Draining[], { limits }: RotationDefinition, where: string): void {
  const slow = draining.filter(({ medianMs }) => medianMs > limits.drainSeconds * 1_000);
  if (slow.length === 0) return;
  const named = slow.map(({ pipeline, medianMs }) => `${pipeline} (${Math.round(medianMs / 1_000)} s)`).join(', ');
  throw new RotationError(
    'DRAIN_EXCEEDED',
    `${where}: postponed, because a batch is under way that takes longer, as a rule, than limits.drainSeconds (${limits.drainSeconds} s): ${named}. Nothing was paused or changed there. The next retry of the rotation tries again. ${advice.DRAIN_EXCEEDED ?? ''}`,
  );
}

/**
 * Pipelines are stopped in this order, and started in it: a batch that takes long is waited for while the others are stopped. How
 * long is taken from what its batches took, under way or not: by the time of the STOP another one may be. A first batch under way
 * may take any time.
 */
export function slowestFirst(history: Histories): (a: PipelineRow, b: PipelineRow) => number {
  const drain = ({ pipeline }: PipelineRow): number => {
    const { medianMs = null, slowestMs = null, inProgress = false } = history.get(pipeline) ?? {};
    return medianMs ?? slowestMs ?? (inProgress ? Number.MAX_VALUE : 0);
  };
  return (a, b) => drain(b) - drain(a);
}
