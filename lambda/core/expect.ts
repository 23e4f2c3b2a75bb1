/** What a server remembers of a pipeline's batches. Milliseconds. */
export interface BatchHistory {
  /** A batch is under way: a STOP would wait for its end. */
  readonly inProgress: boolean;
  /** Of those that have succeeded; `null`: the server tells of none. */
  readonly meanMs: number | null;
  readonly longestMs: number | null;
}

/**
 * How long a STOP is expected to wait. A batch under way is counted as if it had only begun; between two batches there is nothing to
 * wait for.
 *
 * @returns milliseconds; `null`: nobody can tell
 */
export function expectedDrainMs(history: BatchHistory | null): number | null {
  if (history === null) return null;
  return history.inProgress ? history.meanMs : 0;
}

/**
 * How long the pipelines of one link will be paused, each: until the slowest of them has drained, and then, since each is started in the
 * order stopped, one round trip for every turn of the connections, and one for the change. The server's own time for ALTER LINK and
 * START PIPELINE comes on top: nobody knows it beforehand.
 *
 * @param drainsMs one for each pipeline that will be paused
 * @param connections that carry statements
 * @returns milliseconds; `null`: a drain or the round trip is not known
 */
export function expectedPauseMs(
  drainsMs: readonly (number | null)[],
  connections: number,
  roundTripMs: number | null,
): number | null {
  if (roundTripMs === null || drainsMs.includes(null)) return null;
  const slowest = drainsMs.reduce<number>((most, drain) => Math.max(most, drain ?? 0), 0);
  return Math.round(slowest + (Math.ceil(drainsMs.length / connections) + 1) * roundTripMs);
}
