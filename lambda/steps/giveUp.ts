import { rotateSecret } from '../core/commands';
import { mayHold, type LinkRecord } from '../core/journal';
import { holdersOf } from '../core/keys';
import { RotationError } from '../core/errors';
import type { Invocation } from '../ports';
import { ended } from './history';
import { rollBack } from './rollBack';
import { currentValue, notSet, updateSecretRecord, valueOf, type Rotation } from './rotation';
import { sourceFor } from './sources';

/** A version that failed this many proofs is not tried again. */
export const mostFailedProofs = 2;

/**
 * Ends a version for good: all links back on AWSCURRENT, AWSPENDING removed by compare-and-swap, its key deleted when no
 * link may hold it. In that order, so that at every instant a labelled value works.
 *
 * @param why in words, for the history and the message to people.
 * @throws when a link cannot be moved back; the version then keeps its label, and the next try goes on.
 */
export async function giveUp(rotation: Rotation, run: Invocation, why: string): Promise<void> {
  const { definition, secret, version } = rotation;
  const source = sourceFor(definition.source);
  const pending = await valueOf(run, secret.arn, version);
  const back = await rollBack(rotation, run);
  const holding = (await recordsOf(run)).filter((record) => record.secretId === secret.arn && mayHold(record, version));
  if (back === null && holding.length > 0) {
    throw new RotationError(
      'VERSION_GIVEN_UP',
      `version ${version} of ${secret.arn} is not usable, and there are no current credentials to go back to: ${holding.map(({ link }) => link).join(', ')} may hold it. AWSPENDING stays. Store working credentials in the secret, then ${rotateSecret(secret.arn)}`,
    );
  }
  await run.secrets.moveLabel(secret.arn, 'AWSPENDING', version, null);
  const keyId = pending === null ? undefined : source.keyId(pending.fields);
  const current = await currentValue(run, secret.arn);
  const inUse = current !== null && source.keyId(current.fields) === keyId;
  // a link that nobody has a record of cannot hold a key that only this rotation knew
  const { recorded } = holdersOf(await recordsOf(run), false);
  if (keyId !== undefined && !inUse && !recorded.has(keyId)) await source.keys?.discard(run, keyId);
  await updateSecretRecord(run, secret.arn, (record) => ({ ...notSet(record), version: null, failedProofs: 0 }));
  run.metrics.put('VersionGivenUp', 1, 'Count');
  run.log.error('version-given-up', { version, keyId: keyId ?? null });
  await ended(run, rotation, 'given-up', why);
}

const recordsOf = async (run: Invocation): Promise<readonly LinkRecord[]> =>
  (await run.table.list('link')).map(({ item }) => item);
