/** A time as people and machines read it. @param at epoch milliseconds */
export const iso = (at: number): string => new Date(at).toISOString();

/** Whole hours from a time until now. @param at epoch milliseconds */
export const hoursSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / 3_600_000));
