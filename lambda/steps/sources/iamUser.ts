import { accessKeyCalls, trialCalls } from '../../core/calls';
import { activateKey, deleteKey } from '../../core/commands';
import { Credentials } from '../../core/credentials';
import { RotationError } from '../../core/errors';
import { jsonText, objectOf } from '../../core/json';
import { newUserRecord, type Intent, type UserRecord } from '../../core/journal';
import { decideSlots } from '../../core/keys';
import { accessKeyId as keyId, awsCredentials, keyField, secretField } from './awsKeys';
import type { AwsCredentials, Invocation } from '../../ports';
import { withLease, type Held } from '../lease';
import { valueOf, type Rotation } from '../rotation';
import { keptKeys, noFreeSlot, slotsOf, type Keeping } from './slots';
import { stillWork, waitUntilAccepted } from './trials';
import type { Source } from '.';

/** A CreateAccessKey whose answer was lost may take effect this long after it was sent. Milliseconds; our own time-out is 10 s. */
const intentMs = 60_000;
/** CreateAccessKey is sent only while the intent is open for so long yet. Milliseconds. */
const createMs = 30_000;
/** PutSecretValue is sent only within so long of what the record says of it. Milliseconds. */
const saveMs = 5_000;
/** ListAccessKeys may not show a key this young yet (facts: aws-rotation, section 13). Milliseconds. */
const listLagMs = 60_000;

/** Access keys of one IAM user. Old and new key are valid side by side. */
export function iamUser(userName: string): Source {
  return {
    overlap: true,
    keyId,
    isComplete: (fields) => awsCredentials(fields) !== null,
    create: (run, rotation, found) =>
      withLease(run, 'user', userName, newUserRecord, (held) =>
        create({ run, userName, keyId, ...rotation, ...found }, rotation, held),
      ),
    next: (_run, current) =>
      Promise.resolve({ keys: [...(current?.fields.keys() ?? []), keyField, secretField], fields: null }),
    exists: async (run, pending) => {
      const id = keyId(pending.fields);
      if (id === undefined) return false;
      if (run.clock.now() - pending.createdAt < listLagMs) return true;
      return (await run.keys.list(userName)).some((key) => key.keyId === id);
    },
    accepted: async (run, pending, current, probes, until) => {
      const fresh = awsCredentials(pending.fields);
      if (fresh === null) {
        throw new RotationError(
          'SECRET_SHAPE',
          `version ${pending.version} has no ${keyField} and ${secretField}. Nothing was changed. Take AWSPENDING away from it and rotate again.`,
        );
      }
      try {
        await waitUntilAccepted(run, fresh, current === null ? null : awsCredentials(current.fields), probes, until);
      } catch (thrown) {
        throw (await deactivated(run, userName, fresh.keyId)) ?? thrown;
      }
    },
    obstacles: async (run, rotation, found) => {
      const keeping = { run, userName, keyId, ...rotation, ...found };
      const record = (await run.table.read('user', userName))?.item ?? newUserRecord;
      const decision = decideSlots(await slotsOf(keeping, record), run.clock.now());
      return decision.do === 'stop' ? [await noFreeSlot(keeping, decision.keyIds)] : [];
    },
    works: async (run, { fields }) => {
      const credentials = awsCredentials(fields);
      return credentials !== null && stillWork(run, credentials);
    },
    calls: (places) => [...accessKeyCalls, ...trialCalls(places)],
    keys: {
      all: async (run, rotation, found) => {
        const record = (await run.table.read('user', userName))?.item ?? newUserRecord;
        return keptKeys({ run, userName, keyId, ...rotation, ...found }, record);
      },
      discard: async (run, id) => {
        const made = (await run.table.read('user', userName))?.item.made;
        if (made?.keyId === id) return run.keys.remove(userName, id);
        run.log.warn('key-left', {
          userName,
          keyId: id,
          note: 'it was not made by this function, so it is not deleted',
        });
      },
      lastUsed: (run, id) => run.keys.lastUsed(id),
      retire: async (run, id) => {
        const known = (await run.keys.list(userName)).some((key) => key.keyId === id);
        if (known) await run.keys.deactivate(userName, id);
        return known;
      },
      revive: async (run, id) => {
        const known = (await run.keys.list(userName)).some((key) => key.keyId === id);
        if (known) await run.keys.activate(userName, id);
        return known;
      },
    },
  };
}

/** A key that somebody has set Inactive is never accepted: the message says so instead of waiting for it each night. */
async function deactivated(run: Invocation, userName: string, id: string): Promise<RotationError | null> {
  const key = (await run.keys.list(userName)).find((one) => one.keyId === id);
  if (key?.active !== false) return null;
  return new RotationError(
    'CREDENTIALS_NOT_ACCEPTED',
    `the new key ${id} of ${userName} was set Inactive by somebody. Nothing was paused or changed; AWSPENDING keeps it. To use it: ${activateKey(userName, id)}. To have another one made: ${deleteKey(userName, id)}; the retry then gives this version up, and the next rotation makes one.`,
  );
}

async function create(keeping: Keeping, rotation: Rotation, held: Held<'user'>): Promise<void> {
  const { run, userName } = keeping;
  let intent: Awaited<ReturnType<typeof intend>>;
  do {
    let seen: readonly string[] | null = null;
    while (seen === null) {
      const lookedAt = run.clock.now();
      // a twin of this call, or a put of a dead one, may have stored a value while we waited
      if (mayBeStored(held.item, rotation) && (await valueOf(run, rotation.secret.arn, rotation.version)) !== null)
        return;
      seen = await makeRoom({ ...keeping, empty: rotation.version }, held);
      // who slept since knows nothing of a key that came meanwhile
      if (run.clock.now() > lookedAt + createMs) seen = null;
    }
    intent = await intend(run, rotation, held, seen);
    await held.guard();
    // who slept since would make a key later than the intent says
  } while (run.clock.now() > intent.until - createMs);
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
 * Deletes a key that is ours and unused, or waits until it is certain to be.
 *
 * @returns the keys that there are once a slot is free; `null`: all is to be looked at again
 * @throws KEY_QUOTA, having changed nothing that is not ours
 */
async function makeRoom(keeping: Keeping, held: Held<'user'>): Promise<readonly string[] | null> {
  const { run, userName } = keeping;
  const slots = await slotsOf(keeping, held.item);
  const keyIds = slots.keys.map((key) => key.keyId);
  const decision = decideSlots(slots, run.clock.now());
  switch (decision.do) {
    case 'create':
      return keyIds;
    case 'stop':
      throw await noFreeSlot(keeping, decision.keyIds);
    case 'wait':
      await run.clock.sleep(Math.min(5_000, decision.until - run.clock.now()));
      await held.keep();
      return null;
    case 'delete':
      await held.guard();
      // the intent stays: a second call that it covers may have made another key, which is deleted the same way
      await run.keys.remove(userName, decision.keyId);
      run.log.info('key-deleted', { userName, keyId: decision.keyId, because: decision.because });
      return decision.because === 'retired' ? keyIds.filter((id) => id !== decision.keyId) : null;
  }
}

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
    until: now + intentMs,
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
  try {
    // remembered first: whoever puts and is heard of no more leaves a key that others may end
    let at: number;
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
  await held.save(({ made: ours, ...record }) => {
    const kept = stored ? ours : before;
    const intent = former === null ? null : { ...former, seen: [...former.seen, made.keyId] };
    return { ...record, intent, ...(kept === undefined ? {} : { made: kept }) };
  });
}
