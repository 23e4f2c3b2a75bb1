import type { Fault } from '../support/points';

/** All that can go wrong at one call, together with others. */
export const outcomes: readonly Fault[] = ['not-sent', 'refused', 'lost', 'late', 'dies', 'dies-before'];

/** The same, and what is enumerated by itself: an effect in the middle of the retry, and, where a scenario says so, the suspension of whoever makes the call. */
export const faults: readonly Fault[] = [...outcomes, 'after-retry', 'freezes', 'naps'];

/** What goes wrong in one play. Points are numbered from 1 in the order of the calls. */
export type Failing = ReadonlyMap<number, Fault>;

/** As it is printed, and read back by `readFailing`: `57 lost, 93 dies`. */
export const printFailing = (failing: Failing): string =>
  failing.size === 0 ? 'nothing fails' : [...failing].map(([point, fault]) => `${point} ${fault}`).join(', ');

/** @throws when the text is not what `printFailing` prints. */
export function readFailing(text: string): Failing {
  if (text === printFailing(new Map())) return new Map();
  return new Map(
    text.split(', ').map((part) => {
      const [point, name] = part.split(' ');
      const fault = faults.find((known) => known === name);
      if (fault === undefined || !Number.isInteger(Number(point))) throw new Error(`no schedule: ${part}`);
      return [Number(point), fault];
    }),
  );
}

/** A number in [0, 1) that depends on nothing but the seed and the place it is drawn for: leaving one out changes no other. */
export function chance(seed: number, ...place: readonly number[]): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  for (const number of place) {
    hash = Math.imul(hash ^ (number + 0x7f4a7c15), 0xc2b2ae35);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}
