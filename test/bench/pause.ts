import type { Sockets } from '../support/sockets';
import type { SingleStoreStandIn } from '../standins/singlestore';
import { alternatives, openIdealClient } from './alternatives';
import { limitMs, once, spreadOf, type Row } from './figures';
import { mustHaveMoved, openLake, pausesOf, peakMemory, serverTime, watchRotation, type Seen } from './lake';
import { lineTo } from './line';

/** One size of the question. */
export interface PauseCase {
  readonly pipelines: number;
  readonly connections: number;
  readonly roundTripMs: number;
  readonly rounds: number;
  /** Rounds of each alternative; 0: it would take too long. */
  readonly others: number;
  /** p99 of a pipeline's pause. Milliseconds. */
  readonly barMs?: number;
}

/** Of one item of DynamoDB. Bytes. */
const itemLimit = 400 * 1_024;

/** As DynamoDB counts: names and values of the attributes, of which long ones are bytes. */
function sizeOf(item: string): number {
  const attributes = Object.entries(JSON.parse(item) as Readonly<Record<string, { readonly B?: object }>>);
  return attributes.reduce((sum, [name, value]) => {
    const bytes = value.B === undefined ? Buffer.byteLength(JSON.stringify(value)) : Object.keys(value.B).length;
    return sum + name.length + bytes;
  }, 0);
}

/** Pauses of all pipelines in all rounds, ours and the alternatives', on one cluster and behind one line. */
export async function measurePause(size: PauseCase): Promise<readonly Row[]> {
  const { pipelines, connections, roundTripMs } = size;
  const lake = await openLake({ pipelines, connections, roundTripMs });
  try {
    let largestItem = 0;
    const rounds: Seen[] = [];
    await watchRotation(lake); // not counted: the process starts, code is compiled
    let peak = peakMemory(lake);
    for (let round = 0; round < size.rounds; round += 1) {
      lake.forget();
      const journalled = async (): Promise<void> => {
        for (const item of await lake.account.journal()) largestItem = Math.max(largestItem, sizeOf(item));
      };
      rounds.push(await watchRotation(lake, { onStep: journalled }));
      peak = Math.max(peak, peakMemory(lake));
    }
    for (const seen of rounds) mustHaveMoved(seen, pipelines);
    const statements = rounds.flatMap((seen) => seen.statements.flat());
    const limit = (through: number): number =>
      limitMs({
        drainMs: 0,
        roundTripMs,
        pipelines,
        connections: through,
        alterMs: serverTime(statements, 'alter-link'),
        startMs: serverTime(statements, 'start-pipeline'),
      });
    const what = `pause of a pipeline, P=${pipelines}`;
    return [
      {
        who: `this function, K=${connections}`,
        what,
        unit: 'ms',
        figure: spreadOf(rounds.flatMap(({ pauses }) => pauses.flat())),
        limit: limit(connections),
        ...(size.barMs === undefined ? {} : { bar: { atMost: size.barMs } }),
      },
      ...(await others(lake, size)).map(({ who, pauses, through }) => ({
        who,
        what,
        unit: 'ms' as const,
        figure: spreadOf(pauses),
        limit: limit(through),
      })),
      {
        who: 'this function',
        what: `peak memory, P=${pipelines}, ${size.rounds + 1} rotations`,
        unit: 'MB',
        figure: once(peak),
        ...(pipelines === 2_000 ? { bar: { atMost: 110 } } : {}),
      },
      {
        who: 'this function',
        what: `largest item of the journal, P=${pipelines}`,
        unit: 'KB',
        figure: once(largestItem / 1_024),
        bar: { atMost: itemLimit / 1_024 },
      },
    ];
  } finally {
    await lake.stop();
  }
}

/** What some more rotations may add to the peak of the first, for it to count as flat. */
const growth = 1.1;

/**
 * What the function needs where short-lived objects may not take as much room as they like: without a bound Node.js sees no reason to
 * collect what is not used any more, and the peak tells how much memory the machine has. The heap itself may still grow.
 */
export async function measureNeed({ pipelines, connections, roundTripMs }: PauseCase): Promise<readonly Row[]> {
  const nodeOptions = '--max-semi-space-size=2';
  const lake = await openLake({ pipelines, connections, roundTripMs, nodeOptions });
  try {
    const peaks: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      mustHaveMoved(await watchRotation(lake), pipelines);
      peaks.push(peakMemory(lake));
    }
    const [first = 0, , last = 0] = peaks;
    const row = { who: 'this function, its young generation held to 2 MB', unit: 'MB' as const };
    return [
      { ...row, what: `peak memory, P=${pipelines}`, figure: once(first) },
      {
        ...row,
        what: `peak memory, P=${pipelines}, three rotations`,
        figure: once(last),
        bar: { atMost: Math.round(first * growth) },
      },
    ];
  } finally {
    await lake.stop();
  }
}

interface Others {
  readonly who: string;
  readonly pauses: readonly number[];
  /** Connections. */
  readonly through: number;
}

/** On the same server, behind a line of their own. */
async function others(
  { server, account }: Sockets,
  { roundTripMs, connections, rounds, others: roundsOfOthers }: PauseCase,
): Promise<readonly Others[]> {
  const line = await lineTo(server, roundTripMs);
  const found: Others[] = [];
  const [key] = account.user.keys;
  const credentials = { aws_access_key_id: key?.accessKeyId, aws_secret_access_key: key?.secretAccessKey };
  const watch = async (times: number, run: () => Promise<void>): Promise<readonly number[]> => {
    const from = server.transitions.length;
    for (let round = 0; round < times; round += 1) {
      await run();
      mustAllRun(server);
    }
    return pausesOf(server.transitions.slice(from));
  };
  const ideal = await openIdealClient(server, line.port, connections, credentials);
  await watch(1, ideal.pause); // not counted, as the function's first
  const pauses = await watch(rounds, ideal.pause);
  found.push({ who: `an ideal client on this machine, K=${connections}`, pauses, through: connections });
  ideal.close();
  for (const { who, run } of roundsOfOthers === 0 ? [] : alternatives) {
    const pauses = await watch(roundsOfOthers, () => run(server, line.port, credentials));
    found.push({ who, pauses, through: 1 });
  }
  await line.close();
  return found;
}

function mustAllRun({ cluster }: SingleStoreStandIn): void {
  const paused = [...cluster.pipelines.values()].filter(({ state }) => state !== 'Running');
  if (paused.length > 0) throw new Error(`${paused.length} pipelines do not run`);
}
