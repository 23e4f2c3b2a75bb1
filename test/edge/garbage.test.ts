import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../../lambda/edge/garbage';

test('what nothing refers to any more is gone when it returns, and so it is the second time', async () => {
  for (let round = 0; round < 2; round += 1) {
    const left = new WeakRef({ round });
    await setImmediate(); // a weak reference holds its object until the job that made it ends
    expect(left.deref()).toBeDefined();
    await setImmediate();
    collectGarbage();
    expect(left.deref()).toBeUndefined();
  }
});
