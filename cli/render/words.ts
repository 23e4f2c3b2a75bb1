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
  return unit === undefined ? 'a moment' : counted(Math.round(milliseconds / unit.milliseconds), unit.name);
}

const passed = (instant: string | number, at: string): number => Date.parse(at) - new Date(instant).getTime();

/** Clocks differ and are set: nothing lasts less than no time. What was written down may be no time at all. @param milliseconds NaN: unreadable */
const told = (milliseconds: number, words: (milliseconds: number) => string, unreadable: string): string =>
  Number.isNaN(milliseconds) ? unreadable : words(milliseconds);

/** How long ago an instant was, at another one. Both ISO 8601, or epoch milliseconds. */
export const age = (instant: string | number, at: string): string =>
  told(passed(instant, at), (since) => span(Math.max(0, since)), 'an unreadable time');

/** `3 days old`. */
export const old = (instant: string | number, at: string): string =>
  told(passed(instant, at), () => `${age(instant, at)} old`, 'of unreadable age');

/** Of what has happened: clocks differ by seconds, and nothing that was seen lies ahead. */
export const ago = (instant: string | number, at: string): string =>
  told(
    passed(instant, at),
    (since) => (since < 1_000 ? 'just now' : `${age(instant, at)} ago`),
    'at an unreadable time',
  );

/** Of what is to come: `in 9 days`; what should have been is `overdue for 3 hours`. */
export const ahead = (instant: string | number, at: string): string =>
  told(
    passed(instant, at),
    (since) => (since > 0 ? `overdue for ${age(instant, at)}` : `in ${span(-since)}`),
    'at an unreadable time',
  );

/** `2026-11-22 22:04 UTC` of an ISO 8601 text or epoch milliseconds. What only looks like a time, as a name may, is left as it is. */
export function moment(instant: string | number): string {
  const time = new Date(instant);
  return Number.isNaN(time.getTime()) ? String(instant) : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A sentence of the function for people: times to the minute, names without the quotes that only SQL needs. Not for what is copied. */
export const readable = (sentence: string): string =>
  sentence
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => moment(time))
    .replaceAll(/`([A-Za-z_][\w$-]*)`\.`([A-Za-z_][\w$-]*)`/g, '$1.$2');

/** A link or a pipeline of a cluster, as its record is named: `analytics.lake on host:3306` of ``host:3306/`analytics`.`lake` ``. */
export const placed = (key: string): string => readable(key.replace(/^([^/`\s]+)\/(`[^/]*`\.`[^/]*`)/, '$2 on $1'));
