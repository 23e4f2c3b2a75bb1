import type { Fault, Trace } from '../support/points';
import { play, type Played, type Scenario } from './play';
import { outcomes, type Failing } from './schedule';

/** What has been played. */
export interface Tally {
  /** Plays. */
  played: number;
  /** Schedules that those stand for: all outcomes at all points. */
  schedules: number;
}

export interface Broken {
  readonly scenario: string;
  readonly failing: Failing;
  readonly violations: Played['violations'];
}

/** Which part of the work a process does: this one of so many. */
export interface Part {
  readonly at: number;
  readonly of: number;
}

export interface EnumerateOptions {
  /** How many faults at most in one play: 0 none, 1 singles, 2 pairs, 3 triples. */
  readonly depth: number;
  /** One part of the work of several: this one of so many, by the number of the first fault. */
  readonly part?: Part;
  /** Also where a scenario asks for a sample only. @default false */
  readonly whole?: boolean;
  /** Called before each play: `false` ends it. */
  readonly goesOn?: () => boolean;
}

/**
 * Fails every call in every way, then every two, and so on. What cannot differ from a play that took place is skipped:
 * silence where a call changes nothing and where a refusal looks the same; death between two changes; and all that
 * follows a moment at which the world was as it had been before (`fingerprint`).
 *
 * @returns the points of an undisturbed play
 */
export async function enumerate(
  scenario: Scenario,
  { depth, part = { at: 0, of: 1 }, whole = false, goesOn = () => true }: EnumerateOptions,
  tally: Tally,
  onBroken: (broken: Broken) => void,
): Promise<number> {
  const seen = new Set<string>();
  let firsts = 0;

  const one = async (failing: Failing, counts: boolean): Promise<Played> => {
    const played = await play(scenario, failing, { compares: depth > 1 });
    if (counts) tally.played += 1;
    if (counts && played.violations.length > 0)
      onBroken({ scenario: scenario.name, failing, violations: played.violations });
    return played;
  };

  const calm = await one(new Map(), part.at === 0);
  const about = scenario.large ?? (whole ? undefined : scenario.sample);
  const every = about === undefined ? 1 : Math.ceil((calm.calmAt * 2) / about);
  const changing = new Set(calm.traces.filter(({ changed }) => changed).map(({ name }) => name));
  if (calm.violations.length === 0 && depth > 0) await explore(new Map(), calm, depth);
  return calm.points.length;

  /** Adds one fault after those that there are. */
  async function explore(failing: Failing, played: Played, left: number): Promise<void> {
    const after = Math.max(0, ...failing.keys());
    const until = limit(played, after, left);
    tally.schedules +=
      failing.size === 0 || isOurs() ? (played.calmAt - after) * (outcomes.length + (depth === 1 ? 1 : 0)) : 0;
    for (let point = after + 1; point <= until; point += 1) {
      for (const fault of faultsOf(played, point, failing.size === 0 ? left : 0)) {
        if (failing.size === 0) firsts += 1;
        if (failing.size === 0 && firsts % every !== 0) continue;
        if (!goesOn()) return;
        const more = new Map([...failing, [point, fault]]);
        // the first faults are played by all, since they decide what is alike; the rest by whose turn it is
        if (failing.size === 0 && left === 1 && !isOurs()) continue;
        const next = await one(more, failing.size > 0 || isOurs());
        if (left === 1 || next.violations.length > 0) continue;
        if (failing.size === 0 && !isOurs()) limit(next, point, left - 1);
        else await explore(more, next, left - 1);
      }
    }
  }

  /** What comes while the retry is at work, and being suspended, are played by themselves: they need no second fault to matter. */
  function faultsOf({ traces }: Played, point: number, left: number): readonly Fault[] {
    const trace = traces[point - 1]!;
    const found = telling(trace, changing);
    if (left !== 1) return found;
    if (mayChange(trace, changing)) found.push('after-retry');
    if (scenario.freezes === true && isEve(traces, point, changing)) found.push('freezes', 'naps');
    return found;
  }

  function isOurs(): boolean {
    return Math.floor(firsts / every) % part.of === part.at;
  }

  /** The last point after which nothing new begins: another play went on, or will, from a world that was the same. */
  function limit(played: Played, after: number, left: number): number {
    let until = played.calmAt;
    for (const { point, fingerprint } of played.boundaries) {
      if (point < after || point >= played.calmAt) continue;
      if (fingerprint === null) continue;
      const state = `${left} ${fingerprint}`;
      if (seen.has(state)) until = Math.min(until, point);
      else if (point < until) seen.add(state);
    }
    return until;
  }
}

/** The faults of a call that can make a difference. */
function telling(trace: Trace, changing: ReadonlySet<string>): Fault[] {
  const { changed, alike, first } = trace;
  const found: Fault[] = ['not-sent'];
  if (!alike) found.push('refused');
  if (changed) found.push('lost', 'dies');
  if (mayChange(trace, changing)) found.push('late');
  if (first) found.push('dies-before');
  return found;
}

/** It changed something, or may by the time it comes late. */
const mayChange = ({ name, changed }: Trace, changing: ReadonlySet<string>): boolean => changed || changing.has(name);

/** Just before a call that may change something, or just after one that did: what lies between two such moments tells no more. */
const isEve = (traces: readonly Trace[], point: number, changing: ReadonlySet<string>): boolean =>
  changing.has(traces[point - 1]?.name ?? '') || traces[point - 2]?.changed === true;
