import { counted } from '../../lambda/page/view';

const units = [
  { name: 'day', milliseconds: 86_400_000, from: 2 * 86_400_000 },
  { name: 'hour', milliseconds: 3_600_000, from: 2 * 3_600_000 },
  { name: 'minute', milliseconds: 60_000, from: 60_000 },
  { name: 'second', milliseconds: 1_000, from: 1_000 },
] as const;

/** A length of time in its largest fitting unit: `3 minutes`, `36 hours`, `30 days`. */
export function span(milliseconds: number): string {
  const unit = units.find(({ from }) => milliseconds >= from);
  return unit === undefined ? 'a moment' : counted(Math.floor(milliseconds / unit.milliseconds), unit.name);
}

const passed = (instant: string | number, at: string): number => Date.parse(at) - new Date(instant).getTime();

/** How long ago an instant was, at another one. Both ISO 8601, or epoch milliseconds. */
export const age = (instant: string | number, at: string): string => span(Math.max(0, passed(instant, at)));

/** An instant as seen at another one: `3 minutes ago`, `in 9 days`. */
export function relative(instant: string | number, at: string): string {
  const milliseconds = passed(instant, at);
  if (Math.abs(milliseconds) < 1_000) return 'just now';
  return milliseconds > 0 ? `${span(milliseconds)} ago` : `in ${span(-milliseconds)}`;
}

/** `2026-11-22 22:04 UTC` of an ISO 8601 text or epoch milliseconds. */
export const moment = (instant: string | number): string =>
  `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
