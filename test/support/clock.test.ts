import { VirtualClock } from './clock';

test('time stands still while somebody works, and then jumps to the next thing that is due', async () => {
  const clock = new VirtualClock(1_000);
  const seen: string[] = [];
  const task = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    seen.push(`${name} ${clock.now()}`);
  };
  await clock.run(Promise.all([task('slow', 86_400_000), task('first', 10), task('second', 10)]));
  expect(seen).toEqual(['first 1010', 'second 1010', 'slow 86401000']);
});

test('what is called off does not happen, and does not hold time', async () => {
  const clock = new VirtualClock(0);
  const happened = jest.fn();
  const callOff = clock.at(5, happened);
  callOff();
  await clock.run(clock.sleep(3));
  await clock.run(clock.sleep(4));
  expect(happened).not.toHaveBeenCalled();
  expect(clock.now()).toBe(7);
});

test('work that nothing will wake is an error, not a hang', async () => {
  const clock = new VirtualClock(0);
  clock.at(Infinity, () => undefined);
  await expect(clock.run(new Promise(() => undefined))).rejects.toThrow('would never settle');
});

test('what the work throws is thrown', async () => {
  const clock = new VirtualClock(0);
  const work = clock.sleep(1).then(() => {
    throw new Error('as expected');
  });
  await expect(clock.run(work)).rejects.toThrow('as expected');
});
