import type { UserRecord } from '../../core/journal';
import { decideSlots } from '../../core/keys';
import type { Held } from '../lease';
import { noFreeSlot, slotsOf, type Keeping } from './slots';

/** A reading of a secret may be as old as this (facts: aws-rotation, section 3). Milliseconds. */
const readingMs = 5_000;

/**
 * Deletes a key that is ours and unused, or waits until it is certain to be.
 *
 * IAM knows no fence, and its maker may be asleep just before PutSecretValue. So the end of a key is written down, and all is
 * looked at again when a value stored until then can be seen: either it is, or its maker reads of the end and takes it back.
 *
 * @returns the keys that there are once a slot is free; `null`: all is to be looked at again
 * @throws KEY_QUOTA, having changed nothing that is not ours
 */
export async function makeRoom(keeping: Keeping, held: Held<'user'>): Promise<readonly string[] | null> {
  const { run, userName } = keeping;
  // judged as of the look: whoever sleeps behind it knows nothing of a value that came meanwhile
  const lookedAt = run.clock.now();
  const slots = await slotsOf(keeping, held.item);
  const keyIds = slots.keys.map((key) => key.keyId);
  const decision = decideSlots(slots, lookedAt);
  const { made } = held.item;
  const isCondemned = decision.do === 'delete' && decision.keyId === made?.keyId;
  if (!isCondemned) await spare(held);
  else if (made.ending !== true) {
    await held.save((record) => ({ ...record, made: { ...made, ending: true } }));
    await run.clock.sleep(readingMs);
    return null;
  }
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

/** The key that we made last is not to be deleted after all: its value has come. */
export async function spare(held: Held<'user'>): Promise<void> {
  if (held.item.made?.ending !== true) return;
  await held.save(({ made, ...record }: UserRecord) => {
    if (made === undefined) return record;
    const { ending: _, ...spared } = made;
    return { ...record, made: spared };
  });
}
