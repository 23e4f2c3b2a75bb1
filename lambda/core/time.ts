/** A time as people and machines read it; one that is none, as a spoilt record may hold it, is said to be unreadable. @param at epoch milliseconds */
export function iso(at: number): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? `unreadable time ${at}` : time.toISOString();
}

/** How often, and when in a window, AWS does not publish. */
export const triesAgain = 'Secrets Manager tries again while a rotation window is open';

/** Whole hours from a time until now. @param at epoch milliseconds */
export const hoursSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / 3_600_000));
