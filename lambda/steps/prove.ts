import { isCredentialError, proofOf, type Proof } from '../core/proof';
import type { QualifiedName } from '../core/names';
import type { Cluster, Invocation } from '../ports';

/** A pipeline to be proven, with the marks its proof is measured against. */
export interface Candidate {
  readonly pipeline: QualifiedName;
  readonly errorsAfter: number;
  readonly batchesAfter: number | null;
}

const pollMs = 500;

/**
 * Watches pipelines until each has loaded or was refused, or the time is over. Reads only.
 *
 * @param until epoch milliseconds.
 */
export async function prove(
  run: Invocation,
  cluster: Cluster,
  candidates: readonly Candidate[],
  until: number,
): Promise<ReadonlyMap<QualifiedName, Proof>> {
  for (;;) {
    const proofs = await proofsNow(cluster, candidates);
    const waiting = [...proofs.values()].includes('waiting');
    if (!waiting || run.clock.now() >= until) return proofs;
    await run.clock.sleep(Math.min(pollMs, until - run.clock.now()));
  }
}

/** How each stands at this moment. */
export async function proofsNow(
  cluster: Cluster,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<QualifiedName, Proof>> {
  if (candidates.length === 0) return new Map();
  const mark = candidates.reduce((least, { errorsAfter }) => Math.min(least, errorsAfter), Infinity);
  const [rows, batches, errors] = await Promise.all([
    cluster.pipelines(),
    cluster.batches(),
    cluster.errorsAfter(mark),
  ]);
  const states = new Map(rows.map(({ pipeline, state }) => [pipeline, state]));
  return new Map(
    candidates.map(({ pipeline, errorsAfter, batchesAfter }) => {
      const own = errors.filter((error) => error.pipeline === pipeline && error.at > errorsAfter);
      const said = own.map(({ code, message }) => ({ code, message: message.reveal() }));
      const error = said.findLast(isCredentialError) ?? said.at(-1) ?? null;
      const succeeded = batches.get(pipeline)?.succeeded ?? 0;
      return [pipeline, proofOf({ state: states.get(pipeline), succeeded, batchesAfter, error })];
    }),
  );
}
