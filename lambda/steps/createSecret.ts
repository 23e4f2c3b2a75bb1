import { rotateSecret } from '../core/commands';
import { RotationError } from '../core/errors';
import type { Invocation } from '../ports';
import { missingFields } from './fields';
import { giveUp } from './giveUp';
import { forgetGone } from './gone';
import { ended, startedBy } from './history';
import { currentValue, isStillPending, updateSecretRecord, valueOf, type Rotation } from './rotation';
import { sourceFor } from './sources';
import { mustBeClear, mustFit } from './survey';
import { blockersOf, hasUnrecorded, withSurveys } from './surveys';

/**
 * Makes the next credentials and stores them as AWSPENDING. A value that is there already is adopted: one token, one
 * value. Everything that would stop setSecret is looked for first, so that no key is made in vain.
 */
export async function createSecret(rotation: Rotation, run: Invocation): Promise<void> {
  const { definition, secret, version } = rotation;
  const source = sourceFor(definition.source);
  const pending = await valueOf(run, secret.arn, version);
  if (pending !== null) {
    if (await source.exists(run, pending)) {
      run.log.info('pending-adopted', { version });
      return;
    }
    if (!(await isStillPending(rotation, run))) return;
    if (source.keys === null) return giveWay(rotation, run);
    await giveUp(rotation, run, 'its access key was deleted meanwhile');
    throw new RotationError(
      'VERSION_GIVEN_UP',
      `the key of AWSPENDING version ${version} of ${secret.arn} was deleted meanwhile. The version is given up: links are on AWSCURRENT, AWSPENDING is removed. For a new one: ${rotateSecret(secret.arn)}`,
    );
  }
  mustFit(run, definition);
  const current = await currentValue(run, secret.arn);
  if (current === null || !source.isComplete(current.fields))
    run.log.info('first-rotation', {
      version,
      note: 'AWSCURRENT has no credentials, so there is nothing to go back to',
    });
  const missing = missingFields(definition, (await source.next(run, current)).keys);
  const unrecorded = await withSurveys(run, definition, async (surveys) => {
    mustBeClear([...blockersOf(surveys), ...missing]);
    await forgetGone(run, surveys, secret.arn);
    return hasUnrecorded(surveys);
  });
  await source.create(run, rotation, { current, unrecorded });
}

/** A mirrored value that its secret has replaced meanwhile will never be right: a rotation with the new one takes its place. */
async function giveWay(rotation: Rotation, run: Invocation): Promise<never> {
  const { secret, version } = rotation;
  // first, so that the watchdog does not take links back from what works to what may have ended
  await updateSecretRecord(run, secret.arn, (record) => ({ ...record, superseded: version }));
  await run.secrets.moveLabel(secret.arn, 'AWSPENDING', version, null);
  await ended(run, rotation, 'abandoned');
  const started = await run.secrets.rotate(secret.arn);
  if (started !== null) await startedBy(run, secret.arn, started, 'mirror');
  throw new RotationError(
    'VERSION_GIVEN_UP',
    `AWSPENDING version ${version} of ${secret.arn} holds a value that the mirrored secret has replaced. AWSPENDING was removed${started === null ? `; to take that one over: ${rotateSecret(secret.arn)}` : ', and a rotation with the new value is started'}. Links keep what they have until then.`,
  );
}
