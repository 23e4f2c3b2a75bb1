import { isSameSecret } from '../core/definition';
import { asRotationError, type RotationError } from '../core/errors';
import type { Step } from '../core/event';
import {
  begun,
  historyKey,
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
 * done before the first STOP or after the last START of a call, for a bounded time, and what goes wrong is a warning in the log.
 */

/** A call spends this long on it at most. Milliseconds. */
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

/** A step has been done. */
export const stepDone = (run: Invocation, { secret, version }: Whose): Promise<void> =>
  quietly(run, async () => {
    if (pausesOf(run, secret.arn).length > 0) await remember(run, secret.arn, version, (past) => past);
  });

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
export const ended = (
  run: Invocation,
  { secret, version }: Whose,
  outcome: Exclude<RotationOutcome, 'running'>,
  why?: string,
): Promise<void> =>
  quietly(run, async () => {
    const endedAt = run.clock.now();
    const end = (past: PastRotation | null): PastRotation | null =>
      past === null || past.outcome === outcome || (past.outcome !== 'running' && outcome !== 'done')
        ? past
        : { ...past, outcome, endedAt };
    if (outcome === 'abandoned' && why === undefined) await remember(run, secret.arn, version, end);
    else await tell(run, secret.arn, version, outcome, end, why);
  });

/** It does not go on without a person. */
export const needsPerson = (run: Invocation, { secret, version }: Whose, why: string): Promise<void> =>
  quietly(run, async () => {
    await tell(run, secret.arn, version, 'person', (past) => past, why);
  });

/** Pauses that dead runs had begun, and that have been ended since. @param records of the links, as the dead left them */
export const keepPauses = (run: Invocation, records: readonly LinkRecord[]): Promise<void> =>
  quietly(run, async () => {
    for (const record of records) {
      const version = pausedFor(record);
      if (version !== null && pausesOf(run, record.secretId).length > 0)
        await remember(run, record.secretId, version, (past) => past);
    }
  });

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

/** Changes a rotation's item, with the pauses of this call; when somebody else wrote meanwhile, on what they wrote. @returns the item before and after */
async function remember(
  run: Invocation,
  arn: string,
  version: VersionId,
  change: (past: PastRotation | null) => PastRotation | null,
): Promise<{ readonly before: PastRotation | null; readonly after: PastRotation } | null> {
  const key = historyKey(arn, version);
  const ours = pausesOf(run, arn);
  for (;;) {
    const stored = await run.table.read('history', key);
    const before = stored?.item ?? null;
    const changed = change(before);
    if (changed === null) return null;
    const after = withPauses(changed, ours.map(spanOf));
    if (after !== before && (await run.table.write('history', key, after, stored?.revision ?? 0)) === null) continue;
    for (const pause of ours) run.pauses.splice(run.pauses.indexOf(pause), 1);
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

const pausesOf = (run: Invocation, arn: string): readonly EndedPause[] =>
  run.pauses.filter(({ secretId }) => secretId === arn);

const spanOf = ({ secretId: _of, ...span }: EndedPause): PauseSpan => span;

/** Bounded, and never the reason why something else fails. */
async function quietly(run: Invocation, work: () => Promise<void>): Promise<void> {
  const left = Math.min(longestMs, run.endsAt - answerMs - run.clock.now());
  const warn = (why: string): void => {
    run.log.warn('history-not-kept', { why });
  };
  if (left <= 0) {
    warn('there is no time left');
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
  if (!(await Promise.race([done, tooLong]))) warn(`it took longer than ${left} ms`);
}
