import { Duration } from 'aws-cdk-lib';
import type { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { isUnknown } from './unknown';

/** Secrets Manager rotates no more often. Hours. */
const shortestInterval = 4;

/**
 * Rotation rules for a schedule, refused here rather than halfway through a deployment.
 *
 * What Secrets Manager accepts: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 *
 * @param schedule `cron()` in UTC with `0` minutes and `*` as year, or `rate()`, of 4 hours to 1000 days
 * @param window whole hours, 1 to 24; it may run neither into the next window nor into the next UTC day
 * @throws naming the value that was given
 */
export function rotationRules(schedule: string, window: Duration): CfnRotationSchedule.RotationRulesProperty {
  const hours = window.toHours({ integral: false });
  if (!Number.isInteger(hours) || hours < 1 || hours > 24) {
    throw new Error(`'window' must be a whole number of hours from 1 to 24, got ${window.toHumanString()}`);
  }
  const rules = { scheduleExpression: schedule, duration: `${hours}h` };
  if (isUnknown(schedule)) return rules; // the service's to judge
  const { every, room } = readSchedule(schedule);
  if (every < shortestInterval) {
    throw new Error(
      `'schedule' must leave ${shortestInterval} hours from window to window, got '${schedule}', which leaves ${every}`,
    );
  }
  if (hours > room) {
    throw new Error(
      `'window' must end before the next window and the next UTC day: ` +
        `'${schedule}' leaves ${room} hours, got ${window.toHumanString()}`,
    );
  }
  return rules;
}

/**
 * The window where none is given: three hours, or what is left of the day or until the next one.
 *
 * @throws naming a schedule that is none
 */
export function defaultWindow(schedule: string): Duration {
  const hours = 3;
  return Duration.hours(isUnknown(schedule) ? hours : Math.min(hours, readSchedule(schedule).room));
}

/**
 * The shortest time from one window to the next, as far as the expression tells it: of `L`, `#` and `W` the shortest month, and
 * as if every month were named. Hours.
 *
 * @param schedule one that {@link rotationRules} has let pass
 */
export function hoursBetween(schedule: string): number {
  return readSchedule(schedule).every;
}

interface Rhythm {
  /** From the start of a window to the start of the next, at least. Hours. */
  readonly every: number;
  /** From the start of a window to the next window or to the end of the UTC day, whichever is first. Hours. */
  readonly room: number;
}

function readSchedule(schedule: string): Rhythm {
  const rhythm = rateOf(schedule) ?? cronOf(schedule);
  if (rhythm !== null) return rhythm;
  throw new Error(
    `'schedule' must be cron(0 … *), in UTC with 0 minutes and * as year, or rate() of 4 hours to 1000 days, got '${schedule}'`,
  );
}

function rateOf(schedule: string): Rhythm | null {
  const [, amount, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(schedule) ?? [];
  const every = Number(amount) * (unit === 'day' ? 24 : 1);
  return every >= shortestInterval && every <= 1000 * 24 ? { every, room: Math.min(every, 24) } : null;
}

function cronOf(schedule: string): Rhythm | null {
  const fields = /^cron\(0 (\S+) (\S+) (\S+) (\S+) \*\)$/.exec(schedule);
  if (fields === null) return null;
  const [, hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  const hours = valuesOf(hour, 0, 23);
  const months = valuesOf(numbered(month, monthNames), 1, 12);
  const days = daysBetween(dayOfMonth, dayOfWeek);
  if (hours === null || months === null || days === null) return null;
  const [earliest = 1] = valuesOf(dayOfMonth, 1, 31) ?? [];
  if (months.every((number) => earliest > (longest[number - 1] ?? 0))) return null; // the 31st of February
  const [first, last] = [Math.min(...hours), Math.max(...hours)];
  const withinDay = hours.slice(1).map((value, at) => value - (hours[at] ?? first));
  const every = Math.min(...withinDay, days * 24 - (last - first));
  return { every, room: Math.min(every, 24 - last) };
}

/** A day that is counted: the last, the last but so many, the working day next to one; Friday's last, Monday's second. */
const oneDay = /^(?:L(?:-(?:[1-9]|[12]\d|30))?|LW|(?:[1-9]|[12]\d|3[01])W)$/;
const oneWeekday = /^(?:L|[1-7]L|[1-7]#[1-5])$/;

/** One of the two must be `?`: the other one says which days. */
function daysBetween(dayOfMonth: string, dayOfWeek: string): number | null {
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) return null;
  const field = dayOfMonth === '?' ? numbered(dayOfWeek, dayNames) : dayOfMonth;
  if ((dayOfMonth === '?' ? oneWeekday : oneDay).test(field)) return 28; // one day of each month
  if (dayOfMonth === '?') {
    const days = valuesOf(field, 1, 7);
    return days && shortestGap(days, 7);
  }
  const days = valuesOf(field, 1, 31);
  const inMonthOf = (length: number): number =>
    shortestGap(
      (days ?? []).filter((day) => day <= length),
      length,
    );
  return days && Math.min(...[28, 29, 30, 31].map(inMonthOf));
}

const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** Of the months, in days. */
const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Names by their numbers; 0, which no field takes, for what is no name. */
const numbered = (field: string, names: readonly string[]): string =>
  field.replaceAll(/[a-z]{3}/gi, (name) => String(names.indexOf(name.toUpperCase()) + 1));

/** The values that a cron field names, in order; `null`: it is none. */
function valuesOf(field: string, lowest: number, highest: number): readonly number[] | null {
  const round = highest - lowest + 1;
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?|(?=\/))(?:\/(\d+))?$/.exec(part); // `/8` is `*/8`
    if (match === null) return null;
    const [, from = lowest, to, step] = match;
    const first = Number(from);
    const last = Number(to ?? (match[1] === undefined || step !== undefined ? highest : first));
    if ([first, last].some((value) => value < lowest || value > highest)) return null;
    const end = last < first ? last + round : last; // FRI-MON
    for (let value = first; value <= end; value += Math.max(1, Number(step ?? 1)))
      found.add(lowest + ((value - lowest) % round));
  }
  return [...found].sort((a, b) => a - b);
}

/** The shortest way from one value to the next, round the end; one alone comes once a round. */
function shortestGap(values: readonly number[], round: number): number {
  const gaps = values.map((value, at) => (values[at + 1] ?? (values[0] ?? 0) + round) - value);
  return Math.min(...gaps);
}
