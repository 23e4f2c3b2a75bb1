import { commonCalls, isMaking, type AwsCall } from '../core/calls';
import { restoreSecret } from '../core/commands';
import type { RotationDefinition } from '../core/definition';
import { RotationError } from '../core/errors';
import type { LeftOut } from '../core/bound';
import { isPastRotation, type PastRotation } from '../core/history';
import type { SecretDescription } from '../core/version';
import type { Invocation } from '../ports';
import { missingFields } from './fields';
import { adviceFor, dangersOf, lookAhead, onceStarted } from './outlook';
import { lastFailure, pendingVersion } from './pending';
import { plannedLink, type PlannedLink } from './plannedLink';
import { currentValue, type Value } from './rotation';
import { sourceFor, type Found } from './sources';
import { bracketBudgetMs } from './survey';
import { uncoveredBy, type Uncovered } from './uncovered';
import { blockersOf, hasUnrecorded, probesOf, withSurveys } from './surveys';
import { openPauses } from './whyPaused';

export type { PlannedLink, PlannedPipeline } from './plannedLink';

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
  /** What is not listed in an answer that would be too long; absent: all is. */
  readonly leftOut?: LeftOut;
}

/** Looks at everything a rotation would touch and says what stands in its way. Writes nothing, the journal included. */
export async function plan(run: Invocation, definition: RotationDefinition): Promise<Plan> {
  const secret = await run.secrets.describe(definition.secretId);
  // of a secret that is being deleted no value can be read, and so no key be told apart
  const { deleted } = secret;
  const current = deleted ? null : await currentValue(run, secret.arn);
  return withSurveys(run, definition, async (surveys) => {
    const { clusters } = surveys;
    const found = { current, unrecorded: hasUnrecorded(surveys) };
    const source = sourceFor(definition.source);
    const pending = deleted ? null : await pendingVersion(run, secret, source, current);
    const adopted = pending?.adopted ?? null;
    const { value, obstacles } = await nextValue(run, definition, secret, found, adopted);
    const outlooks = await Promise.all(clusters.map((one) => lookAhead(run, one)));
    const past = await rotationsOf(run, secret.arn);
    const keys = deleted ? [] : ((await source.keys?.all(run, { secret, definition }, found)) ?? []);
    const ours = await openPauses(run, clusters);
    const places = probesOf(onceStarted(surveys, ours)).map(({ bucket, prefix }) => `s3://${bucket}/${prefix}`);
    const change = { definition, current, value, version: adopted?.version ?? 'next' };
    return {
      pending: pending?.said ?? null,
      links: clusters.flatMap(({ cluster, links }) =>
        links.map((link) => plannedLink(link, change, { cluster, ours, past, outlooks, now: run.clock.now() })),
      ),
      uncovered: (await Promise.all(clusters.map(uncoveredBy))).flat(),
      places,
      blockers: [
        ...blockersOf(surveys),
        ...obstacles,
        ...(adopted === null ? [] : lastFailure(adopted.version, past)),
        ...timeShort(run, definition),
      ],
      dangers: dangersOf(definition, clusters, outlooks, keys),
      advice: adviceFor(definition, clusters),
      calls: [...commonCalls, ...source.calls(places.length)].filter(({ call }) => adopted === null || !isMaking(call)),
    };
  });
}

/** The value that a rotation would bring, and what stands in the way of it; `null`: it cannot be known before it is made. */
async function nextValue(
  run: Invocation,
  definition: RotationDefinition,
  secret: SecretDescription,
  found: Found,
  adopted: Value | null,
): Promise<{ readonly value: Value['fields'] | null; readonly obstacles: readonly RotationError[] }> {
  if (secret.deleted) return { obstacles: [beingDeleted(secret)], value: null };
  if (adopted !== null) {
    const obstacles = missingFields(definition, [...adopted.fields.keys()]);
    return { obstacles, value: obstacles.length === 0 ? adopted.fields : null };
  }
  const source = sourceFor(definition.source);
  const ofSource = await source.obstacles(run, { secret, definition }, found);
  if (ofSource.length > 0) return { obstacles: ofSource, value: null };
  const next = await source.next(run, found.current);
  const obstacles = missingFields(definition, next.keys);
  return { obstacles, value: obstacles.length === 0 ? next.fields : null };
}

const beingDeleted = ({ arn }: SecretDescription): RotationError =>
  new RotationError(
    'SECRET_UNREADABLE',
    `secret ${arn} is scheduled for deletion, so its value cannot be read and no rotation begins. Nothing was changed. Restore it: ${restoreSecret(arn)}`,
  );

/** Newest first. */
async function rotationsOf(run: Invocation, arn: string): Promise<readonly PastRotation[]> {
  return (await run.table.list('history'))
    .map(({ item }) => item)
    .filter(isPastRotation)
    .filter(({ secretId }) => secretId === arn)
    .sort((a, b) => b.startedAt - a.startedAt);
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
