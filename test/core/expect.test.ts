import { expectedDrain, expectedPause, type Range } from '../../lambda/core/expect';

const history = { inProgress: true, batches: 41, medianMs: 400, slowestMs: 900 };
const range = (medianMs: number | null, slowestMs: number, batches = 1): Range => ({ medianMs, slowestMs, batches });

test('a STOP waits for as long as batches took: the median and the slowest, and how many batches say so', () => {
  expect(expectedDrain(history)).toEqual(range(400, 900, 41));
  // whether one is under way now says nothing of the moment at which the rotation comes
  expect(expectedDrain({ ...history, inProgress: false })).toEqual(range(400, 900, 41));
});

test('without a batch on record nobody can tell, whether one is under way or not', () => {
  expect(expectedDrain(null)).toBeNull();
  for (const inProgress of [true, false])
    expect(expectedDrain({ inProgress, batches: 0, medianMs: null, slowestMs: null })).toBeNull();
});

test('a server that knows no median tells the slowest alone', () => {
  expect(expectedDrain({ ...history, medianMs: null })).toEqual(range(null, 900, 41));
});

const [quick, slow] = [range(5, 9, 10), range(300, 2_000, 3)];
test.each<[string, readonly (Range | null)[], number, number | null, Range | null]>([
  ['one pipeline: its drain and two round trips', [quick], 16, 10, range(25, 29, 10)],
  ['as many as there are connections: the same', Array<Range>(16).fill(quick), 16, 10, range(25, 29, 160)],
  ['one more: one turn more', Array<Range>(17).fill(quick), 16, 10, range(35, 39, 170)],
  ['the slowest drain holds all', [quick, slow], 2, 10, range(320, 2_020, 13)],
  ['a median that is not known', [quick, range(null, 50, 2)], 2, 10, range(null, 70, 12)],
  ['one drain that is not known', [quick, null], 16, 10, null],
  ['no round trip', [quick], 16, null, null],
])('the pause is expected with %s', (_, drains, connections, roundTrip, expected) => {
  expect(expectedPause(drains, connections, roundTrip)).toEqual(expected);
});
