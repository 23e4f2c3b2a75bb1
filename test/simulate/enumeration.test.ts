import { scenarios } from './scenarios';
import type { Figures } from './worker';
import { onAllCores } from './workers';

const patienceMs = 900_000; // a busy machine is slow, not wrong
const named = scenarios.map(({ name, main }) => ({ name, main }));

let figures: readonly Figures[] = [];
beforeAll(async () => {
  figures = await onAllCores(['--all', '--sampled']);
}, patienceMs);

/** Claims that all was played, once, and that nothing was broken. @returns plays for each point */
function played(name: string, depth: number): number {
  const own = figures.filter((one) => one.scenario === name && one.depth === depth);
  expect(own).toMatchObject([{ broken: [] }]);
  return (own[0]?.played ?? 0) / (own[0]?.points ?? Infinity);
}

test.each(named)('$name: whichever call fails, and in whichever way, both promises hold', ({ name }) => {
  expect(played(name, 1)).toBeGreaterThan(0);
});

test.each(named.filter(({ main }) => main))('$name: whichever two calls fail, both promises hold', ({ name }) => {
  expect(played(name, 2)).toBeGreaterThan(2);
});
