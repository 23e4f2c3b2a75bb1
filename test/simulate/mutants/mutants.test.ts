import { transformSync } from 'esbuild';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mutants } from '.';
import { modes, notCode } from './modes';
import { patched, root } from './mutant';

test.each(mutants)('$name fits the sources once, changes them, and can be built', (mutant) => {
  const sources = patched(mutant);
  expect(sources.size).toBeGreaterThan(0);
  for (const source of sources.values()) expect(() => transformSync(source, { loader: 'ts' })).not.toThrow();
  for (const { find, replace } of mutant.patches) expect(replace).not.toBe(find);
});

test('each has a name of its own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test('what is said to catch one is a test file', () => {
  const files = mutants.flatMap(({ caughtBy }) => caughtBy ?? []);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test.each(Object.entries(modes))('failure mode %s, %s, has a mutant, or a reason why it is no code', (number) => {
  const mode = Number(number);
  const found = mutants.some((mutant) => mutant.modes.includes(mode));
  expect(found || notCode[mode] !== undefined).toBe(true);
});

test('there are 36 failure modes, and no mutant speaks of another', () => {
  expect(Object.keys(modes)).toHaveLength(36);
  const known = new Set(Object.keys(modes).map(Number));
  expect(mutants.flatMap((mutant) => mutant.modes).filter((mode) => !known.has(mode))).toEqual([]);
});
