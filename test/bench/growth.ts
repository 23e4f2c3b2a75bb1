import { once, spreadOf, type Row } from './figures';
import { mustHaveMoved, openLake, peakMemory, watchRotation } from './lake';
import { lineTo, type Line } from './line';
import { isCall } from './outside';

/** How much there is to rotate. */
export interface Size {
  readonly clusters: number;
  /** Of each cluster. */
  readonly links: number;
  /** Of each link. */
  readonly pipelines: number;
}

/** One line of the table of growth. */
export interface Grown extends Size {
  readonly seconds: number;
  readonly medianPauseMs: number;
  readonly calls: number;
  readonly polls: number;
  readonly journal: number;
  readonly statements: number;
  readonly memoryMB: number;
}

/** One whole rotation of that size, the function's first. */
export async function measureGrowth(size: Size, connections: number, roundTripMs: number): Promise<Grown> {
  const lake = await openLake({ ...size, connections, roundTripMs });
  try {
    const seen = await watchRotation(lake);
    const { milliseconds, pauses, requests, statements } = seen;
    mustHaveMoved(seen, size.clusters * size.links * size.pipelines);
    const of = (...services: readonly string[]): number =>
      requests.filter(({ service }) => services.includes(service)).length;
    return {
      ...size,
      seconds: milliseconds / 1_000,
      medianPauseMs: spreadOf(pauses.flat()).median,
      calls: requests.filter(isCall).length,
      polls: of('sts', 's3'),
      journal: of('dynamodb'),
      statements: statements.flat().length,
      memoryMB: peakMemory(lake),
    };
  } finally {
    await lake.stop();
  }
}

export function growthTable(lines: readonly Grown[]): string {
  const titles = [
    'clusters',
    'links',
    'pipelines',
    'seconds',
    'pause ms',
    'AWS calls',
    'polls',
    'journal',
    'statements',
    'peak MB',
  ];
  const cells = lines.map((line) =>
    [
      line.clusters,
      line.clusters * line.links,
      line.clusters * line.links * line.pipelines,
      line.seconds.toFixed(1),
      line.medianPauseMs.toFixed(0),
      line.calls,
      line.polls,
      line.journal,
      line.statements,
      line.memoryMB.toFixed(0),
    ].map(String),
  );
  const widths = titles.map((title, at) => Math.max(title.length, ...cells.map((line) => line[at]!.length)));
  return [titles, ...cells].map((line) => line.map((text, at) => text.padStart(widths[at]!)).join('  ')).join('\n');
}

/** One cluster of three is slow, or falls silent: what the pauses on the others come to. */
export async function measureNeighbours(
  pipelines: number,
  connections: number,
  roundTripMs: number,
): Promise<readonly Row[]> {
  const who = 'this function';
  const what = (state: string): string => `pause beside a cluster that is ${state}, P=${pipelines}`;
  const pauses = async (ofFirst: number, silentFrom?: string): Promise<readonly number[]> => {
    let first: Line | undefined;
    const lineOf = async (server: { readonly port: number }, at: number): Promise<Line> => {
      const line = await lineTo(server, at === 0 ? ofFirst : roundTripMs);
      if (at === 0) first = line;
      return line;
    };
    const lake = await openLake({ clusters: 3, pipelines, connections, roundTripMs, lineOf });
    try {
      const seen = await watchRotation(lake, {
        onStep: (step) => {
          if (step === silentFrom) first?.silence();
        },
      });
      return seen.pauses.slice(1).flat();
    } finally {
      await lake.stop();
    }
  };
  const well = spreadOf(await pauses(roundTripMs));
  const bar = { atMost: Math.round(2 * well.p99) };
  const slow = spreadOf(await pauses(10 * roundTripMs));
  const down = spreadOf(await pauses(roundTripMs, 'setSecret'));
  return [
    { who, what: what('like the others'), unit: 'ms', figure: well },
    { who, what: what('ten times as far'), unit: 'ms', figure: slow, bar },
    { who, what: what('silent from setSecret on'), unit: 'ms', figure: down, bar },
    {
      who,
      what: 'pipelines moved beside it',
      unit: 'pipelines',
      figure: once(down.count),
      bar: { exactly: 2 * pipelines },
    },
  ];
}
