import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { mutants } from '.';
import { playTrial, runClaims, type Verdict } from './judge';
import { notCompiling } from './compiles';
import { patched, type Mutant } from './mutant';

const { values } = parseArgs({ options: { only: { type: 'string' }, seconds: { type: 'string', default: '120' } } });
const seconds = Number(values.seconds);

interface Judged extends Verdict {
  readonly name: string;
  readonly modes: readonly number[];
  readonly seconds: number;
}

async function judge({ name, modes, caughtBy, ...mutant }: Mutant): Promise<Judged> {
  const began = performance.now();
  const sources = patched({ name, modes, ...mutant });
  const verdict =
    caughtBy === undefined ? await playTrial(sources, seconds) : await runClaims(sources, caughtBy, 3 * seconds);
  return { name, modes, ...verdict, seconds: (performance.now() - began) / 1_000 };
}

const inWords = ({ name, modes, by, where, seconds: took }: Judged): string =>
  [
    name.padEnd(34),
    modes.join(',').padEnd(7),
    (by ?? 'SURVIVED').padEnd(34),
    `${took.toFixed(1).padStart(5)} s `,
    where,
  ].join(' ');

/** Judges all mutants, or those whose name holds `--only`, on all cores. @returns whether each was caught, and the sources as they are were not */
async function main(): Promise<boolean> {
  const chosen = mutants.filter(({ name }) => name.includes(values.only ?? ''));
  const broken = notCompiling(chosen);
  for (const one of broken) console.log(`does not compile: ${one}`);
  if (broken.length > 0) return false;
  const files = [...new Set(chosen.flatMap(({ caughtBy }) => caughtBy ?? []))];
  const asItIs = new Map<string, string>();
  // a catcher that catches the sources as they are says nothing of the others
  const falseAlarms = (
    await inParallel([
      ...(chosen.some(({ caughtBy }) => caughtBy === undefined) ? [() => playTrial(asItIs, 10 * seconds)] : []),
      ...files.map((file) => () => runClaims(asItIs, file, 3 * seconds)),
    ])
  ).filter(({ by }) => by !== null);
  for (const { by, where } of falseAlarms) console.log(`the sources as they are: caught by ${by ?? ''}: ${where}`);
  if (falseAlarms.length > 0) return false;
  const judged = await inParallel(
    chosen.map((mutant) => async () => {
      const one = await judge(mutant);
      console.log(inWords(one));
      return one;
    }),
  );
  const survivors = judged.filter(({ by }) => by === null).map(({ name }) => name);
  console.log(`${judged.length - survivors.length} of ${judged.length} mutants caught`);
  if (survivors.length > 0) console.log(`survived: ${survivors.join(', ')}`);
  return survivors.length === 0;
}

async function inParallel<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = works.entries();
  const serve = async (): Promise<void> => {
    for (const [at, work] of queue) results[at] = await work();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, serve));
  return results;
}

void main().then((all) => (process.exitCode = all ? 0 : 1));
