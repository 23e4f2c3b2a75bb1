import { enumerate } from './enumerate';
import { printFailing } from './schedule';
import { scenarios } from './scenarios';
import type { Scenario } from './play';

/** One part of the work, so that each core has one. */
interface Part {
  readonly at: number;
  readonly of: number;
}

const named = (some: readonly Scenario[]) => some.map((scenario) => [scenario.name, scenario] as const);

/** What is broken in a scenario by so many faults, in words. */
async function broken(scenario: Scenario, depth: number, part?: Part): Promise<readonly string[]> {
  const found: string[] = [];
  const options = { depth, ...(part === undefined ? {} : { part }) };
  await enumerate(scenario, options, { played: 0, schedules: 0 }, ({ failing, violations: [first] }) => {
    found.push(`${printFailing(failing)}: (${first?.invariant ?? ''}) ${first?.text ?? ''}`);
  });
  return found;
}

/** Claims that every fault in each scenario is survived: those scenarios whose turn it is. */
export function claimSingles({ at, of }: Part): void {
  test.each(named(scenarios.filter((_, number) => number % of === at)))(
    '%s: whichever call fails, and in whichever way, both promises hold',
    async (_, scenario) => {
      expect(await broken(scenario, 1)).toEqual([]);
    },
    120_000,
  );
}

/** Claims that every two faults in each main scenario are survived: those pairs whose turn it is. */
export function claimPairs(part: Part): void {
  test.each(named(scenarios.filter(({ main }) => main)))(
    '%s: whichever two calls fail, both promises hold',
    async (_, scenario) => {
      expect(await broken(scenario, 2, part)).toEqual([]);
    },
    150_000,
  );
}
