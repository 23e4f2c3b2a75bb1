import { isSameSecret } from '../core/definition';
import { asRotationError, type RotationError } from '../core/errors';
import { rotationSteps, type Step } from '../core/event';
import {
  begun,
  historyKey,
  isPastRotation,
  likelyStarter,
  messageKept,
  outcomeByLabels,
  withPauses,
  type PastRotation,
  type PauseSpan,
  type RotationOutcome,
  type Telling,
} from '../core/history';
import type { LinkRecord } from '../core/journal';
import { noticeOf } from '../core/notice';
import { labelled, standing, type SecretDescription, type VersionId } from '../core/version';
import type { EndedPause, Invocation } from '../ports';

/*
 * What is remembered of rotations and told to people. Nothing is decided by it, and nothing of it may fail or delay a rotation: it is
 * done before the first STOP or after the last START of an invocation, for a bounded time, and what goes wrong is a warning in the log.
 */

/** An invocation spends this long on it at most, on all of it together; then it gives up for good. Milliseconds. */
const longestMs = 5_000;
/** Of the time that is left, kept for the answer of the call. Milliseconds. */
const answerMs = 1_000;
/** Pipelines that a dead run left paused for this long are told to people; the watchdog should have resumed them. Milliseconds. */
const leftPausedMs = 3 * 60_000;

/** One rotation of one secret. */
export interface Whose {
  readonly secret: SecretDescription;
  readonly version: VersionId;
}

/** The first createSecret of a version; a later one finds it there. What former rotations of the secret left open is ended. */
export const begin = (run: Invocation, { secret, version }: Whose): Promise<void> =>
  quietly(run, async () => {
    const now = run.clock.now();
    const past = begun(secret.arn, version, now, likelyStarter(secret.nextRotation, now));
    if ((await run.table.write('history', historyKey(secret.arn, version), past, 0)) === null) return;
    for (const { key, item, revision } of await run.table.list('history')) {
      if (effortOf(run).over || !isPastRotation(item)) continue;
      const outcome = outcomeByLabels(secret, item.version);
      if (item.secretId !== secret.arn || item.outcome !== 'running' || outcome === null) continue;
      await run.table.write('history', key, { ...item, outcome, endedAt: now }, revision);
    }
  });

/** Who started a version, where it is known for certain. */
export const startedBy = (run: Invocation, arn: string, version: VersionId, who: string): Promise<void> =>
  quietly(run, async () => {
    const now = run.clock.now();
    await remember(run, arn, version, (past) => ({ ...(past ?? begun(arn, version, now, who)), startedBy: who }));
  });

/** A trail tells of a call after minutes. Milliseconds. */
const trailLagsMs = 30 * 60_000;

/** Somebody called RotateSecret for one of our secrets, as a trail tells: for its last rotation, which may be over by now. What we started is known better. */
export const requestedBy = (run: Invocation, secretId: string, who: string): Promise<void> =>
  quietly(run, async () => {
    if (!run.definitions.some((definition) => isSameSecret(definition.secretId, secretId))) return;
    const secret = await run.secrets.describe(secretId);
    const version = labelled(secret, 'AWSPENDING') ?? labelled(secret, 'AWSCURRENT');
    const since = run.clock.now() - trailLagsMs;
    if (version === null) return;
    await remember(run, secret.arn, version, (past) =>
      past === null || past.startedBy === 'mirror' || past.startedAt < since ? past : { ...past, startedBy: who },
    );
  });

/** A step has been done: what had failed up to it is over, and only counted from now on. @param step none: links were brought back */
export function stepDone(run: Invocation, { secret, version }: Whose, step?: Step): Promise<void> {
  claimPauses(run, secret.arn, version);
  return quietly(run, async () => {
    if (step === undefined && pausesOf(run, secret.arn, version).length === 0) return;
    await remember(run, secret.arn, version, (past) => (step === undefined ? past : withoutFailure(past, step)));
  });
}

function withoutFailure(past: PastRotation | null, done: Step): PastRotation | null {
  if (past?.failure === undefined || rotationSteps.indexOf(past.failure.step) > rotationSteps.indexOf(done))
    return past;
  const { failure: _over, ...rest } = past;
  return rest;
}

