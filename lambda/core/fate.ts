import type { Retirement } from './journal';
import { decideSlots, type Slots } from './keys';
import { iso } from './time';

/**
 * What an access key is to a secret. `current`, `pending`: labelled. `ends`: the next rotation deletes it. `ending`: Inactive by an end that
 * was begun, and not done. `ended`: Inactive, and kept yet. `waits`: out of use, until it is due. `due`: it should have ended; something speaks against it. `used`: somebody has used it since links left it. `held`: a link may hold it, though
 * no label names it. `previous`: the one before, not known to be out of use. `unknown`: somebody else's.
 */
export interface Fate {
  readonly is:
    'current' | 'pending' | 'ends' | 'ending' | 'ended' | 'waits' | 'due' | 'used' | 'held' | 'previous' | 'unknown';
  /** What becomes of it, for people. */
  readonly words: string;
}

/**
 * What becomes of one key of the user.
 *
 * @param retirement what the journal says of it
 * @param lastUsed as IAM knows it, up to hours late. `at`: epoch milliseconds
 * @param now epoch milliseconds
 */
export function fateOf(
  keyId: string,
  slots: Slots,
  retirement: Retirement | undefined,
  lastUsed: { readonly at: number; readonly service: string } | null,
  now: number,
): Fate {
  const active = slots.keys.find((key) => key.keyId === keyId)?.active !== false;
  const ending = !active && retirement?.endingAt !== undefined && retirement.retiredAt === undefined;
  if (keyId === slots.current) {
    const inactive = ending ? 'was being ended, the watchdog makes it Active again' : 'whatever uses it is refused';
    return { is: 'current', words: active ? 'AWSCURRENT' : `AWSCURRENT, and Inactive: ${inactive}` };
  }
  if (keyId === slots.pending)
    return { is: 'pending', words: active ? 'AWSPENDING' : 'AWSPENDING, and Inactive: the rotation cannot go on' };
  if (ending) return { is: 'ending', words: 'being ended: Inactive, and Active again if anything speaks against it' };
  const end = endOf(keyId, slots);
  if (end !== null) return { is: 'ends', words: end };
  if (slots.recorded.has(keyId)) return { is: 'held', words: 'kept: a link may hold it, though no label names it' };
  if (retirement?.retiredAt !== undefined || (keyId === slots.previous && !active))
    return { is: 'ended', words: `Inactive, ${kept(slots)}` };
  if (retirement !== undefined) {
    if (lastUsed !== null && lastUsed.at >= retirement.switchedAt) {
      const { at, service } = lastUsed;
      return { is: 'used', words: `used at ${iso(at)} for ${service} since the switch: kept until that stops` };
    }
    const due = iso(retirement.dueAt);
    return now < retirement.dueAt
      ? { is: 'waits', words: `retires at ${due} if unused` }
      : {
          is: 'due',
          words: `due to retire since ${due}: kept while a link may hold it, or a pipeline has not loaded since`,
        };
  }
  if (keyId === slots.previous) return { is: 'previous', words: 'AWSPREVIOUS, kept: it is not recorded as out of use' };
  return { is: 'unknown', words: 'not known to this rotation, which never touches it' };
}

/** The next rotation's own judgement, once time has passed. */
function endOf(keyId: string, slots: Slots): string | null {
  const decision = decideSlots(slots, Infinity);
  if (decision.do === 'delete' && decision.keyId === keyId) return ends[decision.because];
  return keyId === slots.abandoned && !slots.recorded.has(keyId) && keyId !== slots.previous ? ends.abandoned : null;
}

const ends = {
  retired: 'Inactive, deleted by the next rotation',
  orphan: 'nobody knows its secret half, for the answer was lost: deleted by the next rotation',
  abandoned: 'made for a version that has lost its labels: deleted when its slot is needed',
} as const;

const kept = ({ unknownHolder }: Slots): string =>
  unknownHolder ? 'kept: a link has no record and may hold it' : 'deleted when its slot is needed';
