import { parseArgs } from 'node:util';
import { enumerate, type Tally } from './enumerate';
import { play, type Played, type Scenario } from './play';
import { playSeed, scenarioFor, shrink } from './random';
import { printFailing, readFailing } from './schedule';
import { scenarioOf, scenarios } from './scenarios';
import { onAllCores, readPart, type Part } from './workers';

/** What one process has done of one scenario. */
interface Figures extends Tally {
  readonly scenario: string;
  readonly points: number;
  readonly seconds: number;
  readonly broken: readonly string[];
}

/** The smallest main scenario: all triples are played there. */
const smallest = 'no pipeline';

const { values: given } = parseArgs({
  options: {
    all: { type: 'boolean' },
    real: { type: 'boolean' },
    seeds: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    play: { type: 'string' },
    at: { type: 'string', default: printFailing(new Map()) },
    depth: { type: 'string' },
    part: { type: 'string' },
  },
});

const tell = ({ violations }: Played): readonly string[] =>
  violations.map(
    ({ invariant, point, text }) => `(${invariant}) ${point === 0 ? 'at the end' : `after call ${point}`}: ${text}`,
  );

/** Faults by number: all singles, pairs, or triples of a scenario. */
async function enumerated(scenario: Scenario, depth: number, part: Part): Promise<Figures> {
  const since = performance.now();
  const tally: Tally = { played: 0, schedules: 0 };
  const broken: string[] = [];
  const { points } = await play(scenario, new Map());
  await enumerate(scenario, { depth, part, whole: true }, tally, ({ failing, violations }) => {
    broken.push(`--play '${scenario.name}' --at '${printFailing(failing)}': ${violations[0]?.text ?? ''}`);
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

const secondsSince = (since: number): number => (performance.now() - since) / 1_000;

/** What this process has to do of the whole. */
async function work(part: Part): Promise<readonly Figures[]> {
  if (given.all !== true) return seeded(Number(given.seeds ?? 10_000), Number(given.from), part);
  const figures: Figures[] = [];
  for (const scenario of scenarios) {
    const depth = scenario.large !== undefined ? 1 : scenario.name === smallest ? 3 : 2;
    figures.push(await enumerated(scenario, Math.min(depth, Number(given.depth ?? 3)), part));
  }
  return figures;
}

/** One row for each scenario, of all processes. */
function table(all: readonly Figures[]): string {
  const rows = [...new Set(all.map(({ scenario }) => scenario))].map((scenario) => {
    const own = all.filter((one) => one.scenario === scenario);
    const sum = (of: (one: Figures) => number): number => own.reduce((total, one) => total + of(one), 0);
    return {
      scenario,
      points: Math.max(...own.map(({ points }) => points)),
      schedules: sum(({ schedules }) => schedules),
      played: sum(({ played }) => played),
      seconds: Math.round(sum(({ seconds }) => seconds)),
      violations: sum(({ broken }) => broken.length),
    };
  });
  const total = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const last = {
    scenario: `all ${rows.length}`,
    points: total(({ points }) => points),
    schedules: total(({ schedules }) => schedules),
    played: total(({ played }) => played),
    seconds: total(({ seconds }) => seconds),
    violations: total(({ violations }) => violations),
  };
  const cells = [...rows, last].map((row) => `| ${Object.values(row).join(' | ')} |`);
  return [
    '| scenario | points | schedules | played | seconds | violations |',
    '| --- | --- | --- | --- | --- | --- |',
    ...cells,
  ].join('\n');
}

/** One play, told from its beginning. */
function story({ points, traces, world, violations, ending, errors }: Played): string {
  const calls = points.map(
    (name, at) => `${at + 1} ${traces[at]?.holder.slice(-4) ?? ''} ${name}${traces[at]?.changed === true ? ' *' : ''}`,
  );
  const changes = world.transitions.map(
    ({ at, pipeline, from, to, by }) => `${at} ${pipeline}: ${from} to ${to} by ${by}`,
  );
  const said = [...errors.map(String), ...violations.map(({ invariant, text }) => `violation (${invariant}): ${text}`)];
  return [...calls, ...changes, ...said, `ended as ${ending}`].join('\n');
}

async function main(): Promise<boolean> {
  if (given.part !== undefined) {
    for (const figures of await work(readPart(given.part))) process.send?.(figures);
    process.disconnect();
    return true;
  }
  if (given.real === true) {
    const { realKills, tableOf } = await import('./real/main.js'); // it brings servers of its own
    const figures = await realKills({ log: console.log });
    console.log(tableOf(figures));
    return figures.every(({ violations }) => violations.length === 0);
  }
  if (given.play !== undefined) {
    const played = await play(scenarioOf(given.play), readFailing(given.at));
    console.log(story(played));
    return played.violations.length === 0;
  }
  if (given.seed !== undefined) {
    const seed = Number(given.seed);
    const played = await playSeed(seed);
    console.log(`seed ${seed}: ${played.scenario.name}: ${printFailing(played.failing)}`);
    console.log(story(played));
    if (played.violations.length > 0) console.log(await smallestPart(seed));
    return played.violations.length === 0;
  }
  const since = performance.now();
  const figures = await onAllCores<Figures>(__filename, process.argv.slice(2));
  console.log(table(figures));
  const broken = figures.flatMap((one) => one.broken);
  console.log(`${Math.round(secondsSince(since))} seconds by the clock, ${broken.length} violations`);
  for (const one of broken.slice(0, 20)) console.log(one);
  const seed = /^--seed (\d+)/.exec(broken[0] ?? '')?.[1];
  if (seed !== undefined) console.log(await smallestPart(Number(seed)));
  return broken.length === 0;
}

/** The smallest part of a broken seed, in words. */
async function smallestPart(seed: number): Promise<string> {
  const { parts, played } = await shrink(seed);
  const more = [parts.time === true ? 'with its times' : '', parts.others === true ? 'with its people' : ''].filter(
    Boolean,
  );
  return `smallest part of seed ${seed} that is broken: ${played.scenario.name}, ${printFailing(played.failing)}${more.length > 0 ? `, ${more.join(', ')}` : ''}\n${tell(played).join('\n')}`;
}

void main().then((held) => {
  process.exitCode = held ? 0 : 1;
});
