import { Duration } from 'aws-cdk-lib';
import { rotationRules } from '../../infra/schedule';

test.each([
  ['cron(0 3 1 * ? *)', 3],
  ['cron(0 21 ? * SUN#1 *)', 3],
  ['cron(0 8,20 L * ? *)', 12],
  ['rate(4 hours)', 4],
  ['rate(1 day)', 24],
  ['rate(1000 days)', 1],
])('%s with a window of %d hours is a schedule', (schedule, hours) => {
  expect(rotationRules(schedule, Duration.hours(hours))).toEqual({
    scheduleExpression: schedule,
    duration: `${hours}h`,
  });
});

test.each([
  'cron(5 3 1 * ? *)',
  'cron(0 3 1 * ? 2027)',
  'cron(0 3 1 * ?)',
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
])('a window of 5 hours with %s is refused: it %s', (schedule, _why, room) => {
  expect(() => rotationRules(schedule, Duration.hours(5))).toThrow(`'${schedule}' leaves ${room}, got 5 hours`);
});
