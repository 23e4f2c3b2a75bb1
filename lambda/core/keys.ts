import type { Intent, LinkRecord } from './journal';

/** What IAM tells of a key, as far as a rotation needs it. */
export interface KnownKey {
  readonly keyId: string;
  readonly active: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly everUsed: boolean;
  /** When we set about storing its secret half, where that is known, give or take 5 s. Epoch milliseconds. */
  readonly madeAt?: number;
}

export interface Slots {
  readonly keys: readonly KnownKey[];
  /** Key ids that a labelled version of the secret names, by label. */
  readonly current: string | null;
  readonly pending: string | null;
  readonly previous: string | null;
  readonly intent: Intent | null;
  /** Key ids in labelled versions that the intent, one that it covers, or the key made last was for: their answers were not lost after all. */
  readonly claimed: readonly string[];
  /** The key that we made last, once the version that it was made for has lost its labels. */
  readonly abandoned: string | null;
  /** The key that we made last, while the version that it was made for, and is labelled, does not name it: its PutSecretValue failed, or is on its way. */
  readonly unstored: string | null;
  /** Key ids that the links' records name. */
  readonly recorded: ReadonlySet<string>;
  /** Some link may hold a key that no record names: it has no record, or one that does not know. */
  readonly unknownHolder: boolean;
}

/** IAM keeps two keys a user, inactive ones included (facts: aws-rotation, section 13). */
export const slotsPerUser = 2;
/** IAM's dates are whole seconds of another clock. */
const clockSkewMs = 5_000;
/** A PutSecretValue without an answer may store the key's secret half for a minute after the key was made, and 5 s later a reading shows it (facts: aws-rotation, section 3). Milliseconds. */
const putMs = 65_000;

export type SlotDecision =
  | { readonly do: 'create' }
  | { readonly do: 'delete'; readonly keyId: string; readonly because: 'retired' | 'orphan' | 'abandoned' }
  /** Until a key is certain to be an orphan. Epoch milliseconds. */
  | { readonly do: 'wait'; readonly until: number }
  | { readonly do: 'stop'; readonly keyIds: readonly string[] };

/**
 * Whether a key may be made, and what may be deleted for it. A key is deleted only if it is ours and unused: not among
 * those seen before an open intent, created within it so long ago that no value with it can still arrive, never used, in no record; or made by us for a version that does not
 * name it, so long ago as well, never used, in no record; or made by us for a version that has lost its labels, in no record; or if it is the key of AWSPREVIOUS, retired (inactive), and no link may hold it. Every other key is somebody's: it is never touched, and stops the
 * rotation only when it leaves no free slot.
 *
 * A link that nobody has a record of may hold any key that was there before us, so it protects the key of AWSPREVIOUS.
 * It cannot hold one whose secret half was lost with the answer to our own call.
 *
 * @param now epoch milliseconds.
 */
export function decideSlots(slots: Slots, now: number): SlotDecision {
  const unlabelled = (key: KnownKey): boolean =>
    ![slots.current, slots.pending, ...slots.claimed].includes(key.keyId) && !slots.recorded.has(key.keyId);
  const orphan = slots.keys.find(
    (key) => unlabelled(key) && key.keyId !== slots.previous && (isOrphan(key, slots.intent) || isUnstored(key, slots)),
  );
  if (orphan !== undefined) {
    const until = Math.max(orphan.createdAt, orphan.madeAt ?? 0) + putMs + clockSkewMs;
    return now < until ? { do: 'wait', until } : { do: 'delete', keyId: orphan.keyId, because: 'orphan' };
  }
  if (slots.keys.length < slotsPerUser) return { do: 'create' };
  const retired = slots.keys.find((key) => unlabelled(key) && key.keyId === slots.previous && !key.active);
  if (retired !== undefined && !slots.unknownHolder) return { do: 'delete', keyId: retired.keyId, because: 'retired' };
  const abandoned = slots.keys.find(
    (key) => unlabelled(key) && key.keyId === slots.abandoned && key.keyId !== slots.previous,
  );
  if (abandoned !== undefined) return { do: 'delete', keyId: abandoned.keyId, because: 'abandoned' };
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

/** Made by us, and its secret half was never stored: whoever slept before CreateAccessKey makes it later than any intent says. */
const isUnstored = ({ keyId, everUsed }: KnownKey, { unstored }: Slots): boolean => keyId === unstored && !everUsed;

/** Whether a key may be in use by a link, by what is recorded and by what is not. */
export const mayBeHeld = ({ recorded, unknownHolder }: Holders, keyId: string): boolean =>
  unknownHolder || recorded.has(keyId);

/** What the records of all links tell of the keys in use. */
export type Holders = Pick<Slots, 'recorded' | 'unknownHolder'>;

/**
 * A version that we put there and that has no key id holds no access key: it is of another kind.
 *
 * @param records of all links, of whichever secret: another one may hold the same key.
 * @param unrecorded a link in question has no record.
 */
export function holdersOf(records: readonly LinkRecord[], unrecorded: boolean): Holders {
  const held = records.flatMap(({ holds }) => holds);
  return {
    recorded: new Set(held.flatMap(({ keyId }) => (keyId === undefined ? [] : [keyId]))),
    unknownHolder:
      unrecorded || records.some(({ holds }) => holds.length === 0) || held.some(({ version }) => version === null),
  };
}
