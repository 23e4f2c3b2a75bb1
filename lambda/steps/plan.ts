import { commonCalls, isMaking, type AwsCall } from '../core/calls';
import type { RotationDefinition } from '../core/definition';
import { RotationError } from '../core/errors';
import { isPastRotation } from '../core/history';
import { settledOn } from '../core/journal';
import { activityOf } from '../core/pipeline';
import type { Invocation } from '../ports';
import { holdsSameValue } from './change';
import { missingFields } from './fields';
import { adviceFor, dangersOf, expectations, isPausedByUs, lookAhead, onceStarted, type Expectation } from './outlook';
import { lastFailure, pendingVersion } from './pending';
import { currentValue } from './rotation';
import { sourceFor } from './sources';
import { bracketBudgetMs } from './survey';
import { uncoveredBy, type Uncovered } from './uncovered';
import { blockersOf, hasUnrecorded, probesOf, withSurveys } from './surveys';
import { openPauses, whyOf, whyOurs } from './whyPaused';

/** What a rotation would do. */
export interface Plan {
  /** What becomes of the version that is pending already, in a sentence; `null`: none is. */
  readonly pending: string | null;
  readonly links: readonly PlannedLink[];
  /** Buckets and prefixes that new credentials would be tried on. */
  readonly places: readonly string[];
  /** What the rotation neither changes nor pauses, though the same credentials may be in it, or it may stand in the way. */
  readonly uncovered: readonly Uncovered[];
  readonly blockers: readonly RotationError[];
  /** What would not stop the rotation, and may do harm. Sentences. */
  readonly dangers: readonly string[];
  /** What could make the rotation needless. Sentences. */
  readonly advice: readonly string[];
  /** The calls of AWS that it would make. */
  readonly calls: readonly AwsCall[];
}

export interface PlannedLink {
  readonly cluster: string;
  readonly link: string;
  readonly type: string;
  /** It holds the next value already, so nothing is paused or sent. */
  readonly unchanged: boolean;
  readonly pipelines: readonly PlannedPipeline[];
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

/** Looks at everything a rotation would touch and says what stands in its way. Writes nothing, the journal included. */
export async function plan(run: Invocation, definition: RotationDefinition): Promise<Plan> {
  const secret = await run.secrets.describe(definition.secretId);
  const current = await currentValue(run, secret.arn);
  return withSurveys(run, definition, async (surveys) => {
    const found = { current, unrecorded: hasUnrecorded(surveys) };
    const source = sourceFor(definition.source);
    const pending = await pendingVersion(run, secret, source, current);
    const adopted = pending?.adopted ?? null;
    const obstacles = adopted === null ? [...(await source.obstacles(run, { secret }, found))] : [];
    const next =
      adopted !== null
        ? { keys: [...adopted.fields.keys()], fields: adopted.fields }
        : obstacles.length === 0
          ? await source.next(run, current)
          : null;
    if (next !== null) obstacles.push(...missingFields(definition, next.keys));
    const outlooks = await Promise.all(surveys.clusters.map((one) => lookAhead(run, one)));
    const past = (await run.table.list('history'))
      .map(({ item }) => item)
      .filter(isPastRotation)
      .filter((one) => one.secretId === secret.arn)
      .sort((a, b) => b.startedAt - a.startedAt);
    const keys = (await source.keys?.all(run, { secret }, found)) ?? [];
    const ours = await openPauses(run, surveys.clusters);
    const places = probesOf(onceStarted(surveys, ours)).map(({ bucket, prefix }) => `s3://${bucket}/${prefix}`);
    const fields = obstacles.length === 0 ? (next?.fields ?? null) : null;
    return {
      pending: pending?.said ?? null,
      links: surveys.clusters.flatMap(({ cluster, links }) =>
        links.map((surveyed) => {
          const { row, record, users, grammar } = surveyed;
          const version = adopted?.version ?? 'next';
          const unchanged =
            settledOn(record, version) ||
            (fields !== null &&
              holdsSameValue(
                { row, record },
                { definition, current, value: { version, fields }, direction: 'forward' },
              ));
          const running = unchanged
            ? []
            : users
                .filter((user) => activityOf(user.state) === 'running' || isPausedByUs(ours, surveyed, user))
                .map(({ pipeline }) => pipeline);
          const outlook = outlooks.find((one) => one.cluster === cluster);
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
              const pausedByUs = isPausedByUs(ours, surveyed, user);
              const paused = running.includes(pipeline);
              const again = paused ? '; started first, then paused again by the next rotation' : '';
              return {
                ...{ pipeline, state, paused, pausedByUs },
                why: pausedByUs ? `${whyOurs(record, run.clock.now())}${again}` : whyOf(state, unchanged),
                expected: expected.get(pipeline) ?? null,
              };
            }),
            unchanged,
            statements: unchanged
              ? []
              : cluster.preview(row, grammar, running, Object.keys(definition.fields.config).length > 0),
          };
        }),
      ),
      uncovered: (await Promise.all(surveys.clusters.map(uncoveredBy))).flat(),
      places,
      blockers: [
        ...blockersOf(surveys),
        ...obstacles,
        ...(adopted === null ? [] : lastFailure(adopted.version, past)),
        ...timeShort(run, definition),
      ],
      dangers: dangersOf(definition, surveys.clusters, outlooks, keys),
      advice: adviceFor(definition, surveys.clusters),
      calls: [...commonCalls, ...source.calls(places.length)].filter(({ call }) => adopted === null || !isMaking(call)),
    };
  });
}

function timeShort(run: Invocation, definition: RotationDefinition): readonly RotationError[] {
  const left = run.endsAt - run.clock.now();
  const needed = bracketBudgetMs(definition);
  if (left >= needed) return [];
  return [
    new RotationError(
      'TIME_SHORT',
      `an invocation has ${Math.floor(left / 1_000)} s, and a pause may need ${needed / 1_000} s. Nothing would be paused. Raise the function's timeout or lower limits.drainSeconds.`,
    ),
  ];
}
