import type { StatementRecord, Transition } from '../singlestore';

/** A time in which a pipeline that had been running was not. `to` is undefined if it never ran again. Epoch ms. */
export interface Pause {
  readonly pipeline: string;
  readonly from: number;
  readonly to: number | undefined;
}

/** The pauses in the order of their beginnings, from what the server saw of each pipeline. */
export function pausesOf(transitions: readonly Transition[]): readonly Pause[] {
  const pauses: Pause[] = [];
  for (const [at, { at: from, database, pipeline, ...change }] of transitions.entries()) {
    if (change.from !== 'Running') continue;
    const back = transitions
      .slice(at + 1)
      .find((later) => later.database === database && later.pipeline === pipeline && later.to === 'Running');
    pauses.push({ pipeline: `${database}.${pipeline}`, from, to: back?.at });
  }
  return pauses;
}

interface Window {
  readonly from: number;
  readonly until: number;
}

/** The time around all pauses: a quarter of it before and after, so that loading is seen on both sides. */
export function windowAround(pauses: readonly Pause[], end: number): Window {
  const from = Math.min(...pauses.map((pause) => pause.from));
  const until = Math.max(...pauses.map(({ to }) => to ?? end));
  const margin = Math.max(1, (until - from) / 2);
  return { from: from - margin, until: until + margin };
}

/** One pipeline's time as a line: `━` it loads, `·` it is paused. */
export function line(pauses: readonly Pause[], { from, until }: Window, width: number): string {
  return Array.from({ length: width }, (_, at) => {
    const [begin, end] = [at, at + 1].map((cell) => from + ((until - from) * cell) / width) as [number, number];
    return pauses.some((pause) => pause.from < end && (pause.to ?? Infinity) > begin) ? '·' : '━';
  }).join('');
}

const levels = ' ▁▂▃▄▅▆▇█';

/** How many of `all` pipelines are paused, over the time: a blank for none, a full block for all. */
export function crowd(pauses: readonly Pause[], { from, until }: Window, all: number, width: number): string {
  return Array.from({ length: width }, (_, at) => {
    const time = from + ((until - from) * (at + 0.5)) / width;
    const paused = pauses.filter((pause) => pause.from <= time && (pause.to ?? Infinity) > time).length;
    return levels[Math.ceil((paused / all) * (levels.length - 1))] ?? '';
  }).join('');
}

const stop = 'stop-pipeline';
const start = 'start-pipeline';

/** The statements of each pause, from the first STOP to the last START. A STOP behind a START begins the next one. */
export function statementsOfPauses(statements: readonly StatementRecord[]): readonly (readonly StatementRecord[])[] {
  const pauses: StatementRecord[][] = [];
  let started = true;
  for (const statement of statements) {
    if (statement.kind === stop && started) {
      pauses.push([]);
      started = false;
    }
    if (statement.kind === start) started = true;
    pauses.at(-1)?.push(statement);
  }
  return pauses.map((pause) => pause.slice(0, pause.findLastIndex(({ kind }) => kind === start) + 1));
}

const words: Readonly<Record<string, string>> = {
  [stop]: 'STOP PIPELINE',
  [start]: 'START PIPELINE',
  'alter-link': 'ALTER LINK',
  'create-link': 'CREATE OR REPLACE LINK',
  select: 'SELECT',
  use: 'USE',
  kill: 'KILL',
  'show-processlist': 'SHOW PROCESSLIST',
  'show-create-pipeline': 'SHOW CREATE PIPELINE',
};

/** Statements by kind and in order: `2 STOP PIPELINE, 1 SELECT, 1 ALTER LINK, 2 START PIPELINE`. */
export function inOrder(statements: readonly StatementRecord[]): string {
  const runs: { kind: string; lost: boolean; count: number }[] = [];
  for (const { kind, outcome } of statements) {
    const lost = outcome !== 'ok';
    const last = runs.at(-1);
    if (last?.kind === kind && last.lost === lost) last.count += 1;
    else runs.push({ kind, lost, count: 1 });
  }
  return runs.map(({ kind, lost, count }) => `${count} ${words[kind] ?? kind}${lost ? ' (lost)' : ''}`).join(', ');
}

interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { least: at(0), median: at(0.5), most: at(1) };
}
