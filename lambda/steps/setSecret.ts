import { rotateSecret } from '../core/commands';
import { RotationError } from '../core/errors';
import { settledOn } from '../core/journal';
import type { Invocation } from '../ports';
import { giveUp, mostFailedProofs } from './giveUp';
import { moveLinks, mustAllHaveMoved } from './move';
import {
  currentValue,
  marksOf,
  notSet,
  pendingValue,
  secretRecord,
  updateSecretRecord,
  type Rotation,
  type Value,
} from './rotation';
import { sourceFor } from './sources';
import { bracketBudgetMs, mustFit } from './survey';
import { probesOf, withSurveys } from './surveys';

/** Credentials are waited for this long at most, milliseconds; the retry of the rotation waits again. */
const acceptanceMs = 180_000;

/**
 * Gives every link the pending credentials. All that can be done before the first pause is done before it; then each
 * link has its bracket: journal, STOP, ALTER, START (`./bracket`). What remains of each is decided from the journal, so
 * a first run, a retry and a run after a crash are these same lines.
 *
 * If this throws, every pipeline runs again (or stands in the journal, with RESUME_FAILED or LEASE_LOST); links that
 * moved stay moved, since both keys are valid, and the retry touches only the rest.
 */
export async function setSecret(rotation: Rotation, run: Invocation): Promise<void> {
  const { definition, secret, version } = rotation;
  const begunAt = run.clock.now();
  const pending = await pendingValue(rotation, run);
  const current = await currentValue(run, secret.arn);
  // links without a record are thought to hold AWSCURRENT, which is not this version unless this setSecret has given it to them
  if (current?.version === version) {
    throw new RotationError(
      'LABEL_MOVED',
      `AWSCURRENT of ${secret.arn} was moved to version ${version} while this call was at work on it. Nothing was changed by it; links may hold the version before. The next call finishes what is missing; where a link holds an older version then, ${rotateSecret(secret.arn)}`,
    );
  }
  await mustBeWorthATry(rotation, run, current);
  await withSurveys(run, definition, async (surveys) => {
    const { clusters, failures } = surveys;
    const remaining = clusters.flatMap(({ links }) => links).filter(({ record }) => !settledOn(record, version));
    if (remaining.length > 0) {
      mustFit(run, definition);
      const until = Math.min(run.clock.now() + acceptanceMs, run.endsAt - bracketBudgetMs(definition));
      await sourceFor(definition.source).accepted(run, pending, current, probesOf(surveys), until);
    }
    const restartErrorsAfter = definition.restartAfterCredentialError && current !== null ? current.createdAt : null;
    const move = {
      definition,
      arn: secret.arn,
      value: pending,
      current,
      direction: 'forward',
      restartErrorsAfter,
    } as const;
    const open = clusters.filter(({ hiding }) => hiding.length === 0);
    const moved = await Promise.all(open.map((survey) => moveLinks(run, survey, survey.links, move)));
    mustAllHaveMoved(moved.flat(), [
      ...failures,
      ...clusters.flatMap(({ hiding, blockers }) => [...hiding, ...blockers]),
    ]);
  });
  const keyId = current === null ? undefined : sourceFor(definition.source).keyId(current.fields);
  await updateSecretRecord(run, secret.arn, (record) => {
    // another one has set it since, and maybe proven it: who slept meanwhile takes no proof away; whether it is one of what links hold now, finishSecret sees
    if (record.version === version && (record.setAt ?? -Infinity) > begunAt) return record;
    return {
      ...notSet(record),
      version,
      setAt: run.clock.now(),
      ...(current === null || keyId === undefined ? {} : { replaces: { version: current.version, keyId } }),
      failedProofs: marksOf(record, version).failedProofs,
    };
  });
}

/**
 * What was refused twice is not given to links again, though no testSecret came to say so: another link may have failed each time.
 * Where there is nothing to go back to, links keep it, and it is proven again.
 *
 * @throws VERSION_GIVEN_UP
 */
async function mustBeWorthATry(rotation: Rotation, run: Invocation, current: Value | null): Promise<void> {
  const { definition, secret, version } = rotation;
  const { failedProofs } = marksOf(await secretRecord(run, secret.arn), version);
  if (failedProofs < mostFailedProofs) return;
  const source = sourceFor(definition.source);
  const back = source.overlap && current !== null && source.isComplete(current.fields) ? current : null;
  if (back === null || !(await source.works(run, back))) return;
  await giveUp(rotation, run, `the source refused it ${failedProofs} times`);
  throw new RotationError(
    'VERSION_GIVEN_UP',
    `the source refused version ${version} of ${secret.arn} ${failedProofs} times. All links are on AWSCURRENT; AWSPENDING is removed, and its key is deleted if no link may hold it. Check what the new credentials may do at the source, then ${rotateSecret(secret.arn)}`,
  );
}
