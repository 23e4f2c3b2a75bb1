import type { UserRecord } from '../../lambda/core/journal';
import type { Invocation } from '../../lambda/ports';
import { createWorld } from './world';

const record = (fence: number): UserRecord => ({ fence, lease: null, intent: null });

test('an item is written once for each revision; the second writer is told and changes nothing', async () => {
  const world = createWorld();
  const write = ({ table }: Invocation): Promise<number | null> => table.write('user', 'a', record(1), 0);
  expect(await world.run(write)).toBe(1);
  expect(await world.run(({ table }) => table.write('user', 'a', record(2), 0))).toBeNull();
  expect(world.table.item('user', 'a')).toEqual(record(1));
  expect(await world.run(({ table }) => table.write('user', 'a', record(2), 1))).toBe(2);
  expect(world.table.history.map(({ revision }) => revision)).toEqual([1, 2]);
});

test('a write whose answer was lost stands: the same revision does not fit a second time, for anybody', async () => {
  const world = createWorld();
  world.faults = new Map([[1, 'lost']]);
  await world.run(async ({ table }) => {
    await expect(table.write('user', 'a', record(1), 0)).rejects.toMatchObject({ code: 'AWS_REFUSED' });
    expect(await table.write('user', 'a', record(3), 0)).toBeNull();
    expect(await table.read('user', 'a')).toEqual({ item: record(1), revision: 1 });
  });
});

test('a write that arrives late does not undo a later one of its caller', async () => {
  const world = createWorld();
  world.faults = new Map([[1, 'late']]);
  await world.run(async ({ table, clock }) => {
    await table.write('user', 'a', record(1), 0).catch(() => null);
    await table.write('user', 'a', record(2), 0);
    await clock.sleep(10_000);
  });
  expect(world.table.item('user', 'a')).toEqual(record(2));
});

test('items are listed by kind, and a removed one is gone', async () => {
  const world = createWorld();
  await world.run(async ({ table }) => {
    await table.write('user', 'b', record(1), 0);
    await table.write('user', 'a', record(1), 0);
    await table.write('set', 'c', { members: [] }, 0);
    await table.remove('user', 'b');
    await table.remove('user', 'never there');
    expect(await table.list('user')).toEqual([{ key: 'a', item: record(1), revision: 1 }]);
    expect(await table.read('user', 'b')).toBeNull();
  });
});

test('a fence that falls is noticed', async () => {
  const world = createWorld();
  await world.run(async ({ table }) => {
    await table.write('user', 'a', record(2), 0);
    await table.write('user', 'a', record(2), 1);
    expect(world.table.fallenFences()).toEqual([]);
    await table.write('user', 'a', record(1), 2);
  });
  expect(world.table.fallenFences()).toEqual(['user/a: 2 to 1']);
});
