import { ownerOf, type RotationDefinition } from '../core/definition';
import { expectedDrain, expectedPause, type BatchHistory, type Range } from '../core/expect';
import type { PastRotation } from '../core/history';
import type { QualifiedName } from '../core/names';
import { activityOf, type PipelineRow } from '../core/pipeline';
import type { Cluster, Invocation } from '../ports';
import type { KeptKey } from './sources';
import type { Survey, SurveyedLink } from './survey';
import type { Surveys } from './surveys';
import type { openPauses } from './whyPaused';

/** A round trip is the shortest of so many. */
const roundTrips = 3;

/** What is to be expected of one cluster. Looks only. */
export interface Outlook {
  readonly cluster: Survey['cluster'];
  /** `null`: the server does not tell. */
  readonly history: ReadonlyMap<QualifiedName, BatchHistory> | null;
  /** Milliseconds; `null`: it could not be measured. */
  readonly roundTripMs: number | null;
  /** What the server's own setting is; `null`: it does not tell. */
  readonly stopsOnError: boolean | null;
}

export async function lookAhead(run: Invocation, { cluster }: Survey): Promise<Outlook> {
  const history = await cluster.batchHistory();
  const stopsOnError = await cluster.stopsOnError();
  return { cluster, history, stopsOnError, roundTripMs: await roundTripOf(run, cluster) };
}

/** `null` where the server does not let itself be asked what is asked here. */
async function roundTripOf(run: Invocation, cluster: Cluster): Promise<number | null> {
  let least = Infinity;
  try {
    for (let at = 0; at < roundTrips; at += 1) {
      const sentAt = run.clock.now();
      await cluster.present([]);
      least = Math.min(least, run.clock.now() - sentAt);
    }
    return least;
  } catch {
    return null;
  }
}

type OpenPauses = Awaited<ReturnType<typeof openPauses>>;

/** Whether a pause of ours that is open holds this user of a link. */
export const isPausedByUs = (ours: OpenPauses, { record }: SurveyedLink, { pipeline, state }: PipelineRow): boolean =>
  activityOf(state) === 'resting' && ours.get(record)?.has(pipeline) === true;

/** What the next rotation finds when it comes to look: before all else it starts what a pause of ours holds. */
export const onceStarted = (surveys: Surveys, ours: OpenPauses): Surveys => ({
  ...surveys,
  clusters: surveys.clusters.map((survey) => ({
    ...survey,
    links: survey.links.map((link) => ({
      ...link,
      users: link.users.map((user) => (isPausedByUs(ours, link, user) ? { ...user, state: 'Running' } : user)),
    })),
  })),
});

/** What is expected of one pipeline; `null`: nobody can tell. */
export interface Expectation {
  /** A batch is under way now: a STOP would wait for its end. `null`: the server does not tell. */
  readonly inProgress: boolean | null;
  /** How long a STOP waits, from how long its batches took. */
  readonly drain: Range | null;
  /** At least, with the server's own time for ALTER and START on top. */
  readonly pause: Range | null;
  /** What its pause took in the newest rotation that has paused it. Milliseconds. */
  readonly lastPauseMs: number | null;
}

const noBatch: BatchHistory = { inProgress: false, batches: 0, medianMs: null, slowestMs: null };

/** What is expected of the pipelines that a change of one link would pause. @param past rotations, newest first */
export function expectations(
  { cluster, history, roundTripMs }: Outlook,
  paused: readonly QualifiedName[],
  connections: number,
  past: readonly PastRotation[],
): ReadonlyMap<QualifiedName, Expectation> {
  const of = (pipeline: QualifiedName): BatchHistory | null =>
    history === null ? null : (history.get(pipeline) ?? noBatch);
  const drains = paused.map((pipeline) => expectedDrain(of(pipeline)));
  const pause = expectedPause(drains, connections, roundTripMs);
  const spans = past.flatMap((rotation) => rotation.spans.filter((span) => span.cluster === cluster.id));
  return new Map(
    paused.map((pipeline, at) => [
      pipeline,
      {
        inProgress: of(pipeline)?.inProgress ?? null,
        drain: drains[at] ?? null,
        pause,
        lastPauseMs: spans.find((span) => span.pipeline === pipeline)?.milliseconds ?? null,
      },
    ]),
  );
}

/** What would not stop a rotation, and may do harm. Sentences. */
export function dangersOf(
  definition: RotationDefinition,
  surveys: readonly Survey[],
  outlooks: readonly Outlook[],
  keys: readonly KeptKey[],
): readonly string[] {
  const limitMs = definition.limits.drainSeconds * 1_000;
  const users = surveys.flatMap(({ cluster, links }) => {
    const outlook = outlooks.find((one) => one.cluster === cluster);
    return links.flatMap((link) =>
      link.users.map(({ pipeline, stopsOnError }) => ({
        pipeline,
        skips: (stopsOnError ?? outlook?.stopsOnError) === false,
        isSlow: (outlook?.history?.get(pipeline)?.slowestMs ?? 0) > limitMs,
      })),
    );
  });
  return [
    ...users
      .filter(({ skips }) => skips)
      .map(
        ({ pipeline }) =>
          `${pipeline} has STOP_ON_ERROR OFF: a file that it cannot read is skipped for good, and it never enters Error. Should new credentials be refused for a moment, rows would be missing without a sign; read such files again with ALTER PIPELINE … DROP FILE. Safer: ALTER PIPELINE ${pipeline} STOP_ON_ERROR ON before it rotates.`,
      ),
    ...users
      .filter(({ isSlow }) => isSlow)
      .map(
        ({ pipeline }) =>
          `${pipeline} has had a batch longer than limits.drainSeconds (${definition.limits.drainSeconds}): a rotation that meets one is postponed. Raise it, or rotate when little is loaded.`,
      ),
    ...keys.flatMap(({ keyId, fate, active }) => {
      if (fate.is === 'unknown')
        return [
          `${keyId} of ${ownerOf(definition.source)} is not known to this rotation: it is never touched, and takes a slot that a rotation needs.`,
        ];
      return fate.is === 'current' && !active
        ? [`${keyId}, the key of AWSCURRENT, is Inactive: there is nothing to go back to that works.`]
        : [];
    }),
  ];
}

/** What could make the rotation needless. */
export function adviceFor({ source }: RotationDefinition, surveys: readonly Survey[]): readonly string[] {
  const links = surveys.flatMap(({ links: found }) => found).filter(({ row }) => row.type.toUpperCase() === 'S3');
  if (source.type !== 'iam-user' || links.length === 0) return [];
  return [
    `S3 links also take a "role_arn" of a role that the cluster may assume (with "creds_mode": "eks_irsa" where it runs in EKS): then no access key exists, and none needs to be rotated.`,
  ];
}
