import type { RotationDefinition, Target } from '../../core/definition';
import { holdsOnly, linkKey, type HeldVersion, type LinkRecord } from '../../core/journal';
import { partsOf, type QualifiedName } from '../../core/names';
import { sourceOf } from '../../core/pipeline';
import { isCredentialError } from '../../core/proof';
import { fingerprintOf, type Holding, type LinkStatus, type PipelineStatus } from '../../core/status';
import { iso } from '../../core/time';
import { labelled, type SecretDescription } from '../../core/version';
import type { BatchMarks, Cluster, Invocation, PipelineError } from '../../ports';
import { readSet } from '../set';
import { clustersOf, resolveLinks, withCluster } from '../targets';
import type { Looking } from './looking';

/** Few: nothing waits for this, and a server in need may have no more to give. */
const lanesToLook = 4;

export interface Links {
  readonly links: readonly LinkStatus[];
  /** Clusters that were looked at. */
  readonly clusters: ReadonlySet<string>;
  /** A link may hold a credential that nobody has recorded: it has no record, or its cluster was not seen. */
  readonly unrecorded: boolean;
}

/** A cluster as it is now. */
interface Sight {
  readonly cluster: string;
  readonly types: ReadonlyMap<
    string,
    { readonly cluster: string; readonly link: QualifiedName; readonly type: string }
  >;
  readonly pipelines: ReadonlyMap<string, readonly PipelineSight[]>;
}

interface PipelineSight {
  readonly pipeline: QualifiedName;
  readonly state: string;
  readonly marks: BatchMarks | undefined;
  /** Oldest first. */
  readonly errors: readonly PipelineError[];
}

/**
 * The links of a definition, and those that its records name though no target does any more.
 *
 * @param secret `null`: its labels are not known
 * @param read its records; `null`: they could not be read
 */
export async function linkStatuses(
  run: Invocation,
  definition: RotationDefinition,
  secret: SecretDescription | null,
  read: readonly LinkRecord[] | null,
  looking: Looking,
): Promise<Links> {
  const records = read ?? [];
  const oldest = records.reduce((least, record) => Math.min(least, errorsMark(record)), Infinity);
  const sights = await Promise.all(
    clustersOf(definition).map((target) =>
      looking.at<Sight | null>(`the cluster of ${target.connectionSecretId}`, null, () =>
        withCluster(run, target.connectionSecretId, lanesToLook, (cluster) => lookAt(cluster, target, oldest, looking)),
      ),
    ),
  );
  const types = new Map(sights.flatMap((sight) => [...(sight?.types ?? [])]));
  const pipelines = new Map(sights.flatMap((sight) => [...(sight?.pipelines ?? [])]));
  const recorded = new Map(records.map((record) => [linkKey(record.cluster, record.link), record]));
  const keys = [...new Set([...types.keys(), ...recorded.keys()])].sort();
  const links = await Promise.all(
    keys.map(async (key): Promise<LinkStatus> => {
      const record = recorded.get(key) ?? null;
      const { cluster, link } = types.get(key) ?? record ?? { cluster: '', link: '' as QualifiedName };
      const current = secret === null ? null : labelled(secret, 'AWSCURRENT');
      const pause = await looking.at(`the pause of ${link}`, undefined, () => bracketStatus(run, record));
      const bracket = pause ?? null;
      return {
        cluster,
        link,
        type: types.get(key)?.type ?? null,
        holds: (record?.holds ?? []).map((held) => holding(held, secret)),
        agrees: record !== null && current !== null && holdsOnly(record, current),
        ...(read === null || pause === undefined ? { unread: true } : {}),
        bracket,
        pipelines: (pipelines.get(key) ?? []).map((sight) => pipelineStatus(sight, record, bracket)),
      };
    }),
  );
  const seen = sights.flatMap((sight) => sight?.cluster ?? []);
  return {
    links,
    clusters: new Set(seen),
    unrecorded: seen.length < sights.length || links.some(({ holds }) => holds.length === 0),
  };
}

async function lookAt(cluster: Cluster, target: Target, mark: number, looking: Looking): Promise<Sight> {
  const { rows } = await resolveLinks(cluster, target);
  const listed = await cluster.pipelines();
  const definitions = await cluster.definitions(listed.map(({ pipeline }) => pipeline));
  const batches = await looking.at(`batches on ${cluster.id}`, new Map<QualifiedName, BatchMarks>(), () =>
    cluster.batches().then((found) => new Map(found)),
  );
  const errors = Number.isFinite(mark)
    ? await looking.at(`errors of pipelines on ${cluster.id}`, [], () => cluster.errorsAfter(mark))
    : [];
  const types = rows.map(({ link, type }) => [linkKey(cluster.id, link), { cluster: cluster.id, link, type }] as const);
  const pipelines = new Map<string, PipelineSight[]>();
  for (const { pipeline, state } of listed) {
    const text = definitions.get(pipeline);
    const source = text === undefined ? null : sourceOf(text, partsOf(pipeline).database);
    if (source?.through !== 'link') continue;
    const key = linkKey(cluster.id, source.link);
    const own = errors.filter((error) => error.pipeline === pipeline);
    pipelines.set(key, [...(pipelines.get(key) ?? []), { pipeline, state, marks: batches.get(pipeline), errors: own }]);
  }
  return { cluster: cluster.id, types: new Map(types), pipelines };
}

/** Errors newer than this are news. Seconds; after the set is forgotten the clocks of two machines are compared. */
const errorsMark = ({ bracket, holds }: LinkRecord): number =>
  bracket?.errorsAfter ??
  Math.max(-Infinity, ...holds.flatMap(({ since }) => (since === undefined ? [] : [since / 1_000])));

function holding({ version, keyId, since }: HeldVersion, secret: SecretDescription | null): Holding {
  return {
    version,
    fingerprint: version === null ? null : fingerprintOf(version),
    keyId: keyId ?? null,
    labels: version === null ? [] : (secret?.labels[version] ?? []),
    since: since === undefined ? null : iso(since),
  };
}

async function bracketStatus(run: Invocation, record: LinkRecord | null): Promise<LinkStatus['bracket']> {
  const bracket = record?.bracket ?? null;
  if (record === null || bracket === null) return null;
  return {
    phase: bracket.phase,
    direction: bracket.direction,
    to: bracket.to,
    openedAt: iso(bracket.openedAt),
    pipelines: (await readSet(run, record)).flat().map(({ pipeline }) => pipeline),
    held: record.lease !== null && record.lease.until > run.clock.now(),
    leaseUntil: record.lease === null ? null : iso(record.lease.until),
  };
}

function pipelineStatus(
  { pipeline, state, marks, errors }: PipelineSight,
  record: LinkRecord | null,
  bracket: LinkStatus['bracket'],
): PipelineStatus {
  const mark = record === null ? Infinity : errorsMark(record);
  const error = errors.findLast(({ at }) => at > mark);
  return {
    pipeline,
    state,
    pausedByUs: bracket?.phase === 'open' && bracket.pipelines.includes(pipeline),
    lastBatch: marks === undefined || marks.succeeded === 0 ? null : marks.succeeded,
    lastError:
      error === undefined
        ? null
        : {
            at: iso(error.at * 1_000),
            code: error.code,
            kind: isCredentialError({ code: error.code, message: error.message.reveal() }) ? 'credential' : 'other',
          },
  };
}
