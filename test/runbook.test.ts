import * as iam from '@aws-sdk/client-iam';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as awsLambda from '@aws-sdk/client-lambda';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { grammar } from '../cli/options';
import { alarms } from '../runbook/alarms';
import { codes } from '../runbook/codes';
import { runbook } from '../runbook/page';
import { logLines, metrics } from '../runbook/signals';
import { nodesOf, sources, throwers } from '../runbook/thrown';

/* The runbook says what the code does: all that an operator meets has its place there, and nothing else has. */

const page = readFileSync(join(__dirname, '../docs/runbook.md'), 'utf8');
const named = Object.keys(codes);

test('docs/runbook.md is what `npm run docs` makes', () => {
  expect(page).toBe(runbook());
});

describe('each error code', () => {
  test.each(named)('%s has its section, with all that a person asks', (code) => {
    const [, text = ''] = page.split(`\n### ${code}\n`);
    const [section = ''] = text.split('\n### ');
    expect([...section.matchAll(/^- \*\*(.+?):\*\* \S/gm)].map(([, part]) => part)).toEqual([
      'Where',
      'Left behind',
      'By itself',
      'To do',
    ]);
  });

  test.each(named)('%s is given to an error somewhere', (code) => {
    expect(throwers(code)).not.toEqual([]);
  });

  const claims = readdirSync(__dirname, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.test.ts') && name !== 'runbook.test.ts')
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
  test.each(named)('%s is expected by a test', (code) => {
    const expected = new RegExp(
      String.raw`\b(?:toBe|toEqual|toThrow|toMatch|toMatchObject|toContain|failure|code)\b[^;]*\b${code}\b`,
    );
    expect(claims.some((text) => expected.test(text))).toBe(true);
  });
});

describe('each message', () => {
  /** Ways to say what was left. */
  const state =
    /\b(?:no|not|nothing|never)\b[^.]*\b(?:sent|changed|done|made|paused|moved|touched|created|connection)|\b(?:stays?|keeps?|left|removed|back on|stands? in the journal|holds?|was changed|may exist|changes nothing|does nothing more|so nothing|may still be paused|were paused|is known)\b/i;

  const messages = sources.flatMap(({ path, tree }) =>
    [...nodesOf(tree)].flatMap((node) => {
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'RotationError') return [];
      const [code, message] = node.arguments ?? [];
      // what is put together of messages, or has its state told beside it
      if (code === undefined || message === undefined || !ts.isStringLiteral(code)) return [];
      return [[`${path} ${code.text}`, message.getText()] as const];
    }),
  );

  test('is found', () => {
    expect(messages.length).toBeGreaterThan(50);
  });

  test.each(messages)('of %s says what was left: %s', (_, message) => {
    expect(message).toMatch(state);
  });
});

describe('what an operator meets in the log', () => {
  const text = sources.map(({ tree }) => tree.text).join('\n');
  const found = (pattern: RegExp): string[] => [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))];

  test('each line at WARN and ERROR has its row', () => {
    const lines = found(/\blog\.(?:warn|error)\(\s*'([a-z-]+)'/g);
    const old = found(/'(old-key-(?:held|labelled|still-used))'/g); // why a key is kept
    expect([...new Set([...lines, ...old])].sort()).toEqual(Object.keys(logLines).sort());
  });

  test('each metric has its row', () => {
    expect(found(/\bmetrics\.put\(\s*'(\w+)'/g).sort()).toEqual(Object.keys(metrics).sort());
  });
});

test('each link in it leads to a heading', () => {
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(' ', '-'),
  );
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
});

test('each section of an alarm or a code has an anchor of its own', () => {
  const names = [...named, ...Object.keys(alarms)].map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
});

test('each command of AWS is an operation of its service', () => {
  const services: Readonly<Record<string, object>> = {
    iam,
    secretsmanager: secretsManager,
    dynamodb,
    lambda: awsLambda,
  };
  const operations = [...page.matchAll(/\baws (\w+) ([a-z-]+) /g)].filter(([, service = '']) => service in services);
  expect(operations.length).toBeGreaterThan(20);
  for (const [, service = '', action = ''] of operations) {
    const name = action.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
    expect(Object.keys(services[service] ?? {})).toContain(`${name}Command`);
  }
});

test('each command of the tool is one that it takes', async () => {
  const lines = [...page.matchAll(/^ *npx singlestore-link-rotation (.+)$/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(10);
  for (const line of new Set(lines)) {
    const taken: string[] = [];
    const take = (name: string) => () => Promise.resolve(void taken.push(name));
    const names = ['plan', 'doctor', 'status', 'rotate', 'recover', 'retire'] as const;
    const commands = Object.fromEntries(names.map((name) => [name, take(name)])) as unknown as Parameters<
      typeof grammar
    >[0];
    const program = grammar(commands);
    for (const command of [program, ...program.commands])
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    await program.parseAsync(line.split(' '), { from: 'user' });
    expect(taken).toEqual([line.split(' ')[0]]);
  }
});
