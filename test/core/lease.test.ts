import { claimed, leaseMs, marginMs, released, renewed, renewEveryMs, waitForLeaseMs } from '../../lambda/core/lease';

const now = 1_000_000;
const free = { fence: 4, lease: null, intent: 'kept' };
const held = { ...free, lease: { holder: 'a', until: now + 1 } };

test('a free item goes to who asks first, with a higher fence and all it says', () => {
  expect(claimed(free, 'b', now)).toEqual({ fence: 5, lease: { holder: 'b', until: now + leaseMs }, intent: 'kept' });
});

test('a held item goes to nobody else until its last millisecond is over', () => {
  expect(claimed(held, 'b', now)).toBeNull();
  expect(claimed(held, 'b', now + 1)).toEqual({ ...held, fence: 5, lease: { holder: 'b', until: now + 1 + leaseMs } });
});

test.each([now, now + 2 * leaseMs])('its own holder has it at any time, with the fence it had (%d)', (at) => {
  expect(claimed(held, 'a', at)).toEqual({ ...held, fence: 4, lease: { holder: 'a', until: at + leaseMs } });
});

test('who comes back after another holder is a new holder', () => {
  const other = claimed(held, 'b', now + 1)!;
  expect(claimed(other, 'a', other.lease.until)).toHaveProperty('fence', 6);
});

test('a renewal moves the end and nothing else', () => {
  expect(renewed(held, 'a', now + 10)).toEqual({ ...held, lease: { holder: 'a', until: now + 10 + leaseMs } });
});

test('a released item is free at once and keeps its fence', () => {
  expect(released(held)).toEqual(free);
  expect(claimed(released(held), 'b', now)).toHaveProperty('fence', 5);
});

test('a holder renews twice before its margin, and a second one outwaits a dead first', () => {
  expect(2 * renewEveryMs + marginMs).toBeLessThan(leaseMs);
  expect(waitForLeaseMs).toBeGreaterThan(leaseMs);
});
