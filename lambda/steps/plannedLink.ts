import type { RotationDefinition } from '../core/definition';
import type { PastRotation } from '../core/history';
import { settledOn } from '../core/journal';
import { activityOf } from '../core/pipeline';
import type { VersionId } from '../core/version';
import type { Cluster } from '../ports';
import { holdsSameValue } from './change';
import { expectations, isPausedByUs, type Expectation, type Outlook } from './outlook';
import type { Value } from './rotation';
import type { SurveyedLink } from './survey';
import { whyOf, whyOurs, type openPauses } from './whyPaused';

export interface PlannedLink {
  readonly cluster: string;
  readonly link: string;
  readonly type: string;
  /** It holds the next value already, so nothing is paused or sent. */
  readonly unchanged: boolean;
  readonly pipelines: readonly PlannedPipeline[];
  /** How many more there are, which the answer does not list: those first that are left alone. */
  readonly leftOut?: number;
  readonly statements: readonly string[];
}

export interface PlannedPipeline {
  readonly pipeline: string;
  readonly state: string;
  readonly paused: boolean;
  /** It is paused already, by a rotation under way, or by one that died; the next one starts it before all else, and pauses it again if `paused`. */
  readonly pausedByUs: boolean;
  /** Why it is paused, or not. */
  readonly why: string;
  /** `null`: it is not paused. */
  readonly expected: Expectation | null;
}

/** What links would be given. */
interface NextValue {
  readonly definition: RotationDefinition;
  readonly current: Value | null;
  /** `null`: it cannot be known before it is made. */
  readonly value: Value['fields'] | null;
  /** The pending version, if its value is adopted; else any name that no link has on record. */
  readonly version: VersionId;
}

/** What is known beside the link. */
interface Surroundings {
  readonly cluster: Cluster;
  readonly outlooks: readonly Outlook[];
  readonly ours: Awaited<ReturnType<typeof openPauses>>;
  /** Rotations, newest first. */
  readonly past: readonly PastRotation[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What a rotation would do to one link and the pipelines that read through it. */
export function plannedLink(link: SurveyedLink, next: NextValue, around: Surroundings): PlannedLink {
  const { row, record, users, grammar } = link;
  const { definition } = next;
  const { cluster, ours, past, now } = around;
  const unchanged = isUnchanged(link, next);
  const running = unchanged
    ? []
    : users
        .filter((user) => activityOf(user.state) === 'running' || isPausedByUs(ours, link, user))
        .map(({ pipeline }) => pipeline);
  const pausing = new Set(running);
  const outlook = around.outlooks.find((one) => one.cluster === cluster);
  const expected =
    outlook === undefined
      ? new Map<string, Expectation>()
      : expectations(outlook, running, definition.limits.connections, past);
  return {
    cluster: cluster.id,
    link: row.link,
    type: row.type,
    pipelines: users.map((user) => {
      const { pipeline, state } = user;
      const pausedByUs = isPausedByUs(ours, link, user);
      const paused = pausing.has(pipeline);
      const again = paused ? '; started first, then paused again by the next rotation' : '';
      return {
        ...{ pipeline, state, paused, pausedByUs },
        why: pausedByUs ? `${whyOurs(record, now)}${again}` : whyOf(state, unchanged),
        expected: expected.get(pipeline) ?? null,
      };
    }),
    unchanged,
    statements: unchanged
      ? []
      : cluster.preview(row, grammar, running, Object.keys(definition.fields.config).length > 0),
  };
}

/** It holds the next value already. */
function isUnchanged({ row, record }: SurveyedLink, { definition, current, value, version }: NextValue): boolean {
  if (settledOn(record, version)) return true;
  if (value === null) return false;
  return holdsSameValue(
    { row, record },
    { definition, current, value: { version, fields: value }, direction: 'forward' },
  );
}
