import { rotateSecret } from '../core/commands';
import { asRotationError, RotationError } from '../core/errors';
import type { Invocation } from '../ports';
import { giveUp, mostFailedProofs } from './giveUp';
import { plan } from './plan';
import { proveLinks, type LinkProof } from './prove';
import { rollBack, startAgain } from './rollBack';
import {
  countRefusal,
  currentValue,
  isStillPending,
  marksOf,
  notSet,
  pendingValue,
  secretRecord,
  updateSecretRecord,
  type Rotation,
} from './rotation';
import { bracketBudgetMs, mustBeClear } from './survey';

/**
 * Proves that every pipeline that was paused loads with the new credentials. A link whose pipeline is refused goes back
 * to AWSCURRENT, and the step fails. A pipeline that had nothing to load is unproven: watched on, not failed.
 *
 * The test-only call (`RotateImmediately=false`) brings the current value and no setSecret: then this is the pre-flight,
 * and nothing is written.
 */
export async function testSecret(rotation: Rotation, run: Invocation): Promise<void> {
  const { definition, secret, version } = rotation;
  if (marksOf(await secretRecord(run, secret.arn), version).setAt !== undefined) return proveVersion(rotation, run);
  const pending = await pendingValue(rotation, run);
  const current = await currentValue(run, secret.arn);
  if (current?.value.equals(pending.value) !== true) {
    throw new RotationError(
      'STEP_OUT_OF_ORDER',
      `setSecret is not done for version ${version} of ${secret.arn}, so there is nothing to test. Nothing was changed. The retry begins with createSecret.`,
    );
  }
  mustBeClear((await plan(run, definition)).blockers);
  run.log.info('preflight-passed', { version });
}

/** Proves the links of a version that setSecret has set; the watchdog comes here as well. @throws PROOF_FAILED, VERSION_GIVEN_UP, STEP_OUT_OF_ORDER */
export async function proveVersion(rotation: Rotation, run: Invocation): Promise<void> {
  const { definition, secret, version } = rotation;
  const until = Math.min(
    run.clock.now() + definition.limits.proofSeconds * 1_000,
    run.endsAt - bracketBudgetMs(definition),
  );
  const proofs = await proveLinks(run, definition, version, until);
  const refused = proofs.filter((proof) => proof.refused.length > 0);
  // what was refused before is not promoted because nobody is left to refuse it
  const { failedProofs } = marksOf(await secretRecord(run, secret.arn), version);
  const again = failedProofs > 0 && proofs.every(({ loaded }) => loaded.length === 0) ? proofs : [];
  const astray = proofs.filter((proof) => proof.astray);
  // behind so long a wait nothing is taken back before the labels are looked at again; a proof harms nobody
  if (refused.length + again.length + astray.length > 0 && !(await isStillPending(rotation, run))) return;
  if (refused.length > 0) throw await refusal(rotation, run, refused);
  if (again.length > 0) throw await refusal(rotation, run, again);
  if (astray.length > 0) {
    await updateSecretRecord(run, secret.arn, notSet);
    throw new RotationError(
      'STEP_OUT_OF_ORDER',
      `${astray.map(({ key }) => key).join(', ')} does not hold version ${version} of ${secret.arn}: it was moved back meanwhile, or is new. Nothing was changed. The retry sets it again.`,
    );
  }
  const unproven = proofs.flatMap(({ connectionSecretId, record, unproven: some }) =>
    some.map((one) => ({ cluster: record?.cluster ?? '', connectionSecretId, ...one })),
  );
  if (unproven.length > 0)
    run.log.warn('pipelines-unproven', { version, pipelines: unproven.map(({ pipeline }) => pipeline) });
  // the first proof counts: a later one of somebody who slept knows less of what is unproven
  await updateSecretRecord(run, secret.arn, (record) =>
    record.version === version && record.testedAt === undefined
      ? { ...record, testedAt: run.clock.now(), unproven }
      : record,
  );
}

/** The source does not take the new credentials: back to the ones that work, and after the second time for good. */
async function refusal(rotation: Rotation, run: Invocation, refused: readonly LinkProof[]): Promise<RotationError> {
  const { secret, version } = rotation;
  const failedProofs = await countRefusal(run, secret.arn, version);
  const pipelines = refused.flatMap((proof) => proof.refused).join(', ');
  const what =
    pipelines === ''
      ? `the source refused version ${version} of ${secret.arn} before, and no pipeline has loaded with it since`
      : `the source refuses version ${version} of ${secret.arn} to ${pipelines}`;
  const advice = 'Check what the new credentials may do at the source';
  let back: readonly string[] | null;
  try {
    back = await rollBack(rotation, run, new Set(refused.map(({ key }) => key)));
  } catch (thrown) {
    return new RotationError(
      'PROOF_FAILED',
      `${what}, and not every link could be moved back: ${asRotationError(thrown).message} The watchdog goes on moving them back to AWSCURRENT. ${advice}.`,
    );
  }
  if (back === null) {
    for (const { record, refused: stopped } of refused) {
      if (record !== null) await startAgain(run, record, stopped);
    }
    return new RotationError(
      'PROOF_FAILED',
      `${what}. There is nothing to go back to (AWSCURRENT has no credentials that work beside these), so the links keep the new credentials, these pipelines were started again, and AWSPENDING stays. ${advice}; the retry proves again.`,
    );
  }
  if (failedProofs < mostFailedProofs) {
    return new RotationError(
      'PROOF_FAILED',
      `${what}. Their links are back on AWSCURRENT and the pipelines run. The retry tries this version once more, then gives it up. ${advice}.`,
    );
  }
  try {
    await giveUp(rotation, run, `${what}, as before`);
  } catch (thrown) {
    const why = asRotationError(thrown).message;
    return new RotationError(
      'PROOF_FAILED',
      `${what}, as before. Their links are back on AWSCURRENT, but the version could not be given up and stays AWSPENDING: ${why} The retry gives it up. ${advice}.`,
    );
  }
  return new RotationError(
    'VERSION_GIVEN_UP',
    `${what}, as before. All links are on AWSCURRENT and their pipelines run; AWSPENDING is removed, and its key is deleted if no link may hold it. ${advice}, then ${rotateSecret(secret.arn)}`,
  );
}
