import { begun, type PastRotation } from '../../lambda/core/history';
import { lastFailure } from '../../lambda/steps/pending';

const failed = (code: 'ALTER_REFUSED' | 'DRAIN_EXCEEDED'): PastRotation => ({
  ...begun('arn', 'v2', 0, 'schedule'),
  failures: 1,
  failure: { step: 'setSecret', code, message: `${code}: setSecret: in words.`, at: 0, logs: null },
});

test('why the last call failed is said with its code in front, once, and since when it stands', () => {
  expect(lastFailure('v2', [failed('ALTER_REFUSED')]).map(({ message }) => message)).toEqual([
    "ALTER_REFUSED: the pending version's last call failed at 1970-01-01T00:00:00.000Z, which was not tried again by this look: setSecret: in words.",
  ]);
});

test('what passes by itself, or is of another version, stands in no way', () => {
  expect(lastFailure('v2', [failed('DRAIN_EXCEEDED')])).toEqual([]);
  expect(lastFailure('v3', [failed('ALTER_REFUSED')])).toEqual([]);
});
