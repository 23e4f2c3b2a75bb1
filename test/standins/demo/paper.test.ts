import { PassThrough } from 'node:stream';
import { hung, lengthOf, paperFor } from './paper';
import { openProgress } from './progress';

const terminal = { isTTY: true, columns: 80 };
const colours = (out: Parameters<typeof paperFor>[0], env: NodeJS.ProcessEnv) => paperFor(out, env).good('x') !== 'x';

test.each<[string, boolean, boolean, NodeJS.ProcessEnv]>([
  ['a terminal', true, true, {}],
  ['a pipe', false, false, {}],
  ['a terminal with NO_COLOR', false, true, { NO_COLOR: '1' }],
  ['a terminal with an empty NO_COLOR', true, true, { NO_COLOR: '' }],
  ['a terminal with FORCE_COLOR=0', false, true, { FORCE_COLOR: '0' }],
  ['a pipe with FORCE_COLOR=1', true, false, { FORCE_COLOR: '1' }],
  ['a pipe with both', false, false, { FORCE_COLOR: '1', NO_COLOR: '1' }],
  ['a dumb terminal', false, true, { TERM: 'dumb' }],
])('on %s, that there are colours is %p', (_, expected, isTTY, env) => {
  expect(colours({ ...terminal, isTTY }, env)).toBe(expected);
});

test('a long text goes on under its beginning, and no line is longer than the terminal is wide', () => {
  expect(hung('  name  ', 'one two  three four', 16)).toBe('  name  one two\n        three\n        four');
  const red = paperFor(terminal, {}).bad;
  const lines = hung('  ', red('word '.repeat(40).trim()), 80).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines.map(lengthOf).every((length) => length <= 80)).toBe(true);
});

test('a word is not cut, and outside a terminal neither is a line', () => {
  expect(hung('  ', `a ${'x'.repeat(100)}`, 80)).toBe(`  a\n  ${'x'.repeat(100)}`);
  const { width } = paperFor({ columns: 80 }, {});
  expect(hung('', 'word '.repeat(100), width)).not.toContain('\n');
});

test('the moving line is shorter than the terminal is wide, and left with a new line', () => {
  const out = Object.assign(new PassThrough(), { isTTY: true, columns: 30 }) as unknown as NodeJS.WriteStream;
  const progress = openProgress(out, paperFor(out, {}));
  progress.begin('a step with a name that is long', 1_000);
  progress.leave();
  const [moving, rest] = String(out.read()).split('\u001b[2K')[1]!.split('\n');
  expect(moving).toHaveLength(29);
  expect(rest).toBe('');
});
