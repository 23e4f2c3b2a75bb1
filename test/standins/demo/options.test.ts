import { readOptions, seeHelp } from './options';

test.each([
  [['--pipelines', '-5'], `--pipelines must be a whole number, 1 to 500, got '-5'`],
  [['--pipelines=501'], `--pipelines must be a whole number, 1 to 500, got '501'`],
  [['--pipelines', '--crash'], `--pipelines must be a whole number, 1 to 500, got '--crash'`],
  [['--pipelines'], `Option '--pipelines <value>' argument missing`],
  [['--crash', '--fail'], '--crash and --fail exclude each other'],
  [['--crush'], `Unknown option '--crush'`],
  [['crash'], `Unexpected argument 'crash'`],
  [['--singlestore', 'root:secret@host'], '--singlestore must look like mysql://user:password@host:3306'],
])('%j is refused in one sentence that names the option, with a word about --help', (args, message) => {
  expect(() => readOptions(args)).toThrow(new Error(`${message}\n${seeHelp}`));
});

test('options are read', () => {
  expect(readOptions(['--pipelines', '200', '--fail', '--keep'])).toEqual({
    pipelines: 200,
    scenario: 'fail',
    singlestore: undefined,
    keep: true,
  });
  expect(readOptions(['--help'])).toBe('help');
});
