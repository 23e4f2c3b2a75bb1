import type { RotationDefinition } from '../core/definition';
import { linkKey, settledOn, type LinkRecord } from '../core/journal';
import type { QualifiedName } from '../core/names';
import { isInError } from '../core/pipeline';
import { isCredentialError, proofOf, type Proof } from '../core/proof';
import type { VersionId } from '../core/version';
import type { Cluster, Invocation, PipelineError } from '../ports';
import { readSet } from './set';
import { clustersOf, resolveLinks, withCluster } from './targets';

/** A pipeline to be proven, with the marks its proof is measured against. */
export interface Candidate {
  readonly pipeline: QualifiedName;
  readonly errorsAfter: number;
  readonly batchesAfter: number | null;
}

/** How a link's pipelines took a version. */
export interface LinkProof {
  readonly key: string;
  readonly connectionSecretId: string;
  /** `null`: the link has no record. */
  readonly record: LinkRecord | null;
  /** The link does not hold the version, or not for certain. */
  readonly astray: boolean;
  /** The source refuses the new credentials to these. */
  readonly refused: readonly QualifiedName[];
  /** These have loaded with the new credentials. */
  readonly loaded: readonly QualifiedName[];
  /** These have loaded nothing since, for whatever other reason. */
  readonly unproven: readonly Candidate[];
}

const pollMs = 500;

/**
 * Watches the pipelines that were paused for a version, until each has loaded, one is refused, or the time is over.
 * Reads only.
 *
 * @param until epoch milliseconds.
 */
export async function proveLinks(
  run: Invocation,
  definition: RotationDefinition,
  version: VersionId,
  until: number,
): Promise<readonly LinkProof[]> {
  let refusedSomewhere = false;
  const proofs = await Promise.all(
    clustersOf(definition).map(({ connectionSecretId, links }) =>
      withCluster(run, connectionSecretId, 1, async (cluster) => {
        const { rows } = await resolveLinks(cluster, { connectionSecretId, links });
        const found = await Promise.all(
          rows.map(({ link }) => linkWithCandidates(run, linkKey(cluster.id, link), version)),
        );
        const all = found.flatMap(({ candidates }) => candidates);
        for (;;) {
          const asked = run.clock.now(); // a look that took long says how it was when it began
          const now = await proofsNow(cluster, all);
          const seen = new Set(now.values());
          refusedSomewhere ||= seen.has('refused');
          if (refusedSomewhere || !seen.has('waiting') || asked >= until) {
            return found.map((link) => linkProof(link, connectionSecretId, version, now));
          }
          await run.clock.sleep(Math.max(0, Math.min(pollMs, until - run.clock.now())));
        }
      }),
    ),
  );
  return proofs.flat();
}

/** How each stands at this moment. */
export async function proofsNow(
  cluster: Cluster,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<QualifiedName, Proof>> {
  if (candidates.length === 0) return new Map();
  const mark = candidates.reduce((least, { errorsAfter }) => Math.min(least, errorsAfter), Infinity);
  // states first: what has put a pipeline into Error by then stands among the errors that are read after it
  const rows = await cluster.pipelines();
  const [batches, errors] = await Promise.all([cluster.batches(), cluster.errorsAfter(mark)]);
  const states = new Map(rows.map(({ pipeline, state }) => [pipeline, state]));
  const saidOf = new Map<QualifiedName, PipelineError[]>();
  for (const error of errors) saidOf.set(error.pipeline, [...(saidOf.get(error.pipeline) ?? []), error]);
  return new Map(
    candidates.map(({ pipeline, errorsAfter, batchesAfter }) => {
      const since = (saidOf.get(pipeline) ?? []).filter(({ at }) => at > errorsAfter);
      // the batch that was in progress at the STOP may have failed on the old credentials, after the mark
      const begun = since.filter(({ batch }) => batch === null || batchesAfter === null || batch > batchesAfter);
      const own = begun.length === 0 && isInError(states.get(pipeline)) ? since : begun;
      const said = own.map(({ code, message }) => ({ code, message: message.reveal() }));
      const error = said.findLast(isCredentialError) ?? said.at(-1) ?? null;
      const succeeded = batches.get(pipeline)?.succeeded ?? 0;
      return [pipeline, proofOf({ state: states.get(pipeline), succeeded, batchesAfter, error })];
    }),
  );
}

interface Found {
  readonly key: string;
  readonly record: LinkRecord | null;
  readonly candidates: readonly Candidate[];
}

async function linkWithCandidates(run: Invocation, key: string, version: VersionId): Promise<Found> {
  const record = (await run.table.read('link', key))?.item ?? null;
  const bracket = record?.bracket ?? null;
  if (record === null || bracket === null || bracket.to !== version) return { key, record, candidates: [] };
  const members = (await readSet(run, record)).flat();
  return { key, record, candidates: members.map((member) => ({ ...member, errorsAfter: bracket.errorsAfter })) };
}

function linkProof(
  { key, record, candidates }: Found,
  connectionSecretId: string,
  version: VersionId,
  proofs: ReadonlyMap<QualifiedName, Proof>,
): LinkProof {
  const those = (wanted: Proof): QualifiedName[] =>
    candidates.map(({ pipeline }) => pipeline).filter((pipeline) => proofs.get(pipeline) === wanted);
  return {
    key,
    connectionSecretId,
    record,
    astray: !settledOn(record, version),
    refused: those('refused'),
    loaded: those('loaded'),
    unproven: candidates.filter(({ pipeline }) => !['loaded', 'refused'].includes(proofs.get(pipeline) ?? '')),
  };
}
