import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, type Outside } from '../../cli/program';
import { paperFor } from '../../cli/render/paper';
import { plain } from './given';

/** Runs a command line that comes to no function. */
async function run(...args: readonly string[]) {
  const said = { out: [] as string[], err: [] as string[] };
  const outside: Outside = {
    env: {},
    paper: plain(80),
    out: (text) => said.out.push(text),
    err: (text) => said.err.push(text),
    moving: null,
    now: () => 0,
    sleep: () => Promise.resolve(),
  };
  const exit = await main(['node', 'singlestore-link-rotation', ...args], outside);
  return { exit, out: said.out.join('\n'), err: said.err.join('\n') };
}

test.each([
  [['plan'], "error: missing required argument 'secret'"],
  [['stats'], "error: unknown command 'stats'"],
  [['status', '--jason'], "error: unknown option '--jason'"],
  [['status', 'a', 'b'], 'error: too many arguments'],
  [['retire', 'prod/s3-ingest', '--local'], "error: required option '--now' not specified"],
  [['rotate', 'a', '--patience', 'long'], "error: option '--patience <seconds>' argument 'long' is invalid"],
  [['rotate', 'a', '--patience', ''], "error: option '--patience <seconds>' argument '' is invalid"],
  [['rotate', 'a', '--patience'], "error: option '--patience <seconds>' argument missing"],
  [['rotate', 'a', '--patience', '1e3'], "error: option '--patience <seconds>' argument '1e3' is invalid"],
  [['plan', ' '], "error: command-argument value ' ' is invalid for argument 'secret'. It is empty."],
  [['status', ''], "error: command-argument value '' is invalid for argument 'secret'. It is empty."],
  [['status', '--region', ''], "error: option '--region <region>' argument '' is invalid. It is empty."],
  [['status', '--profile', ' '], "error: option '--profile <name>' argument ' ' is invalid. It is empty."],
  [['status', '--function'], "error: option '-f, --function <name>' argument missing"],
  [['status', '--function', ''], 'Which function?'],
  [['status', '--function', '  '], 'Which function?'],
  [[], 'Usage: singlestore-link-rotation'],
  [['help', 'stats'], 'Usage: singlestore-link-rotation'],
  [['status'], 'Which function? --function NAME (or ROTATION_FUNCTION), or --local.'],
  [['status', '--local'], "--local needs the function's own environment: ROTATIONS and JOURNAL_TABLE not set."],
])('%j is wrong usage: exit code 2, one sentence, nothing on standard output', async (args, message) => {
  const { exit, out, err } = await run(...args);
  expect([exit, out]).toEqual([2, '']);
  expect(err).toContain(message);
});

test('--help has the commands, examples and every exit code, and ends well', async () => {
  const { exit, out, err } = await run('--help');
  expect([exit, err]).toEqual([0, '']);
  for (const word of [
    'plan',
    'status',
    'recover',
    'rotate',
    'doctor',
    'retire',
    'Examples:',
    'Exit codes:',
    '  3  no answer',
  ])
    expect(out).toContain(word);
});

test("--version tells the package's, and ends well", async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string };
  expect(await run('--version')).toEqual({ exit: 0, out: version, err: '' });
});

test("a command's help shows the options of all commands, too", async () => {
  const { out } = await run('recover', '--help');
  expect(out).toContain('--dry-run');
  expect(out).toContain('--function <name>');
});

test.each<[string, boolean, boolean, NodeJS.ProcessEnv]>([
  ['a terminal', true, true, {}],
  ['a pipe', false, false, {}],
  ['a terminal with NO_COLOR', false, true, { NO_COLOR: '1' }],
  ['a dumb terminal', false, true, { TERM: 'dumb' }],
  ['a pipe with FORCE_COLOR', true, false, { FORCE_COLOR: '1' }],
])('on %s, that there are colours is %p', (_, expected, isTTY, env) => {
  expect(paperFor({ isTTY, columns: 80 }, env).coloured).toBe(expected);
});

test('a line is as wide as the terminal, elsewhere as COLUMNS says', () => {
  expect(paperFor({ isTTY: true, columns: 72 }, { COLUMNS: '120' }).width).toBe(72);
  expect(paperFor({ columns: 80 }, { COLUMNS: '120' }).width).toBe(120);
  expect(paperFor({ columns: 80 }, {}).width).toBe(100);
});
