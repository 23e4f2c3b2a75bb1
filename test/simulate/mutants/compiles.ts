import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { patched, root, type Mutant } from './mutant';

/**
 * What the compiler has against a variant: one that does not compile is caught by nothing but that, whatever it throws when it
 * runs. Names that are not used any more are no error here.
 *
 * @returns the names of such mutants, with the first message of each
 */
export function notCompiling(mutants: readonly Mutant[]): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
    config: object;
  };
  const { options, fileNames } = ts.parseJsonConfigFileContent({ ...config, include: ['lambda'] }, ts.sys, root);
  let sources: ReadonlyMap<string, string> = new Map();
  let round = 0;
  const changed = new Map<string, number>();
  const textOf = (path: string): string | undefined => sources.get(path) ?? ts.sys.readFile(path);
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ ...options, noUnusedLocals: false, noUnusedParameters: false, noEmit: true }),
    getScriptFileNames: () => fileNames,
    getScriptVersion: (path) => String(changed.get(path) ?? 0),
    getScriptSnapshot: (path) => {
      const text = textOf(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (path) => ts.sys.fileExists(path),
    readFile: textOf,
  });
  return mutants.flatMap((mutant) => {
    const before = [...sources.keys()];
    sources = new Map([...patched(mutant)].map(([file, source]) => [join(root, file), source]));
    round += 1;
    for (const path of [...before, ...sources.keys()]) changed.set(path, round);
    const [first] = [...sources.keys()].flatMap((path) => service.getSemanticDiagnostics(path));
    if (first === undefined) return [];
    return [`${mutant.name}: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`];
  });
}
