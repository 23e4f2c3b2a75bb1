import type { Row } from './figures';

/** Of one size: what each way of doing it comes to. */
export interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}
export interface Bar {
  readonly label: string;
  /** Milliseconds; p99 at least the median. */
  readonly median: number;
  readonly p99: number;
  readonly kind: 'limit' | 'ours' | 'other';
}

const width = 760;
const left = 300;
const right = 90;
const barHeight = 16;
const gap = 5;

/** The pauses of `rows` as horizontal bars over a scale of powers of ten: without them an alternative would hide ours. */
export function drawPauses(groups: readonly Group[]): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ p99 }) => p99)));
  const last = Math.ceil(Math.log10(most));
  const x = (ms: number): number => left + ((Math.log10(Math.max(ms, 10)) - 1) / (last - 1)) * (width - left - right);
  const parts: string[] = [];
  let y = 56;
  for (const { title, bars } of groups) {
    parts.push(`<text x="16" y="${y + 4}" class="title">${escape(title)}</text>`);
    y += 14;
    for (const { label, median, p99, kind } of bars) {
      const middle = y + barHeight / 2;
      parts.push(
        `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>`,
        `<rect x="${left}" y="${y}" width="${(x(median) - left).toFixed(1)}" height="${barHeight}" class="${kind}"/>`,
        `<line x1="${x(p99).toFixed(1)}" x2="${x(p99).toFixed(1)}" y1="${y}" y2="${y + barHeight}" class="p99"/>`,
        `<text x="${(x(p99) + 6).toFixed(1)}" y="${middle + 4}">${shown(median)}</text>`,
      );
      y += barHeight + gap;
    }
    y += 18;
  }
  const ticks = Array.from({ length: last }, (_, at) => 10 ** (at + 1)).map(
    (ms) =>
      `<line x1="${x(ms)}" x2="${x(ms)}" y1="40" y2="${y - 10}" class="tick"/><text x="${x(ms)}" y="34" text-anchor="middle" class="scale">${shown(ms)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img" aria-label="How long each pipeline is paused, by way of rotating">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 } .scale { fill: #6e7781 }
.tick { stroke: #d0d7de } .p99 { stroke: #24292f } .limit { fill: #afb8c1 } .ours { fill: #1a7f37 } .other { fill: #bc4c00 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .scale { fill: #8d96a0 } .tick { stroke: #30363d } .p99 { stroke: #e6edf3 } .limit { fill: #484f58 } .ours { fill: #3fb950 } .other { fill: #db6d28 } }
</style>
<text x="16" y="16" class="title">Pause of each pipeline: median as a bar, p99 as a mark, round trip 10 ms</text>
${[...ticks, ...parts].join('\n')}
</svg>
`;
}

/** The rows that are pauses with a limit, by size. */
export function groupsOf(rows: readonly Row[]): readonly Group[] {
  const pauses = rows.filter(
    ({ limit, unit, what }) => limit !== undefined && unit === 'ms' && what.startsWith('pause'),
  );
  return [...new Set(pauses.map(({ what }) => what))].map((what) => {
    const of = pauses.filter((row) => row.what === what);
    const [ours] = of;
    const limit = { label: 'physical limit', median: ours?.limit ?? 0, p99: ours?.limit ?? 0, kind: 'limit' as const };
    const count = Number(/P=(\d+)/.exec(what)?.[1]);
    const bars = of.map(({ who, figure }, at): Bar => ({
      label: who.replace(/:.*/, ''),
      median: figure.median,
      p99: figure.p99,
      kind: at === 0 ? 'ours' : who.startsWith('an ideal') ? 'limit' : 'other',
    }));
    return { title: count === 1 ? 'one pipeline' : `${count.toLocaleString('en')} pipelines`, bars: [limit, ...bars] };
  });
}

const shown = (ms: number): string =>
  ms >= 1_000 ? `${Number((ms / 1_000).toPrecision(2))} s` : `${Math.round(ms)} ms`;
const escape = (text: string): string => text.replace(/[&<]/g, (character) => `&#${character.charCodeAt(0)};`);
