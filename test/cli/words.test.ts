import { age, ago, ahead, moment, old, readable } from '../../cli/render/words';
import { at, before } from './given';

test('times in a sentence are told to the minute, names without the quotes that only SQL needs', () => {
  expect(readable('`a`.`b` since 2026-11-22T22:04:05.123Z')).toBe('a.b since 2026-11-22 22:04 UTC');
});

test('a name that only looks like a time is left as it is', () => {
  expect(readable('`d`.`2026-13-45T99:99:99Z` is paused')).toBe('`d`.`2026-13-45T99:99:99Z` is paused');
  expect(moment(Number.NaN)).toBe('NaN');
});

test('by a clock that is behind, nothing is younger than now', () => {
  const later = before(-90);
  expect([age(later, at), old(later, at), ago(later, at)]).toEqual(['a moment', 'a moment old', 'just now']);
});

test('a time that cannot be read is said to be none, and no length is made of it', () => {
  const spoilt = 'unreadable time NaN';
  expect([age(spoilt, at), old(spoilt, at)]).toEqual(['an unreadable time', 'of unreadable age']);
  expect([ago(spoilt, at), ahead(spoilt, at)]).toEqual(['at an unreadable time', 'at an unreadable time']);
  expect(moment(spoilt)).toBe(spoilt);
});
