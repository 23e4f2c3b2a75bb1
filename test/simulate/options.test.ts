import { help, readOptions } from './options';

test.each([
  [['--help-me'], `Unknown option '--help-me'`],
  [['--seeds'], `Option '--seeds <value>' argument missing`],
  [['--seeds', 'many'], `--seeds must be a whole number, got 'many'`],
  [['all'], `Unexpected argument 'all'`],
])('%j is refused in one sentence, with the help', (args, message) => {
  expect(readOptions(args)).toBe(`${message}\n\n${help}`);
});

test('every option but those of the work itself is in the help, and is read', () => {
  expect(readOptions(['--seeds', '5', '--from', '7'])).toMatchObject({ seeds: '5', from: '7' });
  expect(readOptions(['-h'])).toMatchObject({ help: true });
  for (const name of ['all', 'main', 'real', 'seeds', 'seed', 'from', 'play', 'at', 'depth'])
    expect(help).toContain(`--${name}`);
});
