import type { Leased } from './journal';

/** How long a lease lasts without renewal. */
export const leaseMs = 30_000;
/** While work goes on the lease is renewed this often. */
export const renewEveryMs = 10_000;
/** Before each effect at least this much of the lease remains, by the local clock since the last renewal was *sent*; else it is renewed first. */
export const marginMs = 5_000;
/** How long a second holder waits for the first one. */
export const waitForLeaseMs = 40_000;

/** A free item, or one whose holder has gone silent, under a new holder and with a higher fence; `null` while another one holds it. */
export function claimed<T extends Leased>(item: T, holder: string, now: number): T | null {
  if (item.lease !== null && item.lease.holder !== holder && item.lease.until > now) return null;
  const fence = item.lease?.holder === holder ? item.fence : item.fence + 1;
  return { ...item, fence, lease: { holder, until: now + leaseMs } };
}

export function renewed<T extends Leased>(item: T, holder: string, now: number): T {
  return { ...item, lease: { holder, until: now + leaseMs } };
}

export function released<T extends Leased>(item: T): T {
  return { ...item, lease: null };
}
