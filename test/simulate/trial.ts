import { enumerate, type Round, type Tally } from './enumerate';
import { playSeed } from './random';
import { printFailing } from './schedule';
import { scenarios } from './scenarios';
import type { Violation } from './invariants';

/** Nothing is begun after so much work. Milliseconds of the processor, so that a busy machine judges alike. */
const budgetMs = 40_000;
/** Single faults come in so many rounds over all scenarios, with seeds in between: what is broken anywhere is found soon. */
const rounds = 11;
const seedsAtOnce = 500;

interface Caught {
  readonly caught: true;
  readonly invariant: string;
  readonly text: string;
  readonly scenario: string;
  readonly schedule: string;
}

/**
 * Judges the product in a quick selection: first every story undisturbed, then single faults and seeds, evenly spread, until
 * the budget is spent. Prints one line of JSON, and ends with the first promise that is broken.
 */
async function trial(): Promise<Caught | { readonly caught: false; readonly played: number }> {
  const spentMs = (): number => process.cpuUsage().user / 1_000;
  const tally: Tally = { played: 0, schedules: 0 };
  const found: Caught[] = [];
  const note = (scenario: string, schedule: string, [first]: readonly Violation[]): void => {
    if (first === undefined) return;
    found.push({ caught: true, invariant: first.invariant, text: first.text, scenario, schedule });
  };
  const goesOn = (): boolean => found.length === 0 && spentMs() < budgetMs;
  const small = scenarios.filter(({ large }) => large === undefined);
  const enumerated = async (depth: number, round?: Round): Promise<void> => {
    for (const scenario of small) {
      if (!goesOn()) return;
      const options = { depth, goesOn, ...(round === undefined ? {} : { round }) };
      await enumerate(scenario, options, tally, ({ failing, violations }) => {
        note(scenario.name, printFailing(failing), violations);
      });
    }
  };
  await enumerated(0);
  for (let round = 0; goesOn(); round += 1) {
    if (round < rounds) await enumerated(1, { at: round, of: rounds });
    for (let seed = round * seedsAtOnce + 1; goesOn() && seed <= (round + 1) * seedsAtOnce; seed += 1) {
      const { violations, scenario } = await playSeed(seed);
      tally.played += 1;
      note(scenario.name, `seed ${seed}`, violations);
    }
  }
  return found[0] ?? { caught: false, played: tally.played };
}

void trial().then((verdict) => {
  console.log(JSON.stringify(verdict));
});
