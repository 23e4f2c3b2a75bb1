/** A sample as two figures. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
}

/**
 * Nearest rank, so that every figure is one that was measured. Of few samples p99 is the greatest. A round is a whole rotation, whose
 * pause ends by itself: there is nothing to repeat in a loop of the kind that bench libraries time.
 */
export function spreadOf(sample: readonly number[]): Spread {
  if (sample.length === 0) throw new Error('nothing was measured');
  const sorted = [...sample].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
  return { count: sorted.length, median: at(0.5), p99: at(0.99) };
}

/** One figure of one way of doing it. */
export interface Row {
  /** Whose figure it is: ours, or what somebody would do instead. */
  readonly who: string;
  readonly what: string;
  readonly unit: 'ms' | 'MB' | 'KB' | 'calls' | 'round trips' | 'connections' | 'pipelines';
  readonly figure: Spread;
  /** What physics leaves: {@link limitMs}. */
  readonly limit?: number;
  /** What is promised: p99 must not be above it, or must be exactly it. */
  readonly bar?: { readonly atMost: number } | { readonly exactly: number };
}

export const once = (value: number): Spread => ({ count: 1, median: value, p99: value });

export function isMissed({ figure, bar }: Row): boolean {
  if (bar === undefined) return false;
  return 'atMost' in bar ? figure.p99 > bar.atMost : figure.p99 !== bar.exactly || figure.median !== bar.exactly;
}

/** What a pipeline's pause takes at least. Milliseconds but for the numbers of pipelines and connections. */
export interface Physics {
  readonly drainMs: number;
  readonly roundTripMs: number;
  readonly pipelines: number;
  readonly connections: number;
  /** The server's own time for ALTER LINK and for START PIPELINE. */
  readonly alterMs: number;
  readonly startMs: number;
}

/** Pipelines are started in the order stopped, so each waits for one turn of the connections, and for the change. */
export const limitMs = ({ drainMs, roundTripMs, pipelines, connections, alterMs, startMs }: Physics): number =>
  drainMs + (Math.ceil(pipelines / connections) + 1) * roundTripMs + alterMs + startMs;

const short = (value: number): string =>
  value >= 1_000 ? value.toFixed(0) : value >= 100 ? value.toFixed(0) : String(Number(value.toFixed(1)));

/** The rows as text, one line each, under their titles. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const { who, what, unit, figure, limit, bar } = row;
    return [
      what,
      who,
      short(figure.median),
      short(figure.p99),
      unit,
      limit === undefined ? '' : short(limit),
      limit === undefined ? '' : `${(figure.median / limit).toFixed(2)}x`,
      bar === undefined ? '' : 'atMost' in bar ? `<= ${bar.atMost}` : `= ${bar.exactly}`,
      bar === undefined ? '' : isMissed(row) ? 'MISSED' : 'kept',
    ];
  });
  const titles = ['what', 'who', 'median', 'p99', 'unit', 'limit', 'ratio', 'bar', 'verdict'];
  const widths = titles.map((title, at) => Math.max(title.length, ...cells.map((line) => line[at]!.length)));
  const isNumber = (at: number): boolean => (at >= 2 && at <= 3) || (at >= 5 && at <= 7);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => (isNumber(at) ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd();
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
