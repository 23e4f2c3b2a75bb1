import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rotate } from '../aws/rotation';
import type { Options } from './options';
import { writePage } from './page';
import { hung, type Paper } from './paper';
import type { Progress } from './progress';
import type { Stage } from './stage';

/** The name by which the function is invoked from outside. */
const functionName = 'rotation';
const root = join(__dirname, '..', '..', '..');
const tool = 'npx singlestore-link-rotation';
/** What a demonstration writes. While another one is kept under these names, its own have a number. */
export interface Files {
  /** The environment, in the shell's language. */
  readonly environment: string;
  /** The status as a page. */
  readonly page: string;
}
export const usualFiles: Files = {
  environment: join(root, 'dist', 'demo.env'),
  page: join(root, 'dist', 'demo', 'status.html'),
};

const numbered = (file: string, number: number): string =>
  number === 1 ? file : file.replace(/(\.\w+)$/, `-${number}$1`);

/** AWS documents "multiple times", no number. */
const attempts = 3;

/** What there is to see, in the order in which it tells the most. */
const worthTrying: Readonly<Record<Options['scenario'], readonly (readonly [command: string, why: string])[]>> = {
  rotation: [
    ['status', 'labels, links and pipelines, keys, the rotation just now'],
    ['plan SECRET', 'what the next one would do: the old key is in its way'],
    ['retire SECRET --now', 'ends the old key, as if it had leaked'],
    ['rotate SECRET', 'now there is room: another rotation, followed to its end'],
  ],
  fail: [
    ['status', 'why it is stuck, and what mends it'],
    ['plan SECRET', 'what would be done, and what stands in the way'],
    ['recover --dry-run', 'what the watchdog would repair: nothing is paused'],
  ],
  crash: [
    ['status', 'what is paused, by whom, since when'],
    ['recover --dry-run', 'what the watchdog would repair'],
    ['recover', 'the repair, once the lease of 30 s has run out'],
    ['rotate SECRET', 'the retry, followed to its end'],
  ],
};

/**
 * Shows how it stands, and leaves everything running for the command-line tool: the function can be invoked, RotateSecret is played as it comes in, and
 * the environment that leads here is written to a file. No watchdog comes: whoever tries the tool is the one who recovers.
 *
 * @param ended ends it; the file of the environment is gone then
 */
export async function keep(
  stage: Stage,
  scenario: Options['scenario'],
  ended: AbortSignal,
  { say }: Pick<Progress, 'say'>,
  paper: Paper,
  files = usualFiles,
): Promise<void> {
  const { aws, secretArn } = stage.account;
  aws.functions.set(functionName, (event) => stage.invoke(event));
  const playing = new Set<string>();
  aws.secrets.onRotate = ({ arn, version }) => {
    if (playing.has(version)) return; // asked again while it is under way
    playing.add(version);
    void rotate(aws.secrets, arn, (event) => stage.invoke(event), { attempts })
      .catch(() => undefined) // the servers were taken down meanwhile
      .finally(() => playing.delete(version));
  };
  const { file, number } = written(
    files.environment,
    exported({ ...stage.environment, ROTATION_FUNCTION: functionName }),
  );
  try {
    const page = await writePage(stage, numbered(files.page, number));
    say(`${page}\n${invitation(scenario, aws.secrets.find(secretArn).name, file, paper)}`);
    if (!ended.aborted)
      await new Promise((resolve) => {
        ended.addEventListener('abort', resolve, { once: true });
      });
  } finally {
    rmSync(file, { force: true });
  }
}

/** The page of a demonstration that is not kept: as free as the names of one that would be. */
export const freePage = ({ environment, page }: Files = usualFiles): string => {
  let number = 1;
  while (isKept(numbered(environment, number))) number += 1;
  return numbered(page, number);
};

/** Writes a file that only its owner reads. @returns its name: the one that was wished, or the first with a number that is free */
function written(wished: string, text: string): { readonly file: string; readonly number: number } {
  mkdirSync(dirname(wished), { recursive: true });
  for (let number = 1; ; number += 1) {
    const file = numbered(wished, number);
    if (isKept(file)) continue;
    rmSync(file, { force: true });
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    return { file, number };
  }
}

const ofProcess = '# of process ';

/** Whether the demonstration that wrote the file still runs: one that was killed leaves it behind. */
function isKept(file: string): boolean {
  const [first = ''] = existsSync(file) ? readFileSync(file, 'utf8').split('\n', 1) : [];
  if (!first.startsWith(ofProcess)) return false;
  try {
    return process.kill(Number(first.slice(ofProcess.length)), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}

function invitation(scenario: Options['scenario'], secret: string, file: string, paper: Paper): string {
  const tries = worthTrying[scenario].map(([command, why]) => [command.replace('SECRET', secret), why] as const);
  const longest = Math.max(...tries.map(([command]) => command.length));
  const short = relative(process.cwd(), file);
  return [
    `\n${paper.strong('Everything keeps running until Ctrl-C.')} In another terminal, in this folder:`,
    '',
    `  . ${short.startsWith('..') ? file : short}`,
    ...tries.map(([command, why]) =>
      hung(`  ${tool} ${command.padEnd(longest)}  `, paper.quiet(`# ${why}`), paper.width),
    ),
    '',
    hung(
      '  ',
      paper.quiet(
        'With --local the tool runs the function itself, otherwise it invokes the one that runs here. No watchdog comes: that is you, with recover.',
      ),
      paper.width,
    ),
  ].join('\n');
}

/** Lines for `.` of a POSIX shell. A profile of the reader's own would win over the credentials. */
const exported = (environment: Readonly<Record<string, string>>): string =>
  [
    `${ofProcess}${process.pid}`,
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
    ...Object.entries(environment).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`),
    '',
  ].join('\n');
