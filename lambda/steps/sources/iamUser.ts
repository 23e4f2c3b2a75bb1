import { accessKeyCalls, trialCalls } from '../../core/calls';
import { activateKey, deleteKey } from '../../core/commands';
import { RotationError } from '../../core/errors';
import { newUserRecord } from '../../core/journal';
import { decideSlots } from '../../core/keys';
import { accessKeyId as keyId, awsCredentials, keyField, secretField } from './awsKeys';
import type { Invocation } from '../../ports';
import { withLease } from '../lease';
import { listLagMs, makeKey } from './makeKey';
import { keptKeys, noFreeSlot, slotsOf } from './slots';
import { stillWork, waitUntilAccepted } from './trials';
import type { Source } from '.';

/** Access keys of one IAM user. Old and new key are valid side by side. */
export function iamUser(userName: string): Source {
  return {
    overlap: true,
    keyId,
    isComplete: (fields) => awsCredentials(fields) !== null,
    create: (run, rotation, found) =>
      withLease(run, 'user', userName, newUserRecord, (held) =>
        makeKey({ run, userName, keyId, ...rotation, ...found }, rotation, held),
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
