import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openSockets, type Sockets } from '../support/sockets';
import type { RotationOptions, RotationOutcome } from '../standins/aws/rotation';
import type { Site } from '../standins/demo/site';
import type { LoggedRequest } from '../standins/aws/server';
import type { SingleStoreStandIn, StatementRecord } from '../standins/singlestore';
import { lineTo, type Line } from './line';

/** What stands there to be rotated. */
export interface Lake {
  readonly clusters?: number;
  /** Of each cluster. */
  readonly links?: number;
  /** Of each link. */
  readonly pipelines: number;
  readonly connections: number;
  readonly roundTripMs: number;
  /** A new key is unknown to AWS for so long. @default 0 */
  readonly propagationMs?: number;
  /** More of the definition's limits. */
  readonly limits?: object;
  /** More for Node.js of the function's process. */
  readonly nodeOptions?: string;
  /** The way to some cluster. @default a line of that round trip */
  readonly lineOf?: (server: SingleStoreStandIn, at: number) => Promise<Line>;
}

/** The clock of all figures. Epoch milliseconds, with fractions. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Clusters with links and running pipelines, whose batches take no time, behind lines that take some. */
export async function openLake(lake: Lake): Promise<Sockets> {
  const { clusters = 1, links = 1, pipelines, roundTripMs } = lake;
  const names = Array.from({ length: links }, (_, at) => ({ database: 'ingest', name: `link_${at}` }));
  const site: Site = {
    links: names,
    pipelines: names.flatMap((link, at) =>
      Array.from({ length: pipelines }, (_, nth) => ({
        database: 'ingest',
        name: `pipeline_${at}_${nth}`,
        link,
        prefix: `in/${nth % 10}/`,
        state: 'Running' as const,
      })),
    ),
    batchIntervalMs: 600_000, // a batch is loaded by each START, and then no more: nothing drains
  };
  let sequence = 0;
  return openSockets({
    sites: Array.from({ length: clusters }, () => site),
    feedEveryMs: 3_600_000,
    aws: { propagationMs: lake.propagationMs ?? 0 },
    // what is loaded does not matter here, and reading it would take this machine's time
    singlestore: {
      now,
      read: () => Promise.resolve({ objects: [{ name: String((sequence += 1)), size: 1, rows: 1 }] }),
    },
    line: lake.lineOf ?? ((server) => lineTo(server, roundTripMs)),
    definition: { limits: { connections: lake.connections, proofSeconds: 1, ...lake.limits } },
    lambda: { env: { NODE_OPTIONS: `--require ${join(__dirname, 'memory.cjs')} ${lake.nodeOptions ?? ''}` } },
  });
}

/** What one rotation left behind in the records of all servers. */
export interface Seen {
  readonly outcome: RotationOutcome;
  readonly milliseconds: number;
  /** How long each pipeline's STATE was not Running, by cluster. Milliseconds. */
  readonly pauses: readonly (readonly number[])[];
  /** By cluster. */
  readonly statements: readonly (readonly StatementRecord[])[];
  readonly requests: readonly LoggedRequest[];
}

setFlagsFromString('--expose-gc');
/** Collects what this process does not need any more: 60 ms in which no server answers, which do not belong in a pause. */
const collect = runInNewContext('gc') as () => void;

/** Rotates once, as Secrets Manager would. */
export async function watchRotation(sockets: Sockets, options?: RotationOptions): Promise<Seen> {
  const { account, servers } = sockets;
  const [statements, transitions] = [servers.map((s) => s.statements.length), servers.map((s) => s.transitions.length)];
  const requests = account.aws.requests.length;
  const began = now();
  const onStep: NonNullable<RotationOptions['onStep']> = async (step, attempt) => {
    await options?.onStep?.(step, attempt);
    if (step === 'setSecret') collect();
  };
  const outcome = await sockets.rotate({ attempts: 1, ...options, onStep });
  const seen = {
    outcome,
    milliseconds: now() - began,
    pauses: servers.map((server, at) => pausesOf(server.transitions.slice(transitions[at]))),
    statements: servers.map((server, at) => server.statements.slice(statements[at])),
    requests: account.aws.requests.slice(requests),
  };
  // as the watchdog would, a day later
  for (const key of account.user.keys.slice(0, -1)) key.status = 'Inactive';
  return seen;
}

/** A figure of a rotation that came to nothing is none. */
export function mustHaveMoved({ outcome, pauses }: Seen, pipelines: number): void {
  const count = pauses.flat().length;
  if (outcome.outcome !== 'succeeded' || count !== pipelines)
    throw new Error(`${count} of ${pipelines} pipelines were paused, ${JSON.stringify(outcome)}`);
}

export function pausesOf(transitions: SingleStoreStandIn['transitions']): readonly number[] {
  const stoppedAt = new Map<string, number>();
  return transitions.flatMap(({ database, pipeline, from, to, at }) => {
    const name = `${database}.${pipeline}`;
    if (from === 'Running') stoppedAt.set(name, at);
    const since = stoppedAt.get(name);
    if (to !== 'Running' || since === undefined) return [];
    stoppedAt.delete(name);
    return [at - since];
  });
}

/** Most memory that any process of the function has taken so far. MB. */
export function peakMemory({ lambda }: Sockets): number {
  const said = lambda.output.flatMap((line) => /^\{"maxRssKb":(\d+)\}$/.exec(line)?.[1] ?? []);
  return Math.max(0, ...said.map(Number)) / 1_024;
}

/** Median of the server's own time for statements of a kind. Milliseconds. */
export function serverTime(statements: readonly StatementRecord[], kind: StatementRecord['kind']): number {
  const times = statements.flatMap((one) => (one.kind === kind && one.outcome === 'ok' ? [one.ms ?? 0] : []));
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}
