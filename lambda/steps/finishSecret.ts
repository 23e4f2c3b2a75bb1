import { removePending } from '../core/commands';
import { RotationError } from '../core/errors';
import { comesAfterProof, holdsOnly, type Retirement } from '../core/journal';
import { labelled, promoted, type VersionId } from '../core/version';
import type { Invocation } from '../ports';
import { ended } from './history';
import { withLease } from './lease';
import { forgetBracket } from './former';
import { marksOf, notSet, secretRecord, updateSecretRecord, valueOf, type Rotation } from './rotation';
import { sourceFor, type Source } from './sources';
import { names } from './targets';

/** Promotes a version that is set and proven, and records that the older credentials are due to retire. */
export async function finishSecret(rotation: Rotation, run: Invocation): Promise<void> {
  const { definition, secret, version } = rotation;
  const { setAt, testedAt } = marksOf(await secretRecord(run, secret.arn), version);
  if (setAt === undefined || testedAt === undefined) {
    throw new RotationError(
      'STEP_OUT_OF_ORDER',
      `version ${version} of ${secret.arn} is not ${setAt === undefined ? 'set' : 'proven'}, so it is not promoted. AWSCURRENT stays where it is. The retry begins with createSecret.`,
    );
  }
  // the watchdog may have moved links back since the proof, and whoever slept may have moved them here again
  const astray = (await run.table.list('link')).filter(
    ({ item }) =>
      item.secretId === secret.arn &&
      names(definition, item) &&
      (!holdsOnly(item, version) || item.bracket?.direction === 'back' || (item.holds[0]?.since ?? 0) > testedAt),
  );
  if (astray.length > 0) {
    await updateSecretRecord(run, secret.arn, (record) => (record.version === version ? notSet(record) : record));
    throw new RotationError(
      'STEP_OUT_OF_ORDER',
      `${astray.map(({ key }) => key).join(', ')} does not hold version ${version} of ${secret.arn}, is being moved away from it, or was given it behind its proof, so it is not promoted. AWSCURRENT stays where it is. The retry sets and proves it again.`,
    );
  }
  const pending = await valueOf(run, secret.arn, version);
  if (pending !== null && !(await sourceFor(definition.source).works(run, pending))) {
    throw new RotationError(
      'CREDENTIALS_NOT_ACCEPTED',
      `the credentials of version ${version} of ${secret.arn} are refused by their maker since they were proven: somebody deactivated or deleted them. AWSCURRENT stays where it is. Make them work again and the retry goes on, or take the version away: ${removePending(secret.arn, version)}; the watchdog then moves the links back.`,
    );
  }
  const from = labelled(secret, 'AWSCURRENT');
  const moved = await run.secrets.moveLabel(secret.arn, 'AWSCURRENT', from, version);
  const after = moved ? promoted(secret, from, version) : await run.secrets.describe(secret.arn);
  if (!moved && labelled(after, 'AWSCURRENT') !== version) {
    throw new RotationError(
      'LABEL_MOVED',
      `AWSCURRENT of ${secret.arn} was on ${from ?? 'no version'} and is on ${labelled(after, 'AWSCURRENT') ?? 'no version'} now: somebody moved it. It was left there. The links hold version ${version}; the retry decides anew.`,
    );
  }
  run.metrics.put('RotationSucceeded', 1, 'Count');
  await finishLeftovers({ ...rotation, secret: after }, run, moved);
}

/** What a promotion leaves to be done. Running it again does what is missing: it is also what any step does on a version that is current already. @param justMoved whether this call has moved AWSCURRENT */
export async function finishLeftovers(
  { definition, secret, version }: Rotation,
  run: Invocation,
  justMoved = false,
): Promise<void> {
  await ended(run, { secret, version }, 'done');
  const previous = labelled(secret, 'AWSPREVIOUS');
  const source = sourceFor(definition.source);
  const keyId = previous === null || source.keys === null ? undefined : await keyIn(run, secret.arn, previous, source);
  if (previous !== null && keyId !== undefined) {
    await updateSecretRecord(run, secret.arn, (record) => {
      if (record.version !== version) return record;
      const known = record.retirements.find((waiting) => waiting.keyId === keyId);
      // of an earlier promotion: AWSCURRENT was moved back by hand, so the key was in use until now
      if (known !== undefined && !justMoved && comesAfterProof(known, record)) return record;
      const switchedAt = run.clock.now();
      const retirement: Retirement = {
        version: previous,
        keyId,
        switchedAt,
        dueAt: switchedAt + definition.retireAfterHours * 3_600_000,
        ...(known?.endingAt === undefined || known.retiredAt !== undefined ? {} : { endingAt: known.endingAt }),
      };
      return { ...record, retirements: [retirement] };
    });
  }
  for (const { key, item } of await run.table.list('link')) {
    if (item.secretId !== secret.arn || item.bracket?.phase !== 'resumed' || !holdsOnly(item, version)) continue;
    await withLease(run, 'link', key, item, (held) => forgetBracket(run, held));
  }
}

/** The key of the version that was replaced: written down when the links were given the new one, as a rule. */
async function keyIn(run: Invocation, arn: string, version: VersionId, source: Source): Promise<string | undefined> {
  const { replaces } = await secretRecord(run, arn);
  if (replaces?.version === version) return replaces.keyId;
  const value = await valueOf(run, arn, version);
  return value === null ? undefined : source.keyId(value.fields);
}