/** A step has failed. People are told the first time; that somebody else is at work on it is no failure. */
export const stepFailed = (run: Invocation, whose: Whose, step: Step, error: RotationError): Promise<void> =>
  quietly(run, async () => {
    const { secret, version } = whose;
    if (error.code === 'LEASE_HELD') return;
    const at = run.clock.now();
    // a version that is unknown is no rotation, and of a test of the function alone nothing is written
    const isRotation = step !== 'testSecret' && standing(secret, version) === 'pending';
    const unknown = isRotation ? begun(secret.arn, version, at, 'schedule or person') : null;
    const message = error.message.slice(0, messageKept);
    await tell(run, secret.arn, version, 'failed', (past) => {
      const known = past ?? unknown;
      if (known === null || known.outcome === 'done') return known;
      const outcome = outcomeByLabels(secret, version);
      return {
        ...known,
        failures: known.failures + 1,
        failure: { step, code: error.code, message, at, logs: run.logs },
        ...(known.outcome === 'running' && outcome !== null ? { outcome, endedAt: at } : {}),
      };
    });
  });

/** A rotation has come to its end. @param why it was given up, or abandoned where people are to know */
export function ended(
  run: Invocation,
  { secret, version }: Whose,
  outcome: Exclude<RotationOutcome, 'running'>,
  why?: string,
): Promise<void> {
  const endedAt = run.clock.now();
  claimPauses(run, secret.arn, version);
  const end = (past: PastRotation | null): PastRotation | null =>
    past === null || past.outcome === outcome || (past.outcome !== 'running' && outcome !== 'done')
      ? past
      : { ...past, outcome, endedAt };
  return quietly(run, async () => {
    if (outcome === 'abandoned' && why === undefined) await remember(run, secret.arn, version, end);
    else await tell(run, secret.arn, version, outcome, end, why);
  });
}

/** It does not go on without a person. */
export const needsPerson = (run: Invocation, { secret, version }: Whose, why: string): Promise<void> =>
  quietly(run, async () => {
    await tell(run, secret.arn, version, 'person', (past) => past, why);
  });

/** Pauses that dead runs had begun, and that have been ended since. @param records of the links, as the dead left them */
export async function keepPauses(run: Invocation, records: readonly LinkRecord[]): Promise<void> {
  for (const record of records) {
    const { secretId: arn } = record;
    const version = pausedFor(record);
    if (version === null) continue;
    claimPauses(run, arn, version, ({ cluster, link }) => cluster === record.cluster && link === record.link);
    await quietly(run, async () => {
      if (pausesOf(run, arn, version).length > 0) await remember(run, arn, version, (past) => past);
    });
  }
}

/** The version whose rotation a pause belongs to: on the way back it is the one that is left, which failed. */
function pausedFor({ bracket, holds }: LinkRecord): VersionId | null {
  if (bracket === null || bracket.direction === 'forward') return bracket?.to ?? null;
  return holds.find(({ version }) => version !== bracket.to)?.version ?? bracket.to;
}

/** Of pauses that dead runs left: those that have gone on for minutes. */
export const tellLeftPaused = (run: Invocation, dead: readonly LinkRecord[]): Promise<void> =>
  quietly(run, async () => {
    const now = run.clock.now();
    for (const record of dead) {
      const { secretId, link, cluster, bracket } = record;
      const version = pausedFor(record);
      if (bracket === null || version === null || now - bracket.openedAt < leftPausedMs) continue;
      const { openedAt } = bracket;
      const why = `pipelines that use link ${link} on ${cluster} are paused since ${new Date(openedAt).toISOString()} by a run that died, and could not be started yet`;
      const unknown = begun(secretId, version, openedAt, 'schedule or person');
      await tell(run, secretId, version, 'paused', (past) => past ?? unknown, why);
    }
  });

/**
 * Changes a rotation's item, with its pauses in this invocation; when somebody else wrote meanwhile, on what they wrote.
 *
 * @returns the item before and after; `null`: it stays as it is
 */
async function remember(
  run: Invocation,
  arn: string,
  version: VersionId,
  change: (past: PastRotation | null) => PastRotation | null,
): Promise<{ readonly before: PastRotation | null; readonly after: PastRotation } | null> {
  const key = historyKey(arn, version);
  const ours = pausesOf(run, arn, version);
  for (;;) {
    const stored = await run.table.read('history', key);
    if (effortOf(run).over) return null;
    const before = stored?.item ?? null;
    const changed = change(before);
    if (changed === null) return null;
    const after = withPauses(changed, ours.map(spanOf));
    if (after !== before && (await run.table.write('history', key, after, stored?.revision ?? 0)) === null) continue;
    run.pauses.splice(0, Infinity, ...run.pauses.filter((pause) => !ours.includes(pause)));
    return { before, after };
  }
}

