import { enumerate } from './enumerate';
import { printFailing } from './schedule';
import { scenarios } from './scenarios';

/** Claims that every two faults in each main scenario are survived: one part of the work, so that each core has one. */
export function claimPairs(part: { readonly at: number; readonly of: number }): void {
  test.each(scenarios.filter(({ main }) => main).map((scenario) => [scenario.name, scenario] as const))(
    '%s: whichever two calls fail, both promises hold',
    async (_, scenario) => {
      const broken: string[] = [];
      await enumerate(scenario, { depth: 2, part }, { played: 0, schedules: 0 }, ({ failing, violations: [first] }) => {
        broken.push(`${printFailing(failing)}: (${first?.invariant ?? ''}) ${first?.text ?? ''}`);
      });
      expect(broken).toEqual([]);
    },
    150_000,
  );
}
