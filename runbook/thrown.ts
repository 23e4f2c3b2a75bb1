import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');

/** A source file of the function, parsed. */
export interface Source {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly tree: ts.SourceFile;
}

export const sources: readonly Source[] = readdirSync(join(root, 'lambda'), { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort()
  .map((file) => ({
    path: relative(root, file).replaceAll(sep, '/'),
    tree: ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true),
  }));

/** All nodes of a file. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** A code that is compared is somebody's error that has come; one that is not is given to an error. */
const isCompared = ({ parent }: ts.Node): boolean =>
  ts.isCaseClause(parent) || (ts.isBinaryExpression(parent) && parent.operatorToken.getText().endsWith('==='));

const given = new Map<string, Set<string>>();
for (const { path, tree } of sources)
  for (const node of nodesOf(tree))
    if (ts.isStringLiteral(node) && !ts.isLiteralTypeNode(node.parent) && !isCompared(node))
      given.set(node.text, (given.get(node.text) ?? new Set()).add(path));

/** The files in which an error gets this code, in order. */
export const throwers = (code: string): readonly string[] => [...(given.get(code) ?? [])];
