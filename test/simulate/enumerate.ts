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

/** One round of several over the same first faults: this one of so many. */
export interface Round {
  readonly at: number;
  readonly of: number;
}

export interface EnumerateOptions {
  /** How many faults at most in one play: 0 none, 1 singles, 2 pairs, 3 triples. */
  readonly depth: number;
  /** @default all first faults in one */
  readonly round?: Round;
  /** Also where a scenario asks for a sample only. @default false */
  readonly whole?: boolean;
  /** Called before each play: `false` ends it. */
  readonly goesOn?: () => boolean;
}

/**
 * Fails every call in every way, then every two, and so on. What cannot differ from a play that took place is skipped:
 * silence where a call changes nothing and where a refusal looks the same; death between two changes; and all that
 * follows a moment at which the world was as it had been before (`fingerprint`), the play's own end included.
 *
 * @returns the points of an undisturbed play
 */
export async function enumerate(
  scenario: Scenario,
  { depth, round = { at: 0, of: 1 }, whole = false, goesOn = () => true }: EnumerateOptions,
  tally: Tally,
  onBroken: (broken: Broken) => void,
): Promise<number> {
  const explored = new Set<string>();
  const played = new Set<string>();
  let firsts = 0;

  /** @param left faults that are to be added to it: without any it ends where another one has gone on alike */
  const one = async (failing: Failing, left: number): Promise<Played> => {
    const after = Math.max(0, ...failing.keys());
    const isKnown = (point: number, state: string): boolean => {
      if (point < after) return false;
      const known = played.has(state);
      played.add(state);
      return known && left === 0;
    };
    const next = await play(scenario, failing, { isKnown });
    tally.played += 1;
    if (next.violations.length > 0) onBroken({ scenario: scenario.name, failing, violations: next.violations });
    return next;
  };

  const calm = await one(new Map(), depth);
  const about = scenario.large ?? (whole ? undefined : scenario.sample);
  const every = about === undefined ? 1 : Math.ceil((calm.calmAt * 2) / about);
  const changing = new Set(calm.traces.filter(({ changed }) => changed).map(({ name }) => name));
  if (calm.violations.length === 0 && depth > 0) await explore(new Map(), calm, depth);
  return calm.points.length;

  /** Adds one fault after those that there are. */
  async function explore(failing: Failing, before: Played, left: number): Promise<void> {
    const after = Math.max(0, ...failing.keys());
    const until = limit(before, after, left);
    tally.schedules += (before.calmAt - after) * (outcomes.length + (depth === 1 ? 1 : 0));
    for (let point = after + 1; point <= until; point += 1) {
      for (const fault of faultsOf(before, point, failing.size === 0 ? left : 0)) {
        if (failing.size === 0 && !isChosen()) continue;
        if (!goesOn()) return;
        const more = new Map([...failing, [point, fault]]);
        const next = await one(more, left - 1);
        if (left > 1 && next.violations.length === 0) await explore(more, next, left - 1);
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

  /** Whether the next first fault is among the sample, and in this round. */
  function isChosen(): boolean {
    firsts += 1;
    return firsts % every === 0 && (firsts / every) % round.of === round.at;
  }

  /** The last point after which nothing new begins: another play went on, or will, from a world that was the same. */
  function limit(before: Played, after: number, left: number): number {
    let until = before.calmAt;
    for (const { point, fingerprint } of before.boundaries) {
      if (point < after || point >= before.calmAt) continue;
      if (fingerprint === null) continue;
      const state = `${left} ${fingerprint}`;
      if (explored.has(state)) until = Math.min(until, point);
      else if (point < until) explored.add(state);
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
