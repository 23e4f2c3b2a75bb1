import type { Scenario } from '../play';
import { invocations } from './invocations';
import { meddled } from './meddling';
import { pauses } from './pause';
import { rotations } from './rotation';
import { sources } from './sources';
import { troubles } from './trouble';
import { watchdogs } from './watchdogs';

/** Every story that is played; names are unique. */
export const scenarios: readonly Scenario[] = [
  ...rotations,
  ...pauses,
  ...invocations,
  ...watchdogs,
  ...sources,
  ...troubles,
  ...meddled,
];

/** @throws when there is none of this name. */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
