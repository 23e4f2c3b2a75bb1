import { Duration } from 'aws-cdk-lib';
import type { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';

/**
 * Rotation rules for a schedule, refused here rather than halfway through a deployment.
 *
 * What Secrets Manager accepts: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 *
 * @param schedule `cron()` in UTC with `0` minutes and `*` as year, or `rate()` of 4 hours to 1000 days
 * @param window whole hours, 1 to 24; it may run neither into the next window nor into the next UTC day
 * @throws naming the value that was given
 */
export function rotationRules(schedule: string, window: Duration): CfnRotationSchedule.RotationRulesProperty {
  const hours = window.toHours({ integral: false });
  if (!Number.isInteger(hours) || hours < 1 || hours > 24) {
    throw new Error(`'window' must be a whole number of hours from 1 to 24, got ${window.toHumanString()}`);
  }
  const room = hoursUntilNext(schedule);
  if (hours > room) {
    throw new Error(
      `'window' must end before the next window and the next UTC day: ` +
        `'${schedule}' leaves ${room} hours, got ${window.toHumanString()}`,
    );
  }
  return { scheduleExpression: schedule, duration: `${hours}h` };
}

/** Hours from the start of a window to the next window or to the end of the UTC day, whichever is first. */
function hoursUntilNext(schedule: string): number {
  const hour = /^cron\(0 (\S+) \S+ \S+ \S+ \*\)$/.exec(schedule)?.[1];
  if (hour !== undefined) return /^\d+$/.test(hour) ? 24 - Number(hour) : 24; // lists and steps are the service's to judge

  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(schedule);
  const every = rate && Number(rate[1]) * (rate[2] === 'day' ? 24 : 1);
  if (every && every >= 4 && every <= 1000 * 24) return Math.min(every, 24);

  throw new Error(
    `'schedule' must be cron(0 … *), in UTC with 0 minutes and * as year, or rate() of 4 hours to 1000 days, got '${schedule}'`,
  );
}

/**
 * The shortest time between two windows, as far as the expression tells it: a month has 28 days, and `L`, `#` and `W` mean one
 * day of it. Hours.
 *
 * @param schedule one that {@link rotationRules} has let pass
 */
export function hoursBetween(schedule: string): number {
  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(schedule);
  if (rate !== null) return Number(rate[1]) * (rate[2] === 'day' ? 24 : 1);
  const [, hour = '*', dayOfMonth = '*', , dayOfWeek = '?'] = schedule.slice('cron('.length, -1).split(' ');
  const ofWeek = dayOfWeek !== '?' && dayOfWeek !== '*';
  const days = ofWeek ? shortestGap(dayOfWeek, 1, 7) : shortestGap(dayOfMonth, 1, 28);
  const hours = shortestGap(hour, 0, 23);
  return hours < 24 ? hours : days * 24;
}

const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The shortest way from one value of a cron field to the next, round the end; one value alone comes once a round. */
function shortestGap(field: string, lowest: number, highest: number): number {
  const round = highest - lowest + 1;
  if (/[#LW]/.test(field)) return 28;
  const number = (text: string): number => (weekdays.includes(text) ? weekdays.indexOf(text) + 1 : Number(text));
  const values = field.split(',').flatMap((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to = part.includes('/') ? String(highest) : from] = /^[*?]$/.test(range)
      ? [String(lowest), String(highest)]
      : range.split('-');
    const found: number[] = [];
    for (let value = number(from); value <= number(to); value += Math.max(1, Number(step))) found.push(value);
    return found;
  });
  const sorted = [...new Set(values.map((value) => lowest + ((value - lowest) % round)))].sort((a, b) => a - b);
  const [first = lowest] = sorted;
  return sorted.reduce((gap, value, at) => Math.min(gap, (sorted[at + 1] ?? first + round) - value), round);
}
