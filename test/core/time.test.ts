import { hoursSince, iso } from '../../lambda/core/time';

test.each([Number.NaN, Infinity, 8.7e15])('%d is no time, and is said to be unreadable', (at) => {
  expect(iso(at)).toBe(`unreadable time ${at}`);
});

test('what lies ahead, by a clock that differs, is no hours old', () => {
  const now = Date.UTC(2026, 0, 2);
  expect([hoursSince(now + 7_200_000, now), hoursSince(now - 7_300_000, now)]).toEqual([0, 2]);
});
