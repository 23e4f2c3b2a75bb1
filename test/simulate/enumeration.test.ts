import { availableParallelism } from 'node:os';
import { scenarios } from './scenarios';
import type { Figures } from './worker';
import { onAllCores } from './workers';

const patienceMs = 900_000; // a busy machine is slow, not wrong
const named = (some: typeof scenarios) => some.map(({ name, large }) => [name, large !== undefined] as const);

/** Starts the work, and then claims of each scenario that it was played by all processes and that nothing was broken. */
function claims(title: string, args: readonly string[], some: typeof scenarios, each: number): void {
  let figures: readonly Figures[] = [];
  beforeAll(async () => {
    figures = await onAllCores(args);
  }, patienceMs);
  test.each(named(some))(title, (name, isLarge) => {
    const own = figures.filter(({ scenario }) => scenario === name);
    expect(own).toHaveLength(availableParallelism());
    expect(own.flatMap(({ broken }) => broken)).toEqual([]);
    const played = own.reduce((sum, one) => sum + one.played, 0);
    if (!isLarge) expect(played).toBeGreaterThan(each * (own[0]?.points ?? Infinity));
  });
}

describe('one fault', () => {
  const args = ['--all', '--depth', '1', '--sampled'];
  claims('%s: whichever call fails, and in whichever way, both promises hold', args, scenarios, 0);
});

describe('two faults', () => {
  const main = scenarios.filter((scenario) => scenario.main);
  claims('%s: whichever two calls fail, both promises hold', ['--main', '--depth', '2'], main, 2);
});
