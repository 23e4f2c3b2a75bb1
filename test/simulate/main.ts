import { play, type Played } from './play';
import { help, readOptions, type Options } from './options';
import { playSeed, shrink } from './random';
import { printFailing, readFailing } from './schedule';
import { scenarioOf } from './scenarios';
import type { Figures } from './worker';
import { onAllCores } from './workers';

const tell = ({ violations }: Played): readonly string[] =>
  violations.map(
    ({ invariant, point, text }) => `(${invariant}) ${point === 0 ? 'at the end' : `after call ${point}`}: ${text}`,
  );

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

async function main(given: Options): Promise<boolean> {
  if (given.help === true) {
    console.log(help);
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
  const figures = await onAllCores(process.argv.slice(2));
  console.log(table(figures));
  const broken = figures.flatMap((one) => one.broken);
  console.log(`${Math.round((performance.now() - since) / 1_000)} seconds by the clock, ${broken.length} violations`);
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

const given = readOptions(process.argv.slice(2));
if (typeof given === 'string') {
  console.error(given);
  process.exitCode = 2;
} else {
  void main(given).then((held) => {
    process.exitCode = held ? 0 : 1;
  });
}
