import { Command, InvalidArgumentError, Option } from 'commander';
import { exitCodes } from './exit';

/** What every command takes. */
export interface Common {
  readonly function?: string;
  readonly local?: true;
  readonly region?: string;
  readonly profile?: string;
  readonly json?: true;
  readonly verbose?: true;
}
export interface Own {
  readonly all?: true;
  readonly dryRun?: true;
  readonly now?: true;
  readonly patience: number;
}

/** What a command does. @returns the exit code */
export type Perform<Rest extends readonly unknown[]> = (...rest: [...Rest, options: Common & Own]) => Promise<void>;

export interface Commands {
  readonly plan: Perform<[secret: string]>;
  readonly doctor: Perform<[secret: string]>;
  readonly status: Perform<[secret: string | undefined]>;
  readonly rotate: Perform<[secret: string]>;
  readonly recover: Perform<[]>;
  readonly retire: Perform<[secret: string]>;
}

const examples = `Examples:
  $ singlestore-link-rotation doctor prod/s3-ingest --function rotator
  $ singlestore-link-rotation status --function rotator --profile prod --region eu-west-1
  $ singlestore-link-rotation rotate prod/s3-ingest --function rotator
  $ singlestore-link-rotation status --function rotator --json | jq '.secrets[].stuck'
  $ singlestore-link-rotation plan prod/s3-ingest --local

The function is invoked by the name that the stack's output FunctionName shows; ROTATION_FUNCTION names it, too. --local runs
the function in this process instead, with ROTATIONS and JOURNAL_TABLE of this environment. Credentials are found as
the AWS SDK finds them. Who uses this needs lambda:InvokeFunction, and for rotate secretsmanager:RotateSecret.

Colours are for terminals; NO_COLOR=1 turns them off.`;

type Given<Rest extends readonly unknown[]> = (
  this: Command,
  ...args: [...Rest, own: unknown, command: Command]
) => Promise<void>;

/** Options of the program stand before or behind the command; a command gets them with its own. */
const whole =
  <Rest extends readonly unknown[]>(perform: Perform<Rest>): Given<Rest> =>
  (...args) => {
    const command = args.at(-1) as Command;
    return perform(...(args.slice(0, -2) as unknown as Rest), command.optsWithGlobals());
  };

/** The grammar of the command line. */
export function grammar(commands: Commands): Command {
  const program = new Command('singlestore-link-rotation')
    .description('See and steer the rotation of the credentials of SingleStore links.')
    .addOption(new Option('-f, --function <name>', 'the deployed function, by name or ARN').env('ROTATION_FUNCTION'))
    .option('--local', 'run the function in this process instead')
    .option('--region <region>', 'AWS Region', filled)
    .option('--profile <name>', 'profile of the AWS configuration', filled)
    .option('--json', "the function's answer as JSON, and nothing else on standard output")
    .option('--verbose', "with --local: the function's log on standard error")
    .addHelpText('after', `\n${examples}\n\n${exitCodes}`);
  const secret = ['<secret>', 'name or ARN of the rotated secret', filled] as const;
  const all = ['--all', 'list everything by its name, however much it is'] as const;
  program
    .command('status')
    .description('labels, links, pipelines, keys, history, and what is stuck; reads only')
    .argument('[secret]', 'name or ARN of a rotated secret; without it all', filled)
    .option(...all)
    .action(whole(commands.status));
  program
    .command('plan')
    .description('what a rotation would do, and what would stop it; reads only')
    .argument(...secret)
    .option(...all)
    .action(whole(commands.plan));
  program
    .command('doctor')
    .description('the pre-flight: only what is wrong or worth knowing before a rotation; reads only')
    .argument(...secret)
    .action(whole(commands.doctor));
  program
    .command('rotate')
    .description('start a rotation through Secrets Manager, and follow it to its end')
    .argument(...secret)
    .option('--patience <seconds>', 'after a failed call, how long to wait for the next one', seconds, 60)
    .action(whole(commands.rotate));
  program
    .command('recover')
    .description('what the watchdog does each minute: resume what a dead run left paused, settle, retire')
    .option('--dry-run', 'only say what would be done')
    .option(...all)
    .action(whole(commands.recover));
  program
    .command('retire')
    .description('end the old key of a secret at once, on the same evidence: one that has leaked')
    .argument(...secret)
    .requiredOption('--now', 'must be said: what is due retires by itself')
    .option('--dry-run', 'only say what would be done')
    .action(whole(commands.retire));
  for (const command of [program, ...program.commands])
    command
      .configureHelp({ showGlobalOptions: command !== program })
      .showHelpAfterError('--help tells about all commands and options.');
  return program;
}

function seconds(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 86_400)
    throw new InvalidArgumentError('It is a whole number of seconds, 86400 at most.');
  return number;
}

/** A variable of a script that is not set comes as an empty text. */
function filled(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}
