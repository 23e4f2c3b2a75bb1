/** What a server remembers of a pipeline's batches. Milliseconds. */
export interface BatchHistory {
  /** A batch is under way: a STOP would wait for its end. */
  readonly inProgress: boolean;
  /** How many have succeeded and left their time; 0: none is on record. */
  readonly batches: number;
  /** `null`: none is on record, or the server knows no median. */
  readonly medianMs: number | null;
  readonly slowestMs: number | null;
}

/** What is to be expected of a length of time, from the batches on record. Milliseconds; 0: below what could be measured. */
export interface Range {
  /** As a rule; `null`: the server knows no median. */
  readonly medianMs: number | null;
  /** At worst, as far as is on record. */
  readonly slowestMs: number;
  /** How many batches it stands on. */
  readonly batches: number;
}

/**
 * How long a STOP is expected to wait: for a batch that has only begun. Whether one is under way now does not matter: the rotation comes
 * at another moment.
 *
 * @returns `null`: nobody can tell, because no batch is on record
 */
export function expectedDrain(history: BatchHistory | null): Range | null {
  if (history === null || history.slowestMs === null) return null;
  const { batches, medianMs, slowestMs } = history;
  return { batches, medianMs, slowestMs };
}

/**
 * How long the pipelines of one link will be paused, each: until the slowest of them has drained, and then, since each is started in the
 * order stopped, one round trip for every turn of the connections, and one for the change. The server's own time for ALTER LINK and
 * START PIPELINE comes on top: nobody knows it beforehand.
 *
 * @param drains one for each pipeline that will be paused
 * @param connections that carry statements
 * @returns `null`: a drain or the round trip is not known
 */
export function expectedPause(
  drains: readonly (Range | null)[],
  connections: number,
  roundTripMs: number | null,
): Range | null {
  const known = drains.flatMap((drain) => drain ?? []);
  if (roundTripMs === null || known.length < drains.length) return null;
  const tripsMs = (Math.ceil(drains.length / connections) + 1) * roundTripMs;
  const medians = known.flatMap(({ medianMs }) => medianMs ?? []);
  const most = (all: readonly number[]): number => all.reduce((longest, one) => Math.max(longest, one), 0) + tripsMs;
  return {
    batches: known.reduce((sum, { batches }) => sum + batches, 0),
    medianMs: medians.length < known.length ? null : most(medians),
    slowestMs: most(known.map(({ slowestMs }) => slowestMs)),
  };
}
