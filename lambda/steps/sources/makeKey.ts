import { Credentials } from '../../core/credentials';
import { RotationError } from '../../core/errors';
import { jsonText, objectOf } from '../../core/json';
import type { Intent, UserRecord } from '../../core/journal';
import type { AwsCredentials, Invocation } from '../../ports';
import type { Held } from '../lease';
import { valueOf, type Rotation } from '../rotation';
import { keyField, secretField } from './awsKeys';
import { makeRoom, spare } from './makeRoom';
import { noFreeSlot, type Keeping } from './slots';

/** A CreateAccessKey whose answer was lost may take effect this long after it was sent. Milliseconds; our own time-out is 10 s. */
const effectMs = 60_000;
/** CreateAccessKey is sent only within so long of its intent. Milliseconds. */
const sendMs = 10_000;
/** What was seen of a user's keys is looked at again before an intent when it is older. Milliseconds. */
const lookMs = 30_000;
/** ListAccessKeys may not show a key this young yet (facts: aws-rotation, section 13). Milliseconds. */
export const listLagMs = 60_000;
/** PutSecretValue is sent only within so long of what the record says of it. Milliseconds. */
const saveMs = 5_000;

/**
 * Makes an access key and stores it as the pending value, under the lease of its user: room, intent, key, record, value, in that
 * order, so that whoever dies in between leaves a key that the next one knows.
 *
 * @throws KEY_QUOTA, CREATE_REFUSED, LEASE_LOST
 */
export async function makeKey(keeping: Keeping, rotation: Rotation, held: Held<'user'>): Promise<void> {
  const { run, userName } = keeping;
  let intent: Awaited<ReturnType<typeof intend>>;
  do {
    let seen: readonly string[] | null = null;
    while (seen === null) {
      const lookedAt = run.clock.now();
      // a twin of this call, or a put of a dead one, may have stored a value while we waited
      if (mayBeStored(held.item, rotation) && (await valueOf(run, rotation.secret.arn, rotation.version)) !== null)
        return spare(held);
      seen = await makeRoom({ ...keeping, empty: rotation.version }, held);
      // who slept since knows nothing of a key that came meanwhile
      if (run.clock.now() > lookedAt + lookMs) seen = null;
    }
    intent = await intend(run, rotation, held, seen);
    await held.guard();
    // who slept since would make a key later than the intent says
  } while (run.clock.now() > intent.until - effectMs);
  const made = await run.keys.create(userName);
  switch (made.is) {
    case 'unknown':
      throw new RotationError(
        'CREATE_REFUSED',
        `CreateAccessKey for ${userName} got no answer. A key may exist whose secret nobody knows; the journal remembers which keys were there before, and the next try deletes exactly that one. Links and pipelines were not touched.`,
      );
    case 'refused':
      await held.save((record) => ({ ...record, intent: intent.former === null ? null : record.intent }));
      if (made.code.startsWith('LimitExceeded')) {
        throw await noFreeSlot(
          keeping,
          (await run.keys.list(userName)).map((key) => key.keyId),
        );
      }
      throw new RotationError(
        'CREATE_REFUSED',
        `AWS refused CreateAccessKey for ${userName}: ${made.code}. No key was made; links and pipelines were not touched. The retry tries again. Check the user name and the function's IAM permissions.`,
      );
    case 'made':
      await store(keeping, rotation, held, intent.former, { keyId: made.keyId, secret: made.secret });
  }
}

/** Whether somebody may have made credentials for this version: not where the user's last key was for another version of the same secret. */
const mayBeStored = ({ intent, made }: UserRecord, { secret, version }: Rotation): boolean =>
  intent !== null || (made !== undefined && (made.secretId !== secret.arn || made.version === version));

/**
 * Records durably, before the key is made, which keys were there. An earlier intent that may still take effect is covered by
 * the new one: its key may have appeared this very moment, so what was there is what was there before *it*.
 */
async function intend(
  run: Invocation,
  rotation: Rotation,
  held: Held<'user'>,
  there: readonly string[],
): Promise<{ readonly former: Intent | null; readonly until: number }> {
  const now = run.clock.now();
  const open = held.item.intent;
  const former = open !== null && open.until >= now ? open : null;
  const { arn: secretId } = rotation.secret;
  const intent: Intent = {
    secretId,
    version: rotation.version,
    ...(former === null
      ? {}
      : { covers: [...(former.covers ?? []), { secretId: former.secretId, version: former.version }] }),
    seen: former?.seen ?? there,
    openedAt: former?.openedAt ?? now,
    until: now + sendMs + effectMs,
  };
  await held.save((record) => ({ ...record, intent }));
  return { former, until: intent.until };
}

/** The first writer wins: whoever comes second deletes the key it just made. A call before this one whose key may come yet stays remembered. */
async function store(
  { run, userName, current }: Keeping,
  rotation: Rotation,
  held: Held<'user'>,
  former: Intent | null,
  made: AwsCredentials,
): Promise<void> {
  const { secret, version, rotationToken } = rotation;
  const fields = new Map(current?.fields);
  fields.delete('aws_session_token');
  fields.set(keyField, jsonText(made.keyId)).set(secretField, jsonText(made.secret.reveal()));
  const value = new Credentials(objectOf(fields));
  const { made: before } = held.item;
  let at: number;
  try {
    // remembered first: whoever puts and is heard of no more leaves a key that others may end
    do {
      at = run.clock.now();
      const ours = { keyId: made.keyId, secretId: secret.arn, version, at };
      await held.save((record) => ({ ...record, made: ours }));
      // who slept meanwhile would put it later than the record says
    } while (run.clock.now() > at + saveMs);
  } catch (thrown) {
    // The table failed, or who slept before CreateAccessKey has lost the lease: nobody else knows this key's secret. Where it cannot
    // be removed, an intent that is open yet makes it an orphan; what is told is why it was to be.
    await run.keys.remove(userName, made.keyId).catch(() => undefined);
    throw thrown;
  }
  const stored = await run.secrets.put(secret.arn, version, value, rotationToken);
  if (!stored) await run.keys.remove(userName, made.keyId);
  run.log.info(stored ? 'key-created' : 'key-discarded', { userName, keyId: made.keyId, version });
  try {
    await held.save(({ made: ours, ...record }) => {
      const kept = stored ? ours : before;
      const intent = former === null ? null : { ...former, seen: [...former.seen, made.keyId] };
      return { ...record, intent, ...(kept === undefined ? {} : { made: kept }) };
    });
  } catch (thrown) {
    const slept = run.clock.now() > at + listLagMs;
    if (stored && slept) await takeBack(run, userName, rotation, made.keyId).catch(() => undefined);
    throw thrown;
  }
}

/** Who slept before PutSecretValue stores a key that its successor may have deleted, or be about to: AWSPENDING does not stay on it. */
async function takeBack(
  run: Invocation,
  userName: string,
  { secret, version }: Rotation,
  keyId: string,
): Promise<void> {
  const made = (await run.table.read('user', userName))?.item.made;
  const isEnding = made?.keyId === keyId && made.ending === true;
  if (!isEnding && (await run.keys.list(userName)).some((key) => key.keyId === keyId)) return;
  await run.secrets.moveLabel(secret.arn, 'AWSPENDING', version, null);
  run.metrics.put('VersionGivenUp', 1, 'Count');
  run.log.error('version-given-up', { version, keyId });
}
