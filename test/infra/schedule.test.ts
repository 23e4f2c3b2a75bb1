import { Duration, Token } from 'aws-cdk-lib';
import { defaultWindow, hoursBetween, rotationRules } from '../../infra/schedule';

test.each([
  ['cron(0 3 1 * ? *)', 3],
  ['cron(0 21 ? * SUN#1 *)', 3],
  ['cron(0 8,20 L * ? *)', 4],
  ['cron(0 */4 * * ? *)', 4],
  ['cron(0 22 ? JAN-MAR mon-fri *)', 2],
  ['cron(0 3 30,31 2-4 ? *)', 3],
  ['cron(0 3 29 FEB ? *)', 3],
  ['cron(0 3 L 2 ? *)', 3],
  ['rate(4 hours)', 4],
  ['rate(1 day)', 24],
  ['rate(1000 days)', 1],
])('%s with a window of %d hours is a schedule', (schedule, hours) => {
  expect(rotationRules(schedule, Duration.hours(hours))).toEqual({
    scheduleExpression: schedule,
    duration: `${hours}h`,
  });
});

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html#rotate-secrets_schedule-cron */
test.each([
  ['every eight hours from midnight', 'cron(0 /8 * * ? *)', 8],
  ['every eight hours from 08:00', 'cron(0 8/8 * * ? *)', 8],
  ['at 02:00, 12:00 and 22:00', 'cron(0 2/10 * * ? *)', 4],
  ['every day', 'cron(0 10 * * ? *)', 24],
  ['every Saturday', 'cron(0 18 ? * SAT *)', 7 * 24],
  ['on the first of each month', 'cron(0 8 1 * ? *)', 28 * 24],
  ['every three months, on the first Sunday', 'cron(0 1 ? 1/3 SUN#1 *)', 28 * 24],
  ['on the last of each month', 'cron(0 17 L * ? *)', 28 * 24],
  ['from Monday to Friday', 'cron(0 8 ? * MON-FRI *)', 24],
  ['on the first and the 15th', 'cron(0 16 1,15 * ? *)', 14 * 24],
  ['on the first Sunday of each month', 'cron(0 0 ? * SUN#1 *)', 28 * 24],
])("AWS's own examples: %s, %s, is a schedule, of at least %d hours", (_when, schedule, hours) => {
  expect(rotationRules(schedule, defaultWindow(schedule)).scheduleExpression).toBe(schedule);
  expect(hoursBetween(schedule)).toBe(hours);
});

test.each([
  ['on the last Sunday of each month', 'cron(0 0 ? * SUNL *)', 28 * 24],
  ['every three months from January', 'cron(0 0 1 /3 ? *)', 28 * 24],
  ['every ten days from the first', 'cron(0 8 /10 * ? *)', 24],
  ['every second day of the week from Sunday', 'cron(0 8 ? * /2 *)', 24],
])("AWS's wildcards, used alike: %s, %s, is a schedule, of at least %d hours", (_when, schedule, hours) => {
  expect(rotationRules(schedule, defaultWindow(schedule)).scheduleExpression).toBe(schedule);
  expect(hoursBetween(schedule)).toBe(hours);
});

test.each([
  ['cron(0 3 1 * ? *)', 3],
  ['cron(0 21 1 * ? *)', 3],
  ['cron(0 22 1 * ? *)', 2],
  ['cron(0 2/10 * * ? *)', 2],
  ['rate(4 hours)', 3],
])('without a window of its own %s has one of %d hours, which ends within its day', (schedule, hours) => {
  expect(defaultWindow(schedule).toHours()).toBe(hours);
});

test.each([
  'cron(0 / * * ? *)',
  'cron(0 ,8 * * ? *)',
  'cron(0 -8 * * ? *)',
  'cron(5 3 1 * ? *)',
  'cron(0 3 1 * ? 2027)',
  'cron(0 3 1 * ?)',
  'cron(0 3 1 * * *)',
  'cron(0 3 ? * ? *)',
  'cron(0 24 1 * ? *)',
  'cron(0 3 32 * ? *)',
  'cron(0 3 ? * 8 *)',
  'cron(0 3 ? * SUNDAY *)',
  'cron(0 three 1 * ? *)',
  'cron(0 3 1 FOO ? *)',
  'cron(0 3 1 99 ? *)',
  ...['3#9', '#', '9L', 'W', '8#1', '2,6#3', '#2'].map((day) => `cron(0 3 ? * ${day} *)`),
  ...['99W', 'W', '#', 'L-40', 'LL', '1-7W', '1#2', '32W'].map((day) => `cron(0 3 ${day} * ? *)`),
  'cron(0 3 1 ? ? *)',
  'cron(0 3 31 2 ? *)',
  'cron(0 3 31 APR,jun,SEP,11 ? *)',
  'rate(3 hours)',
  'rate(1001 days)',
  'rate(240 minutes)',
  'rate(0 days)',
  '30 days',
  '',
])('the schedule "%s" is refused and quoted', (schedule) => {
  expect(() => rotationRules(schedule, Duration.hours(1))).toThrow(
    `'schedule' must be cron(0 … *), in UTC with 0 minutes and * as year, or rate() of 4 hours to 1000 days, got '${schedule}'`,
  );
});

