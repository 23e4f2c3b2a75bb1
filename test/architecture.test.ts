import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

type Layer =
  'core' | 'page' | 'ports' | 'steps' | 'edge' | 'handler' | 'screens' | 'cli' | 'standins' | 'infra' | 'other';

/** What each layer may import: layers, built-in modules of Node.js by name or all of them, and packages. */
const allowed: Partial<Record<Layer, readonly string[]>> = {
  core: ['core', 'node:crypto', 'node:util'], // two that only compute
  page: ['core', 'page'],
  ports: ['core'],
  steps: ['core', 'ports', 'steps'],
  edge: ['core', 'ports', 'edge', 'node', 'package'],
  handler: ['core', 'page', 'ports', 'steps', 'edge'],
  screens: ['core', 'page', 'steps', 'screens', 'cli'], // of steps the types of their answers
  cli: ['core', 'page', 'steps', 'screens', 'cli', 'node', 'package'],
  standins: ['standins', 'node', 'package'],
};

/** Globals through which a clock, chance, the environment or the outside gets in; only edge has them. */
const outside = /^(process|console|fetch|performance|crypto|set(Timeout|Interval|Immediate))$/;

const mayReadEnvironment = new Set<Layer>(['edge', 'handler']);
const statements = 'lambda/edge/statements.ts';
const world = 'lambda/edge/world.ts';

function layerOf(path: string): Layer {
  const name = path.replace(/\.ts$/, '');
  if (name.startsWith('cli/render/')) return 'screens';
  const [, layer] =
    /^lambda\/(core|page|steps|edge)(?:\/|$)/.exec(name) ??
    /^lambda\/(ports|handler)$/.exec(name) ??
    /^test\/(standins)\//.exec(name) ??
    /^(infra|cli)\//.exec(name) ??
    [];
  return (layer ?? 'other') as Layer;
}

/** What is wrong with a source file, in words. `path` is relative to the project, with slashes. */
function violations(path: string, text: string): string[] {
  const layer = layerOf(path);
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => !mayImport(path, layer, specifier))
    .map((specifier) => `imports ${specifier}`);

  const isPure = layer === 'core' || layer === 'page' || layer === 'ports' || layer === 'steps' || layer === 'screens';
  const inLambda = path.startsWith('lambda/');
  const visit = (node: ts.Node): void => {
    if (isPure) found.push(...effects(node));
    if (inLambda && !mayReadEnvironment.has(layer) && !isPure && isGlobal(node, /^process$/))
      found.push('uses process');
    if (inLambda && isComputedImport(node)) found.push('imports a computed name');
    if (inLambda && path !== statements && isAlterLink(node)) found.push('holds an ALTER LINK statement');
    ts.forEachChild(node, visit);
  };
  visit(source);

  if (inLambda && /NODE_ENV|JEST/.test(text)) found.push('knows of its tests');
  const lines = text.trimEnd().split('\n').length;
  if (lines > 400) found.push(`has ${lines} lines`);
  return found.map((what) => `${path} ${what}`);
}

function mayImport(path: string, layer: Layer, specifier: string): boolean {
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
  if (layer === 'infra') return !target.startsWith('lambda/');
  const may = allowed[layer];
  if (may === undefined) return !path.startsWith('lambda/');
  if (path === world && layerOf(target) === 'steps') return true;
  return may.includes(target) || may.includes(kindOf(specifier, target));
}

function kindOf(specifier: string, target: string): string {
  if (specifier.startsWith('.')) return layerOf(target);
  return specifier.startsWith('node:') ? 'node' : 'package';
}

function isGlobal(node: ts.Node, name: RegExp): boolean {
  if (!ts.isIdentifier(node) || !name.test(node.text)) return false;
  const { parent } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  return !isMember || parent.expression.getText() === 'globalThis';
}

function effects(node: ts.Node): string[] {
  if (isGlobal(node, outside)) return [`uses ${node.getText()}`];
  if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random)$/.test(node.getText())) {
    return [`uses ${node.getText()}`];
  }
  const readsClock = ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length;
  return readsClock ? ['uses new Date()'] : [];
}

function isComputedImport(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require';
  return isImport && !(node.arguments[0] && ts.isStringLiteralLike(node.arguments[0]));
}

