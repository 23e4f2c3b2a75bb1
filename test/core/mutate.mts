import { Stryker } from '@stryker-mutator/core';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Percent. The bar for all of lambda/core. */
const bar = 90;
/** Percent. For one file: a mutant that nobody can tell from the original weighs ten times as much in a small file as in all. */
const fileBar = 85;

type Mutants = Awaited<ReturnType<Stryker['runMutationTest']>>;
type Mutant = Mutants[number];

const has = (mutants: Mutants, ...statuses: readonly Mutant['status'][]): Mutants =>
  mutants.filter(({ status }) => statuses.includes(status));

/** In percent, by Stryker's rules: a timeout is a loop that does not end, and what could not be run does not count. */
function scoreOf(mutants: Mutants): number {
  const caught = has(mutants, 'Killed', 'Timeout').length;
  return (100 * caught) / (caught + has(mutants, 'Survived', 'NoCoverage').length);
}

const row = (name: string, ...cells: readonly (string | number)[]): string =>
  name.padEnd(12) + cells.map((cell) => String(cell).padStart(10)).join('');
const rowOf = (name: string, mutants: Mutants): string =>
  row(
    name,
    mutants.length,
    ...(['Killed', 'Timeout', 'Survived', 'NoCoverage'] as const).map((status) => has(mutants, status).length),
    `${scoreOf(mutants).toFixed(1)} %`,
  );

/** As in `lambda/core/lease.ts:20 now > until => true`. */
function inWords(name: string, { location: { start, end }, replacement }: Mutant): string {
  const file = `lambda/core/${name}.ts`;
  const line = readFileSync(file, 'utf8').split('\n')[start.line - 1] ?? '';
  const was =
    start.line === end.line ? line.slice(start.column - 1, end.column - 1) : `${line.slice(start.column - 1)} …`;
  return `  ${file}:${start.line} ${was} => ${replacement}`;
}

const claimsOf = (name: string): string => `test/core/${name}.test.ts`;

/**
 * A file against its own claims alone: loading those of all files for each mutant makes minutes into hours. What only the
 * claims of another file catch counts as survived.
 */
async function mutate(name: string): Promise<Mutants> {
  const claims = claimsOf(name);
  return new Stryker({
    mutate: [`lambda/core/${name}.ts`],
    jest: { config: { testMatch: [`<rootDir>/${claims}`] } },
    timeoutMS: 20_000, // a timeout counts as caught, so a busy machine must not make one
  }).runMutationTest();
}

/** Mutates all files of lambda/core, or that of `--only`. @returns whether each file and all together reach their bar */
async function main(): Promise<boolean> {
  const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
  const files = readdirSync('lambda/core').map((file) => file.slice(0, -'.ts'.length));
  const names = only === undefined ? files.filter((name) => existsSync(claimsOf(name))) : [only];
  const others = files.filter((name) => !existsSync(claimsOf(name)));
  if (only === undefined) console.log(`not mutated, because their claims stand in test/steps: ${others.join(', ')}`);
  const all: Mutant[] = [];
  const low: string[] = [];
  console.log(row('', 'mutants', 'killed', 'timed out', 'survived', 'uncovered', 'score'));
  for (const name of names) {
    const mutants = await mutate(name);
    const alive = has(mutants, 'Survived', 'NoCoverage').map((mutant) => inWords(name, mutant));
    console.log([rowOf(name, mutants), ...alive].join('\n'));
    if (scoreOf(mutants) < fileBar) low.push(name);
    all.push(...mutants);
  }
  console.log(`${rowOf('all', all)}, ${Math.round(performance.now() / 1_000)} s`);
  if (low.length > 0) console.log(`under ${fileBar} %: ${low.join(', ')}`);
  const short = only === undefined && scoreOf(all) < bar;
  if (short) console.log(`all together are under ${bar} %`);
  return low.length === 0 && !short;
}

process.exitCode = (await main()) ? 0 : 1;