test.each([
  [Duration.hours(0), '0 hours'],
  [Duration.minutes(90), '1 hour 30 minutes'],
  [Duration.hours(25), '1 day 1 hour'],
])('a window of %s is refused and quoted', (window, words) => {
  expect(() => rotationRules('rate(30 days)', window)).toThrow(
    `'window' must be a whole number of hours from 1 to 24, got ${words}`,
  );
});

test.each([
  ['cron(0 22 1 * ? *)', 'runs into the next day', '2 hours'],
  ['rate(4 hours)', 'runs into the next window', '4 hours'],
  ['cron(0 8,12 1 * ? *)', 'runs into the next window', '4 hours'],
  ['cron(0 4,20 1 * ? *)', 'runs into the next day', '4 hours'],
])('a window of 5 hours with %s is refused: it %s', (schedule, _why, room) => {
  expect(() => rotationRules(schedule, Duration.hours(5))).toThrow(`'${schedule}' leaves ${room}, got 5 hours`);
});

test.each([
  ['cron(0 * 1 * ? *)', 1],
  ['cron(0 */3 * * ? *)', 3],
  ['cron(0 22,1 * * ? *)', 3],
])('%s comes too often for Secrets Manager, and is quoted', (schedule, hours) => {
  expect(() => rotationRules(schedule, Duration.hours(1))).toThrow(
    new Error(`'schedule' must leave 4 hours from window to window, got '${schedule}', which leaves ${hours}`),
  );
});

describe('the shortest time between two windows', () => {
  const days = (count: number) => count * 24;
  test.each([
    ['rate(5 hours)', 5],
    ['rate(10 days)', days(10)],
    ['cron(0 3 * * ? *)', days(1)],
    ['cron(0 3 1 * ? *)', days(28)],
    ['cron(0 3 31 * ? *)', days(31)],
    ['cron(0 3 1,15 * ? *)', days(14)],
    ['cron(0 3 1,29 * ? *)', days(1)], // the last of a February
    ['cron(0 3 1/15 * ? *)', days(1)], // 1, 16 and 31
    ['cron(0 3 */10 * ? *)', days(1)],
    ['cron(0 3 5-7 * ? *)', days(1)],
    ['cron(0 3 L * ? *)', days(28)],
    ['cron(0 3 L-3 * ? *)', days(28)],
    ['cron(0 3 LW * ? *)', days(28)],
    ['cron(0 3 15W * ? *)', days(28)],
    ['cron(0 3 ? * SUN *)', days(7)],
    ['cron(0 3 ? * mon,THU *)', days(3)],
    ['cron(0 3 ? * 2,6 *)', days(3)],
    ['cron(0 3 ? * FRI-SUN *)', days(1)],
    ['cron(0 3 ? * SUN#1 *)', days(28)],
    ['cron(0 3 ? * 6L *)', days(28)],
    ['cron(0 8,20 * * ? *)', 12],
    ['cron(0 2/8 * * ? *)', 8],
    ['cron(0 20-23/3,2 1 * ? *)', 3],
    ['cron(0 1,23 1 * ? *)', 22], // not round midnight: the next day is no such day
  ])('of %s is %d hours', (schedule, hours) => {
    expect(hoursBetween(schedule)).toBe(hours);
  });
});

test('a schedule that is known only when deployed is left to Secrets Manager', () => {
  const schedule = Token.asString({ Ref: 'Schedule' });
  expect(rotationRules(schedule, Duration.hours(24))).toEqual({ scheduleExpression: schedule, duration: '24h' });
  expect(defaultWindow(schedule).toHours()).toBe(3);
});
