import { parseArgs } from 'node:util';
import { enumerate, type Tally } from './enumerate';
import type { Scenario } from './play';
import { playSeed, scenarioFor } from './random';
import { printFailing } from './schedule';
import { scenarios } from './scenarios';

/** What one process has done of one scenario. */
export interface Figures extends Tally {
  readonly scenario: string;
  /** How many faults at most there were in one play; of seeds, nothing. */
  readonly depth?: number;
  readonly points: number;
  readonly seconds: number;
  /** What was broken, each with the words that replay it. */
  readonly broken: readonly string[];
}

/** The smallest main scenario: all triples are played there. */
const smallest = 'no pipeline';
const seedsAtOnce = 200;

const { values: given } = parseArgs({
  options: {
    all: { type: 'boolean' },
    main: { type: 'boolean' },
    sampled: { type: 'boolean' },
    depth: { type: 'string', default: '3' },
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
  },
});
const secondsSince = (since: number): number => (performance.now() - since) / 1_000;

/** Faults by number: all singles, pairs, or triples of a scenario. */
async function enumerated(scenario: Scenario, depth: number): Promise<Figures> {
  const since = performance.now();
  const tally: Tally = { played: 0, schedules: 0 };
  const broken: string[] = [];
  const options = { depth, whole: given.sampled !== true };
  const points = await enumerate(scenario, options, tally, ({ failing, violations: [first] }) => {
    broken.push(
      `--play '${scenario.name}' --at '${printFailing(failing)}': (${first?.invariant ?? ''}) ${first?.text ?? ''}`,
    );
  });
  return { scenario: scenario.name, depth, points, ...tally, seconds: secondsSince(since), broken };
}

/** Seeds, so many from that one on. */
async function seeded(count: number, from: number): Promise<readonly Figures[]> {
  const figures = new Map<string, { played: number; points: number; seconds: number; broken: string[] }>();
  for (let seed = from; seed < from + count; seed += 1) {
    const { name } = scenarioFor(seed);
    const row = figures.get(name) ?? { played: 0, points: 0, seconds: 0, broken: [] };
    figures.set(name, row);
    const since = performance.now();
    const { points, violations } = await playSeed(seed);
    row.seconds += secondsSince(since);
    row.points = Math.max(row.points, points.length);
    row.played += 1;
    if (violations.length > 0) row.broken.push(`--seed ${seed}: ${violations[0]?.text ?? ''}`);
  }
  return [...figures].map(([scenario, row]) => ({ scenario, schedules: row.played, ...row }));
}

type Job = () => Promise<readonly Figures[]>;

/** `--all`, `--main` (the main scenarios alone), or seeds. All processes make the same list: a number says which is meant. The longest first. */
function jobsOf(): readonly Job[] {
  if (given.all !== true && given.main !== true) return seedJobs(Number(given.seeds), Number(given.from));
  const chosen = scenarios.filter(({ main }) => given.main !== true || main);
  // in the tests all pairs of the main ones, and then, as of the others, what is played by itself
  const pairs =
    given.sampled === true ? chosen.filter(({ main }) => main).map((scenario) => [scenario, 2] as const) : [];
  const rest = chosen.map((scenario) => {
    const depth = given.sampled === true || scenario.large !== undefined ? 1 : scenario.name === smallest ? 3 : 2;
    return [scenario, Math.min(depth, Number(given.depth))] as const;
  });
  const longestFirst = [...pairs, ...rest].sort(([, one], [, other]) => other - one);
  return longestFirst.map(([scenario, depth]) => async () => [await enumerated(scenario, depth)]);
}

function seedJobs(count: number, from: number): readonly Job[] {
  const starts = Array.from({ length: Math.ceil(count / seedsAtOnce) }, (_, at) => at * seedsAtOnce);
  return starts.map((start) => () => seeded(Math.min(seedsAtOnce, count - start), from + start));
}

Error.stackTraceLimit = 0; // errors are told by their texts, and are many
const jobs = jobsOf();

process.on('message', (at) => {
  const job = jobs[Number(at)];
  if (job === undefined) process.disconnect();
  else void job().then((figures) => process.send?.(figures));
});
