import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The project's own folder: patches name files relative to it, with slashes. */
export const root = join(__dirname, '..', '..', '..');

/** One piece of source text that is replaced. */
export interface Patch {
  readonly file: `lambda/${string}.ts`;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A deliberately wrong variant of lambda/. */
export interface Mutant {
  readonly name: string;
  /** Failure modes it stands for: numbers of the list in `modes.ts`. */
  readonly modes: readonly number[];
  /** What a careless author would have written. */
  readonly what: string;
  readonly patches: readonly Patch[];
  /** The test file whose claims must fail, for what the simulation cannot see: words of messages, real sockets. Absent: the simulation's invariants. */
  readonly caughtBy?: `test/${string}.test.ts`;
}

/** The sources that a mutant changes, by file. @throws when a patch does not fit exactly once */
export function patched(mutant: Mutant): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, find, replace } of mutant.patches) {
    const [before, after, ...more] = (sources.get(file) ?? readFileSync(join(root, file), 'utf8')).split(find);
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error(`${mutant.name}: ${after === undefined ? 'nowhere' : 'more than once'} in ${file}: ${find}`);
    sources.set(file, before + replace + after);
  }
  return sources;
}
