import { parseArgs } from 'node:util';

export interface Options {
  /** How many pipelines run. */
  readonly pipelines: number;
  readonly scenario: 'rotation' | 'crash' | 'fail';
  /** A cluster to use in place of the embedded one. */
  readonly singlestore: URL | undefined;
  /** Everything stays up at the end, for the command-line tool; a killed rotation stays as the kill left it. */
  readonly keep: boolean;
}

export const help = `Rotates the credentials of a SingleStore link on this machine, and shows what happened.

  npm start                        one whole rotation, with everything embedded
  npm start -- --pipelines 200     with that many running pipelines (1 to 500, default 2) beside the two that do not
                                   run; the function stops and starts them over at most 16 connections
  npm start -- --crash             kills the function between pause and resume; shows the watchdog repair it (about 45 s)
  npm start -- --fail              the new key is denied on the bucket: shows that nothing is paused
  npm start -- --keep              everything keeps running at the end, until Ctrl-C, for the command-line tool: status, plan,
                                   rotate, … With --fail: stuck as the failure left it; with --crash: paused as the
                                   kill left it, and you are the watchdog. Several may be kept at once: each names the
                                   file that leads to it
  npm start -- --singlestore mysql://user:password@host:3306
                                   a real cluster in place of the embedded one
  npm start -- --help              this text

What runs: the built function (dist/lambda/index.js) in a process of its own behind Lambda's Runtime API, called as
Secrets Manager calls it. Stand-ins for SingleStore and AWS answer on free ports of 127.0.0.1. Nothing leaves the machine.

With --singlestore:
  - the cluster must run on this machine, without a network of its own (a container: --network host), because its
    pipelines read from the S3 stand-in on 127.0.0.1. If it cannot reach that, this ends with a message.
  - the user needs to create and drop databases, links and pipelines, and to see PIPELINES, LINKS and the process list.
  - two throw-away databases, singlestore_link_rotation_…, are created, and dropped at the end.
  - TLS is on and verified. ?ca=file.pem names the authority of the certificate; ?tls=off turns TLS off.
  - statements are not shown, since a cluster's own log is out of reach, and --crash needs the embedded one.

Colours are for terminals; NO_COLOR=1 or FORCE_COLOR=0 turns them off.
The exit code is 0 when every verdict is good, 1 when one is bad, 2 when it could not be played.`;

/** Behind what is wrong with an option. */
export const seeHelp = 'npm start -- --help tells about all options.';

/** @throws Error for people, naming the option that is unknown or out of range */
export function readOptions(args: readonly string[]): Options | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const pipelines = Number(values.pipelines);
  if (!Number.isInteger(pipelines) || pipelines < 1 || pipelines > 500)
    throw wrong(`--pipelines must be a whole number, 1 to 500, got '${values.pipelines}'`);
  if (values.crash && values.fail) throw wrong('--crash and --fail exclude each other');
  if (values.crash && values.singlestore !== undefined)
    throw wrong('--crash excludes --singlestore: the moment of the kill is a statement of the embedded one');
  return {
    pipelines,
    scenario: values.crash ? 'crash' : values.fail ? 'fail' : 'rotation',
    singlestore: values.singlestore === undefined ? undefined : clusterUrl(values.singlestore),
    keep: values.keep,
  };
}

const wrong = (what: string): Error => new Error(`${what}\n${seeHelp}`);

const options = {
  pipelines: { type: 'string', default: '2' },
  crash: { type: 'boolean', default: false },
  fail: { type: 'boolean', default: false },
  singlestore: { type: 'string' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function parsed(args: readonly string[]) {
  const at = args.indexOf('--pipelines') + 1;
  const number = args[at];
  // '-5' is no option, only a wrong number
  const joined = at > 0 && number ? [...args.slice(0, at - 1), `--pipelines=${number}`, ...args.slice(at + 1)] : args;
  try {
    return parseArgs({ args: [...joined], options }).values;
  } catch (error) {
    // its first sentence; the others are about options that begin with a dash
    throw wrong(String((error as Error).message.split(/\. |\n/)[0]));
  }
}

function clusterUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // not repeated: it holds a password
  if (url?.protocol !== 'mysql:' || url.hostname === '' || url.username === '')
    throw wrong('--singlestore must look like mysql://user:password@host:3306');
  return url;
}
