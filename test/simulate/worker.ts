import { parseArgs } from 'node:util';
import { enumerate, type Part, type Tally } from './enumerate';
import { play, type Scenario } from './play';
import { playSeed, scenarioFor } from './random';
import { printFailing } from './schedule';
import { scenarios } from './scenarios';

/** What one process has done of one scenario. */
export interface Figures extends Tally {
  readonly scenario: string;
  readonly points: number;
  readonly seconds: number;
  /** What was broken, each with the words that replay it. */
  readonly broken: readonly string[];
}

/** The smallest main scenario: all triples are played there. */
const smallest = 'no pipeline';

const { values: given } = parseArgs({
  options: {
    all: { type: 'boolean' },
    main: { type: 'boolean' },
    sampled: { type: 'boolean' },
    depth: { type: 'string', default: '3' },
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    part: { type: 'string', default: '0/1' },
  },
});
/** @throws when it is not what `onAllCores` gives. */
function readPart(text: string): Part {
  const [at, of] = text.split('/').map(Number);
  if (at === undefined || of === undefined || !(at < of)) throw new Error(`no part: ${text}`);
  return { at, of };
}

const secondsSince = (since: number): number => (performance.now() - since) / 1_000;

/** Faults by number: all singles, pairs, or triples of a scenario. */
async function enumerated(scenario: Scenario, depth: number, part: Part): Promise<Figures> {
  const since = performance.now();
  const tally: Tally = { played: 0, schedules: 0 };
  const broken: string[] = [];
  const { points } = await play(scenario, new Map());
  const options = { depth, part, whole: given.sampled !== true };
  await enumerate(scenario, options, tally, ({ failing, violations: [first] }) => {
    broken.push(
      `--play '${scenario.name}' --at '${printFailing(failing)}': (${first?.invariant ?? ''}) ${first?.text ?? ''}`,
    );
  });
  return { scenario: scenario.name, points: points.length, ...tally, seconds: secondsSince(since), broken };
}

/** Every so-manieth seed. */
async function seeded(count: number, from: number, part: Part): Promise<readonly Figures[]> {
  const figures = new Map<string, { played: number; points: number; seconds: number; broken: string[] }>();
  for (let seed = from + part.at; seed < from + count; seed += part.of) {
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

/** What this process has to do of the whole: `--all`, `--main` (the main scenarios alone), or seeds. */
async function work(part: Part): Promise<readonly Figures[]> {
  if (given.all !== true && given.main !== true) return seeded(Number(given.seeds), Number(given.from), part);
  const figures: Figures[] = [];
  for (const scenario of scenarios.filter(({ main }) => given.main !== true || main)) {
    const depth = scenario.large !== undefined ? 1 : scenario.name === smallest ? 3 : 2;
    figures.push(await enumerated(scenario, Math.min(depth, Number(given.depth)), part));
  }
  return figures;
}

void work(readPart(given.part)).then((all) => {
  for (const figures of all) process.send?.(figures);
  process.disconnect();
});
