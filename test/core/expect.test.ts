import { expectedDrainMs, expectedPauseMs } from '../../lambda/core/expect';

const history = { inProgress: true, meanMs: 400, longestMs: 900 };

test('a STOP is expected to wait for a whole batch while one is under way, and for nothing between two', () => {
  expect(expectedDrainMs(history)).toBe(400);
  expect(expectedDrainMs({ ...history, inProgress: false })).toBe(0);
});

test('what the server does not tell is not guessed', () => {
  expect(expectedDrainMs(null)).toBeNull();
  expect(expectedDrainMs({ ...history, meanMs: null })).toBeNull();
  expect(expectedDrainMs({ inProgress: false, meanMs: null, longestMs: null })).toBe(0);
});

test.each<[string, readonly (number | null)[], number, number | null, number | null]>([
  ['one pipeline: two round trips', [0], 16, 10, 20],
  ['as many as there are connections: the same', Array<number>(16).fill(0), 16, 10, 20],
  ['one more: one turn more', Array<number>(17).fill(0), 16, 10, 30],
  ['the slowest drain holds all', [5, 300, 0], 2, 10, 330],
  ['one drain that is not known', [5, null], 16, 10, null],
  ['no round trip', [5], 16, null, null],
])('the pause is expected with %s', (_, drains, connections, roundTrip, expected) => {
  expect(expectedPauseMs(drains, connections, roundTrip)).toBe(expected);
});
