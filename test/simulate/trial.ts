import { enumerate, type Tally } from './enumerate';
import { printFailing } from './schedule';
import { scenarios } from './scenarios';

/** Judges the product in a fixed, quick selection: all single faults of all scenarios. Prints one line of JSON and ends with the first promise that is broken. */
async function trial(): Promise<object> {
  const tally: Tally = { played: 0, schedules: 0 };
  let caught: object | null = null;
  for (const scenario of scenarios) {
    await enumerate(
      scenario,
      { depth: 1, goesOn: () => caught === null },
      tally,
      ({ failing, violations: [first] }) => {
        caught ??= {
          caught: true,
          invariant: first?.invariant,
          text: first?.text,
          scenario: scenario.name,
          schedule: printFailing(failing),
        };
      },
    );
    if (caught !== null) return caught;
  }
  return { caught: false, played: tally.played };
}

void trial().then((verdict) => {
  console.log(JSON.stringify(verdict));
});
