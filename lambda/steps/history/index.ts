import { isSameSecret } from '../../core/definition';
import type { RotationError } from '../../core/errors';
import { rotationSteps, type Step } from '../../core/event';
import {
  begun,
  historyKey,
  isPastRotation,
  likelyStarter,
  messageKept,
  outcomeByLabels,
  type PastRotation,
  type RotationOutcome,
} from '../../core/history';
import { labelled, standing, type SecretDescription, type VersionId } from '../../core/version';
import type { Invocation } from '../../ports';
import { effortOf, quietly } from './effort';
import { claimPauses, pausesOf, remember, type Whose } from './remember';
import { tell } from './tell';

export { remembering } from './effort';
export { keepPauses, tellLeftPaused } from './leftPaused';
export { tellOwed } from './tell';

/*
 * What is remembered of rotations and told to people. Nothing is decided by it, and nothing of it may fail or delay a rotation: it is
 * done before the first STOP or after the last START of an invocation, for a bounded time, and what goes wrong is a warning in the log.
 */

/** One rotation of one secret, whose labels are known. */
type Described = Whose & { readonly secret: SecretDescription };

/** The first createSecret of a version; a later one finds it there. What former rotations of the secret left open is ended. */
export const begin = (run: Invocation, { secret, version }: Described): Promise<void> =>
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
    await remember(run, { secret: { arn }, version }, (past) => ({
      ...(past ?? begun(arn, version, now, who)),
      startedBy: who,
    }));
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
    await remember(run, { secret, version }, (past) =>
      past === null || past.startedBy === 'mirror' || past.startedAt < since ? past : { ...past, startedBy: who },
    );
  });

/** A step has been done: what had failed up to it is over, and only counted from now on. @param step none: links were brought back */
export function stepDone(run: Invocation, { secret, version }: Described, step?: Step): Promise<void> {
  claimPauses(run, { secret, version });
  return quietly(run, async () => {
    if (step === undefined && pausesOf(run, secret.arn, version).length === 0) return;
    await remember(run, { secret, version }, (past) => (step === undefined ? past : withoutFailure(past, step)));
  });
}

function withoutFailure(past: PastRotation | null, done: Step): PastRotation | null {
  if (past?.failure === undefined || rotationSteps.indexOf(past.failure.step) > rotationSteps.indexOf(done))
    return past;
  const { failure: _over, ...rest } = past;
  return rest;
}

/** A step has failed. People are told the first time; that somebody else is at work on it is no failure. */
export const stepFailed = (run: Invocation, whose: Described, step: Step, error: RotationError): Promise<void> =>
  quietly(run, async () => {
    const { secret, version } = whose;
    if (error.code === 'LEASE_HELD') return;
    const at = run.clock.now();
    // a version that is unknown is no rotation, and of a test of the function alone nothing is written
    const isRotation = step !== 'testSecret' && standing(secret, version) === 'pending';
    const unknown = isRotation ? begun(secret.arn, version, at, 'schedule or person') : null;
    const message = error.message.slice(0, messageKept);
    await tell(run, { secret, version }, 'failed', (past) => {
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
  { secret, version }: Described,
  outcome: Exclude<RotationOutcome, 'running'>,
  why?: string,
): Promise<void> {
  const endedAt = run.clock.now();
  claimPauses(run, { secret, version });
  const end = (past: PastRotation | null): PastRotation | null =>
    past === null || past.outcome === outcome || (past.outcome !== 'running' && outcome !== 'done')
      ? past
      : { ...past, outcome, endedAt };
  return quietly(run, async () => {
    if (outcome === 'abandoned' && why === undefined) await remember(run, { secret, version }, end);
    else await tell(run, { secret, version }, outcome, end, why);
  });
}

/** It does not go on without a person. */
export const needsPerson = (run: Invocation, { secret, version }: Described, why: string): Promise<void> =>
  quietly(run, async () => {
    await tell(run, { secret, version }, 'person', (past) => past, why);
  });
