import type { ErrorCode } from './errors';
import type { QualifiedName } from './names';
import { activityOf, isInError, isStopped, type Activity } from './pipeline';

/**
 * All that decides what a bracket does next: the journal, what is seen of the cluster, and how this run's own
 * statements ended. A first run, a retry and a recovery are the same run with another situation.
 */
export interface Situation {
  /** `change`: give the link its credentials. `resume`: only end the pause that a dead run left. */
  readonly aim: 'change' | 'resume';
  /** The journal says `open`: members that are stopped were stopped by us. */
  readonly open: boolean;
  /** The set in the journal. */
  readonly members: ReadonlySet<QualifiedName>;
  /** States of the members and of all pipelines that use the link; `null`: to be read, because something was done since. */
  readonly states: ReadonlyMap<QualifiedName, string> | null;
  /** Pipelines that use the link, as found by their definitions. */
  readonly users: ReadonlySet<QualifiedName>;
  /** Pipelines that credentials of ours drove into Error: paused by us, too. Each is started once. */
  readonly driven: ReadonlySet<QualifiedName>;
  /** Pipelines that a STOP of a former bracket may have stopped since, or may stop yet: ours to start, so members from the first. */
  readonly owed: ReadonlySet<QualifiedName>;
  /** Of members and owed: names that another pipeline bears by now, which no STOP of ours can have met. */
  readonly remade: ReadonlySet<QualifiedName>;
  readonly change: 'pending' | 'made';
  /** Connections whose last statement got no answer: the server may still act on it. */
  readonly unanswered: readonly number[];
  readonly killed: boolean;
  /** Why the change is given up; from then on only the way out is left. */
  readonly failure: Failure | null;
}

export interface Failure {
  readonly code: ErrorCode;
  /** For people: what happened, with names. */
  readonly what: string;
}

/** Every action may be repeated without harm. */
export type Action =
  | { readonly do: 'look' }
  /** Write these names into the journal, and open it: before the first STOP of any of them. */
  | { readonly do: 'promise'; readonly pipelines: readonly QualifiedName[] }
  | { readonly do: 'stop'; readonly pipelines: readonly QualifiedName[] }
  | { readonly do: 'alter' }
  | { readonly do: 'start'; readonly pipelines: readonly QualifiedName[] }
  | { readonly do: 'kill'; readonly connections: readonly number[] }
  | { readonly do: 'give up'; readonly failure: Failure }
  | { readonly do: 'close' };

/** What remains to be done. */
export function next(s: Situation): Action {
  if (s.unanswered.length > 0 && !s.killed) return { do: 'kill', connections: s.unanswered };
  if (s.states === null) return { do: 'look' };
  return s.aim === 'resume' || s.change === 'made' || s.failure !== null ? wayOut(s, s.states) : wayIn(s, s.states);
}

/** START what we paused, until nothing is left that could stop it again. */
function wayOut(s: Situation, states: ReadonlyMap<QualifiedName, string>): Action {
  if (!s.open) return { do: 'close' };
  const paused = [...s.members].filter((member) => {
    const state = states.get(member);
    return (isStopped(state) && !s.remade.has(member)) || (isInError(state) && s.driven.has(member));
  });
  if (paused.length > 0) return { do: 'start', pipelines: paused };
  // a STOP whose answer was lost may still come into effect: first its connection must be gone
  if (s.unanswered.length > 0) return { do: 'kill', connections: s.unanswered };
  return { do: 'close' };
}

/** What runs is promised before it is stopped; the link is changed only while nothing on it runs. */
function wayIn(s: Situation, states: ReadonlyMap<QualifiedName, string>): Action {
  const doing = (...activities: readonly Activity[]): QualifiedName[] =>
    [...s.users].filter((user) => states.has(user) && activities.includes(activityOf(states.get(user) ?? '')));
  const isMember = (pipeline: QualifiedName): boolean => s.members.has(pipeline) && !s.remade.has(pipeline);
  const blocking = [...doing('busy'), ...doing('unknown').filter((user) => !isMember(user))];
  // who may act yet is to be ended before anything is paused: where that fails, nothing is
  if (!s.open && s.unanswered.length > 0) return { do: 'kill', connections: s.unanswered };
  if (blocking.length > 0) {
    const named = blocking.map((pipeline) => `${pipeline} (${states.get(pipeline) ?? ''})`).join(', ');
    const what = `${named}: in somebody's session, or in a state that is not known`;
    return { do: 'give up', failure: { code: 'PIPELINE_BUSY', what } };
  }
  // a member in an unknown state was sent our STOP, and is on its way
  const running = doing('running', 'unknown');
  const owed = [...s.owed].filter((pipeline) => states.has(pipeline) && !s.remade.has(pipeline));
  // one that has left Error since was dropped and made anew, or is somebody's
  const driven = [...s.driven].filter((pipeline) => isInError(states.get(pipeline)));
  const newcomers = [...new Set([...running, ...driven, ...owed])].filter((pipeline) => !isMember(pipeline));
  if (newcomers.length > 0 || !s.open) return { do: 'promise', pipelines: newcomers };
  if (running.length > 0) return { do: 'stop', pipelines: running };
  // the same ALTER a second time is safe, but not while the first may still be on its way
  if (s.unanswered.length > 0) return { do: 'kill', connections: s.unanswered };
  return { do: 'alter' };
}