/** Text that begins a statement or gives it the credentials. A sentence that mentions ALTER LINK is none. */
function isAlterLink(node: ts.Node): boolean {
  if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) return false;
  const text = ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('${}')
    : node.text;
  return /^\s*ALTER\s+LINK\s+([`?$]|$)/i.test(text) || /\bSET\s+(CREDENTIALS|CONFIG)\s*=/i.test(text);
}

const root = join(__dirname, '..');

/** Every TypeScript file of the project, by its path. */
const project = new Map(
  ['lambda', 'cli', 'infra', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(root, folder, name))
      .map((file): [string, string] => [relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8')]),
  ),
);

test('every arrow of the architecture holds', () => {
  expect([...project].flatMap(([path, text]) => violations(path, text))).toEqual([]);
});

test.each<Layer>(['core', 'page', 'ports', 'steps', 'edge', 'handler', 'screens', 'cli', 'standins', 'infra'])(
  'there is something in %s, and it imports something',
  (layer) => {
    const sources = [...project].filter(([path]) => layerOf(path) === layer).map(([, text]) => text);
    expect(sources.flatMap((text) => ts.preProcessFile(text, true, true).importedFiles)).not.toEqual([]);
  },
);

test('the statements are where they are looked for', () => {
  expect(violations('lambda/edge/elsewhere.ts', project.get(statements) ?? '')).toContain(
    'lambda/edge/elsewhere.ts holds an ALTER LINK statement',
  );
});

describe('refused', () => {
  test.each([
    ['lambda/core/link.ts', `import { x } from '../ports';`, 'imports ../ports'],
    ['lambda/core/link.ts', `import { readFileSync } from 'node:fs';`, 'imports node:fs'],
    ['lambda/core/link.ts', `import * as v from 'valibot';`, 'imports valibot'],
    ['lambda/core/link.ts', `const now = Date.now();`, 'uses Date.now'],
    ['lambda/core/link.ts', `const now = new Date();`, 'uses new Date()'],
    ['lambda/core/link.ts', `const { env } = process;`, 'uses process'],
    ['lambda/core/link.ts', `const env = globalThis.process.env;`, 'uses process'],
    ['lambda/page/index.ts', `import { status } from '../steps/status';`, 'imports ../steps/status'],
    ['lambda/page/index.ts', `const now = Date.now();`, 'uses Date.now'],
    ['lambda/ports.ts', `import type { World } from './edge/world';`, 'imports ./edge/world'],
    ['lambda/steps/setSecret.ts', `import type { World } from '../edge/world';`, 'imports ../edge/world'],
    ['lambda/steps/setSecret.ts', `export { open } from '../edge/world';`, 'imports ../edge/world'],
    ['lambda/steps/setSecret.ts', `const w = await import('../edge/world');`, 'imports ../edge/world'],
    ['lambda/steps/setSecret.ts', `type W = import('../edge/world').World;`, 'imports ../edge/world'],
    ['lambda/steps/setSecret.ts', `import mysql = require('mysql2');`, 'imports mysql2'],
    ['lambda/steps/setSecret.ts', `const mysql = require('mysql2/promise');`, 'imports mysql2/promise'],
    ['lambda/steps/setSecret.ts', `const x = require(name);`, 'imports a computed name'],
    ['lambda/steps/setSecret.ts', `setTimeout(go, 1000);`, 'uses setTimeout'],
    ['lambda/steps/setSecret.ts', `const e = process.env.NODE_ENV;`, 'knows of its tests'],
    ['lambda/edge/log.ts', `import { setSecret } from '../steps/setSecret';`, 'imports ../steps/setSecret'],
    ['lambda/edge/log.ts', `import { handler } from '../handler';`, 'imports ../handler'],
    ['lambda/edge/log.ts', 'const s = `ALTER LINK ${name} SET CREDENTIALS`;', 'holds an ALTER LINK statement'],
    ['lambda/edge/log.ts', `const s = 'ALTER LINK ' + name;`, 'holds an ALTER LINK statement'],
    ['lambda/edge/log.ts', 'const s = `${head} SET CREDENTIALS = ${json}`;', 'holds an ALTER LINK statement'],
    ['lambda/handler.ts', `import { IAMClient } from '@aws-sdk/client-iam';`, 'imports @aws-sdk/client-iam'],
    ['lambda/steps/plan.ts', `import { x } from '../../cli/render/words';`, 'imports ../../cli/render/words'],
    ['cli/program.ts', `import { openWorld } from '../lambda/edge/world';`, 'imports ../lambda/edge/world'],
    ['cli/render/status.ts', `const now = Date.now();`, 'uses Date.now'],
    ['lambda/helpers.ts', `import { x } from './core/link';`, 'imports ./core/link'],
    ['lambda/helpers.ts', `const e = process.env;`, 'uses process'],
    ['lambda/core/long.ts', '\n'.repeat(400) + 'x;', 'has 401 lines'],
    [
      'test/standins/aws/server.ts',
      `import { x } from '../../../lambda/core/link';`,
      'imports ../../../lambda/core/link',
    ],
    ['test/standins/aws/server.ts', `import { x } from '../../support/rotate';`, 'imports ../../support/rotate'],
    ['infra/stack.ts', `import { handler } from '../lambda/handler';`, 'imports ../lambda/handler'],
  ])('%s: %s', (path, text, what) => {
    expect(violations(path, text)).toContain(`${path} ${what}`);
  });
});

describe('allowed', () => {
  test.each([
    ['lambda/core/link.ts', `import { inspect } from 'node:util'; import { x } from './names';`],
    ['lambda/core/link.ts', `const at = new Date(epochMs); const p = run.process; // console, Date.now()`],
    ['lambda/page/index.ts', `import type { Status } from '../core/status'; import { html } from './html';`],
    ['lambda/ports.ts', `import type { Link } from './core/link';`],
    [
      'lambda/steps/setSecret.ts',
      `import { x } from '../core/link'; import { y } from '../ports'; import './recover';`,
    ],
    ['lambda/steps/setSecret.ts', 'const s = `the server refused ALTER LINK for ${link}`; // ALTER LINK a.b'],
    ['lambda/edge/log.ts', `import { x } from 'mysql2/promise'; import { y } from '../ports'; process.env;`],
    ['lambda/edge/sources/iamUser.ts', `import { IAMClient } from '@aws-sdk/client-iam'; import '../statements';`],
    ['lambda/edge/statements.ts', 'const s = `ALTER LINK ${name} SET CREDENTIALS = ?`;'],
    ['lambda/edge/world.ts', `import { steps } from '../steps/setSecret';`],
    ['lambda/handler.ts', `import './core/event'; import './steps/x'; import './edge/world'; open(process.env);`],
    ['lambda/core/short.ts', '\n'.repeat(399) + 'x;\n'],
    ['test/standins/aws/server.ts', `import './clock'; import { createServer } from 'node:http'; process.env;`],
    ['infra/stack.ts', `import { Stack } from 'aws-cdk-lib'; import './bundle';`],
    ['test/core/link.test.ts', `import { x } from '../../lambda/core/link';`],
  ])('%s: %s', (path, text) => {
    expect(violations(path, text)).toEqual([]);
  });
});
