import { moment, readable } from '../../cli/render/words';

test('times in a sentence are told to the minute, names without the quotes that only SQL needs', () => {
  expect(readable('`a`.`b` since 2026-11-22T22:04:05.123Z')).toBe('a.b since 2026-11-22 22:04 UTC');
});

test('a name that only looks like a time is left as it is', () => {
  expect(readable('`d`.`2026-13-45T99:99:99Z` is paused')).toBe('`d`.`2026-13-45T99:99:99Z` is paused');
  expect(moment(Number.NaN)).toBe('NaN');
});
