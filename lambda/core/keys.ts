import type { Intent, LinkRecord } from './journal';

/** What IAM tells of a key, as far as a rotation needs it. */
export interface KnownKey {
  readonly keyId: string;
  readonly active: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly everUsed: boolean;
}

export interface Slots {
  readonly keys: readonly KnownKey[];
  /** Key ids that a labelled version of the secret names, by label. */
  readonly current: string | null;
  readonly pending: string | null;
  readonly previous: string | null;
  readonly intent: Intent | null;
  /** Whether some link may hold the key: by its record, or because it has none. */
  readonly mayBeHeld: (keyId: string) => boolean;
}

/** IAM keeps two keys a user, inactive ones included (facts: aws-rotation, section 13). */
export const slotsPerUser = 2;
/** IAM's dates are whole seconds of another clock. */
const clockSkewMs = 5_000;

export type SlotDecision =
  | { readonly do: 'create' }
  | { readonly do: 'delete'; readonly keyId: string; readonly because: 'retired' | 'orphan' }
  | { readonly do: 'stop'; readonly keyIds: readonly string[] };

/**
 * Whether a key may be made, and what may be deleted for it. A key is deleted only if it is ours and unused: not among
 * those seen before an open intent, created within it, never used, held by no link; or if it is the key of AWSPREVIOUS,
 * retired (inactive), held by no link. Every other key is somebody's: it is never touched, and stops the rotation only
 * when it leaves no free slot.
 */
export function decideSlots(slots: Slots): SlotDecision {
  const free = (key: KnownKey): boolean =>
    key.keyId !== slots.current && key.keyId !== slots.pending && !slots.mayBeHeld(key.keyId);
  const orphan = slots.keys.find((key) => free(key) && key.keyId !== slots.previous && isOrphan(key, slots.intent));
  if (orphan !== undefined) return { do: 'delete', keyId: orphan.keyId, because: 'orphan' };
  if (slots.keys.length < slotsPerUser) return { do: 'create' };
  const retired = slots.keys.find((key) => free(key) && key.keyId === slots.previous && !key.active);
  if (retired !== undefined) return { do: 'delete', keyId: retired.keyId, because: 'retired' };
  return { do: 'stop', keyIds: slots.keys.map((key) => key.keyId) };
}

/** Made by a CreateAccessKey whose answer, and with it the secret half, was lost. */
function isOrphan(key: KnownKey, intent: Intent | null): boolean {
  return (
    intent !== null &&
    !intent.seen.includes(key.keyId) &&
    !key.everUsed &&
    key.createdAt >= intent.openedAt - clockSkewMs &&
    key.createdAt <= intent.until + clockSkewMs
  );
}

/** Whether a link's record lets it hold this key. A version that we did not put there (null) may be any key. */
export function recordMayHold(record: LinkRecord | null, keyId: string): boolean {
  return (
    record === null ||
    record.holds.length === 0 ||
    record.holds.some((held) => held.keyId === undefined || held.keyId === keyId)
  );
}
