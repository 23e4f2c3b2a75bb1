import { parseArgs } from 'node:util';

export interface Options {
  /** How many pipelines run. */
  readonly pipelines: number;
  readonly scenario: 'rotation' | 'crash' | 'fail';
  /** A cluster to use in place of the embedded one. */
  readonly singlestore: URL | undefined;
}

export const help = `Rotates the credentials of a SingleStore link on this machine, and shows what happened.

  npm start                        one whole rotation, with everything embedded
  npm start -- --pipelines 200     with that many running pipelines (1 to 500, default 2)
  npm start -- --crash             kills the function between pause and resume; shows the watchdog repair it (about 45 s)
  npm start -- --fail              the new key is denied on the bucket: shows that nothing is paused
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

The exit code is 0 when every verdict is good.`;

/** @throws Error for people, when an option is unknown or out of range */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pipelines: { type: 'string', default: '2' },
      crash: { type: 'boolean', default: false },
      fail: { type: 'boolean', default: false },
      singlestore: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const pipelines = Number(values.pipelines);
  if (!Number.isInteger(pipelines) || pipelines < 1 || pipelines > 500)
    throw new Error(`--pipelines must be a whole number, 1 to 500, got '${values.pipelines}'`);
  if (values.crash && values.fail) throw new Error('--crash and --fail exclude each other');
  if (values.crash && values.singlestore !== undefined)
    throw new Error('--crash needs the embedded SingleStore: the moment of the kill is one of its statements');
  return {
    pipelines,
    scenario: values.crash ? 'crash' : values.fail ? 'fail' : 'rotation',
    singlestore: values.singlestore === undefined ? undefined : clusterUrl(values.singlestore),
  };
}

function clusterUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // not repeated: it holds a password
  if (url?.protocol !== 'mysql:' || url.hostname === '' || url.username === '')
    throw new Error('--singlestore must look like mysql://user:password@host:3306');
  return url;
}
