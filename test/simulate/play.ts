import { RotationError } from '../../lambda/core/errors';
import { Death, type Fault, type Trace } from '../support/points';
import type { MemoryWorld } from '../support/world';
import { atTheEnd, type Ending } from './ending';
import { holdsSecret } from './leaks';
import { Witness, type Violation } from './invariants';
import { Halt, Stage, type Boundary, type StageOptions } from './stage';
import type { Failing } from './schedule';

/** A story with a beginning and an open end: what goes wrong in it is the schedule's. */
export interface Scenario {
  readonly name: string;
  /** All pairs of faults are played in it, too. */
  readonly main?: true;
  /** Too large to be played with every fault: about so many are, evenly spread. */
  readonly large?: number;
  /** About so many single faults are played in the tests, evenly spread; in `npm run simulate -- --all` all are. */
  readonly sample?: number;
  /** Each invocation in it is suspended, too, and wakes when others have gone on without it. */
  readonly freezes?: true;
  readonly world: () => MemoryWorld;
  readonly play: (stage: Stage) => Promise<unknown>;
  /** How it may end when everybody has done their part. @default done */
  readonly ends?: readonly Ending[];
  /** What else must be true then, whatever has happened; says what is not. */
  readonly claims?: (stage: Stage) => readonly string[];
  /** What must be true if the story came to its point: when so much fails that it does not, nothing. */
  readonly expects?: (stage: Stage) => readonly string[];
  /** Why it may end with a person, where the story says so and no error does. */
  readonly reason?: string;
  /** Somebody else changes labels or values. */
  readonly touchesStore?: true;
  /** Something that people must mend first keeps the watchdog from resuming. */
  readonly leavesPaused?: true;
}

export interface Played {
  /** The names of the calls; point n is at index n - 1. */
  readonly points: readonly string[];
  readonly traces: readonly Trace[];
  readonly boundaries: readonly Boundary[];
  /** Points up to this one can fail. */
  readonly calmAt: number;
  readonly violations: readonly Violation[];
  readonly ending: Ending;
  readonly errors: readonly unknown[];
  readonly world: MemoryWorld;
}

/** What goes wrong: by the number of the point, or by chance. */
export type Fails = Failing | ((point: number, name: string) => Fault | undefined);

export interface PlayOptions {
  /** Asked at each moment between two invocations, with what tells whether the rest can differ from another play's. Yes ends this one there. @default never */
  readonly isKnown?: StageOptions['isKnown'];
  /** Arranges more than faults: latencies, and what other people do. */
  readonly arrange?: (stage: Stage) => void;
}

/** Plays a scenario with faults, lets everybody do their part afterwards, and tells what was broken. */
export async function play(scenario: Scenario, fails: Fails, options: PlayOptions = {}): Promise<Played> {
  const world = scenario.world();
  const witness = new Witness(world);
  if (scenario.touchesStore) witness.storeTouched = true;
  witness.look(0);
  const fault = typeof fails === 'function' ? fails : (point: number): Fault | undefined => fails.get(point);
  const stage = new Stage(world, witness, { fault, ...options });
  options.arrange?.(stage);
  let ending: Ending = 'person';
  try {
    await scenario.play(stage);
    ending = await atTheEnd(scenario, stage);
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
  }
  const violations = [...witness.violations, ...unnamed(stage.errors)];
  if (leaks(world, stage)) violations.push({ invariant: 'g', point: 0, text: 'a secret was put out' });
  const { points, traces } = world;
  const { boundaries, errors, calmAt } = stage;
  return { points, traces, boundaries, calmAt: Math.min(calmAt, points.length), violations, ending, errors, world };
}

/** Whether a secret stands in anything that was put out: one search for what all secrets have in common. */
function leaks(world: MemoryWorld, { errors, results }: Stage): boolean {
  const said = errors.map((error) =>
    error instanceof Error ? [error.message, error.cause, Object.entries(error)] : error,
  );
  const written = world.table.history.map(({ json }) => json).join('\n');
  return holdsSecret(`${JSON.stringify([world.logs, world.metrics, said, results])}\n${written}`);
}

/** Errors without a reason that a person could act on. */
const unnamed = (errors: readonly unknown[]): Violation[] =>
  errors
    .filter((error) => !(error instanceof Death) && (!(error instanceof RotationError) || error.code === 'INTERNAL'))
    .map((error) => ({ invariant: 'h', point: 0, text: `an error without a reason: ${String(error)}` }));