/** The same, and tells people, once: whoever has written that they are told sends the message. */
async function tell(
  run: Invocation,
  arn: string,
  version: VersionId,
  what: Telling,
  change: (past: PastRotation | null) => PastRotation | null,
  why?: string,
): Promise<void> {
  const { successes } = run.notices;
  const done = await remember(run, arn, version, (past) => {
    const changed = change(past);
    if (changed === null || !isNews(what, past, changed, successes)) return changed;
    return { ...changed, told: [...(changed.told ?? []), what] };
  });
  if (done === null || done.before?.told?.includes(what) === true || done.after.told?.includes(what) !== true) return;
  const { subject, text } = noticeOf(what, done.after, { ...run, why, now: run.clock.now() });
  await run.notices.send(subject, text);
}

function isNews(what: Telling, past: PastRotation | null, { outcome, told = [] }: PastRotation, successes: boolean) {
  if (told.includes(what)) return false;
  if (what === 'done') return successes && past?.outcome !== 'done';
  return what !== 'failed' || outcome === 'running';
}

/** Those that are not kept yet. */
const pausesOf = (run: Invocation, arn: string, version: VersionId): readonly EndedPause[] =>
  run.pauses.filter((pause) => pause.secretId === arn && (effortOf(run).claimed.get(pause) ?? version) === version);

/** What has paused up to now was for this version, whenever it is written. */
function claimPauses(
  run: Invocation,
  arn: string,
  version: VersionId,
  which: (pause: EndedPause) => boolean = () => true,
): void {
  const { claimed } = effortOf(run);
  for (const pause of pausesOf(run, arn, version).filter(which)) claimed.set(pause, version);
}

const spanOf = ({ secretId: _of, ...span }: EndedPause): PauseSpan => span;

/** How an invocation is getting on with it. */
interface Effort {
  /** What waits until repairs are done; `null`: nothing has to. */
  waiting: (() => Promise<void>)[] | null;
  /** The versions that pauses were for, as far as it is known. */
  readonly claimed: Map<EndedPause, VersionId>;
  spentMs: number;
  /** It took too long once: what was sent may still arrive, and nothing may come after it. */
  over: boolean;
}

/** By the list of its pauses, which an invocation has to itself. */
const efforts = new WeakMap<readonly EndedPause[], Effort>();

function effortOf({ pauses }: Invocation): Effort {
  const effort = efforts.get(pauses) ?? {
    waiting: null,
    claimed: new Map<EndedPause, VersionId>(),
    spentMs: 0,
    over: false,
  };
  efforts.set(pauses, effort);
  return effort;
}

/** Repairs that are many: what is to be remembered of each is written when all are done, so that none waits for it. */
export async function remembering<T>(run: Invocation, repairs: () => Promise<T>): Promise<T> {
  const effort = effortOf(run);
  const waiting: (() => Promise<void>)[] = [];
  effort.waiting = waiting;
  try {
    return await repairs();
  } finally {
    effort.waiting = null;
    for (const work of waiting) await quietly(run, work);
  }
}

/** Bounded, and never the reason why something else fails. */
async function quietly(run: Invocation, work: () => Promise<void>): Promise<void> {
  const effort = effortOf(run);
  if (effort.over) return;
  if (effort.waiting !== null) {
    effort.waiting.push(work);
    return;
  }
  const warn = (why: string): void => {
    run.log.warn('history-not-kept', { why });
  };
  const from = run.clock.now();
  const left = Math.min(longestMs - effort.spentMs, run.endsAt - answerMs - from);
  if (left <= 0) {
    effort.over = true;
    warn('there is no time left: nothing more of this invocation is kept');
    return;
  }
  const done = work().then(
    () => true,
    (thrown: unknown) => {
      warn(asRotationError(thrown).message);
      return true;
    },
  );
  const tooLong = run.clock.sleep(left).then(() => false);
  effort.over = !(await Promise.race([done, tooLong]));
  effort.spentMs += run.clock.now() - from;
  if (effort.over) warn('it took too long: nothing more of this invocation is kept');
}
