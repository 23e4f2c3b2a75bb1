import { enumerate, type Tally } from './enumerate';
import { playSeed } from './random';
import { printFailing, type Failing } from './schedule';
import { scenarios } from './scenarios';
import type { Violation } from './invariants';

/** What takes longer than this is not begun any more. Milliseconds. */
const budgetMs = 40_000;

interface Caught {
  readonly caught: true;
  readonly invariant: string;
  readonly text: string;
  readonly scenario: string;
  readonly schedule: string;
}

/**
 * Judges the product in a quick selection: first every story undisturbed, then all single faults, then seeds until the
 * budget is spent. Prints one line of JSON, and ends with the first promise that is broken.
 */
async function trial(): Promise<Caught | { readonly caught: false; readonly played: number }> {
  const until = performance.now() + budgetMs;
  const tally: Tally = { played: 0, schedules: 0 };
  const found: Caught[] = [];
  const note = (scenario: string, schedule: string, [first]: readonly Violation[]): void => {
    if (first === undefined) return;
    found.push({ caught: true, invariant: first.invariant, text: first.text, scenario, schedule });
  };
  const goesOn = (): boolean => found.length === 0 && performance.now() < until;
  const small = scenarios.filter(({ large }) => large === undefined);
  for (const depth of [0, 1]) {
    for (const { name, ...scenario } of small) {
      const onBroken = ({ failing, violations }: { failing: Failing; violations: readonly Violation[] }): void => {
        note(name, printFailing(failing), violations);
      };
      await enumerate({ name, ...scenario }, { depth, goesOn }, tally, onBroken);
      if (!goesOn()) break;
    }
  }
  for (let seed = 1; goesOn(); seed += 1) {
    const { violations, scenario } = await playSeed(seed);
    tally.played += 1;
    note(scenario.name, `seed ${seed}`, violations);
  }
  return found[0] ?? { caught: false, played: tally.played };
}

void trial().then((verdict) => {
  console.log(JSON.stringify(verdict));
});
