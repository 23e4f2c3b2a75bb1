import type { Range } from '../core/expect';

/** How the page is looked at. */
export interface View {
  /** `auto`: what the browser prefers. */
  readonly theme: 'light' | 'dark' | 'auto';
  /** Of the place for it, CSS pixels; `null`: known to the browser alone. */
  readonly width: number | null;
  readonly zone: Zone;
}

export interface Zone {
  readonly label: string;
  /** East of Greenwich. */
  readonly minutes: number;
}

const utc: Zone = { label: 'UTC', minutes: 0 };

/**
 * Reads the context that a dashboard sends with each call; whatever of it is missing or odd is left to the browser, and times to UTC.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export function readView(widgetContext: unknown): View {
  const { theme, width, timezone } = fieldsOf(widgetContext);
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    width: typeof width === 'number' && width > 0 ? width : null,
    zone: readZone(timezone),
  };
}

function readZone(timezone: unknown): Zone {
  const { label, offsetISO } = fieldsOf(timezone);
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(String(offsetISO)) ?? [];
  if (typeof label !== 'string' || sign === undefined) return utc;
  return { label, minutes: (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) };
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** To the minute. What is no time is shown as it is. */
export const shownTime = (at: string | number, zone: Zone): string => instant(at, zone, 16);

/** To the second. */
export const shownSecond = (at: string | number, zone: Zone): string => instant(at, zone, 19);

function instant(at: string | number, { minutes }: Zone, length: number): string {
  const time = new Date(at).getTime() + minutes * 60_000;
  return Math.abs(time) < 8.64e15 ? new Date(time).toISOString().slice(0, length).replace('T', ' ') : String(at);
}

/** A sentence with the times in it as they are shown elsewhere. */
export const inZone = (text: string, zone: Zone): string =>
  text.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => shownTime(time, zone));

/** In the unit that a person would choose. What clocks cannot tell apart took some time all the same; an odd clock may tell less than none, or no number. */
export function shownDuration(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return 'an unknown time';
  if (milliseconds < 1) return 'under 1 ms';
  const seconds = milliseconds / 1_000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 60) return `${(Math.floor(seconds * 10) / 10).toString()} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return shownHours(seconds / 3_600);
}

/** What is expected, as a rule to at worst: "50 ms to 1.2 s". */
export function shownRange({ medianMs, slowestMs }: Range): string {
  const worst = shownDuration(slowestMs);
  if (medianMs === null) return `up to ${worst}`;
  const rule = shownDuration(medianMs);
  return rule === worst ? worst.replace(/^(?!under)/, 'about ') : `${rule} to ${worst}`;
}

export function shownHours(hours: number): string {
  if (Number.isNaN(hours)) return 'unknown';
  if (hours < 0) return '0 min';
  if (hours < 1) return `${Math.round(hours * 60)} min`;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}

/** "1 pipeline", "2 pipelines". */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
