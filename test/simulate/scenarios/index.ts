import type { Scenario } from '../play';
import { rotations } from './rotation';

/** Every story that is played; names are unique. */
export const scenarios: readonly Scenario[] = [...rotations];

/** @throws when there is none of this name. */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
