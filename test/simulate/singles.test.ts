import { enumerate } from './enumerate';
import { printFailing } from './schedule';
import { scenarios } from './scenarios';

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  '%s: whichever call fails, and in whichever way, both promises hold',
  async (_, scenario) => {
    const broken: string[] = [];
    await enumerate(scenario, { depth: 1 }, { played: 0, schedules: 0 }, ({ failing, violations }) => {
      broken.push(
        `${printFailing(failing)}: ${violations.map(({ invariant, text }) => `(${invariant}) ${text}`).join('; ')}`,
      );
    });
    expect(broken).toEqual([]);
  },
  60_000,
);
