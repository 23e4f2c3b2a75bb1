import { inZone, readView, shownDuration, shownHours, shownRange, shownTime } from '../../lambda/page/view';

describe('the context of a dashboard', () => {
  test('says how wide, how bright, and what time it is there', () => {
    const timezone = { label: 'Local', offsetISO: '-03:30', offsetInMinutes: 210 };
    expect(readView({ theme: 'dark', width: 588, timezone })).toEqual({
      theme: 'dark',
      width: 588,
      zone: { label: 'Local', minutes: -210 },
    });
  });

  test.each([
    null,
    'dark',
    {},
    { theme: 7, width: '588', timezone: 'UTC' },
    { width: -1, timezone: { label: 'x', offsetISO: 'y' } },
  ])('may be %j: the browser knows, and times are in UTC', (context) => {
    expect(readView(context)).toEqual({ theme: 'auto', width: null, zone: { label: 'UTC', minutes: 0 } });
  });
});

test('times are those of the place, to the minute', () => {
  expect(shownTime('2026-11-22T22:03:11.000Z', { label: 'x', minutes: 150 })).toBe('2026-11-23 00:33');
  expect(shownTime('no time', { label: 'UTC', minutes: 0 })).toBe('no time');
});

test.each([
  [NaN, 'an unknown time'],
  [-5_000, 'under 1 ms'],
  [0, 'under 1 ms'],
  [0.9, 'under 1 ms'],
  [1, '1 ms'],
  [999, '999 ms'],
  [1_250, '1.2 s'],
  [59_999, '59.9 s'],
  [60_000, '1 min 0 s'],
  [3_725_000, '1 h'],
  [200_000_000, '2 d'],
])('%i ms are told as %s', (milliseconds, told) => {
  expect(shownDuration(milliseconds)).toBe(told);
});

test.each([
  [50, 1_200, '50 ms to 1.2 s'],
  [50, 50.2, 'about 50 ms'],
  [0, 0.4, 'under 1 ms'],
  [0, 900, 'under 1 ms to 900 ms'],
  [null, 900, 'up to 900 ms'],
])('what takes %d ms as a rule, and %d at worst, is told as a range: %s', (medianMs, slowestMs, told) => {
  expect(shownRange({ medianMs, slowestMs, batches: 3 })).toBe(told);
});

test.each([
  [NaN, 'unknown'],
  [-3, '0 min'],
  [0.5, '30 min'],
  [47, '47 h'],
  [60, '3 d'],
])('%d hours are told as %s', (hours, told) => {
  expect(shownHours(hours)).toBe(told);
});

test('times within a sentence are told as those of the place', () => {
  const said = 'retires at 2026-11-23T23:00:09.811Z if unused';
  expect(inZone(said, { label: 'x', minutes: 60 })).toBe('retires at 2026-11-24 00:00 if unused');
});
