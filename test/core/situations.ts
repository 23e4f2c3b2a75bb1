import type { Action, Situation } from '../../lambda/core/bracket';
import type { ErrorCode } from '../../lambda/core/errors';
import { partsOf, qualified, type QualifiedName } from '../../lambda/core/names';

export const pipeline = (name: string): QualifiedName => qualified('shop', name);
const listed = (names: string): QualifiedName[] => (names === '' ? [] : names.split(', ').map(pipeline));

/** A situation in short. What is not said: a run that changes the link, has done nothing yet, and whose every statement was answered. */
export interface Given {
  /** As in `'orders Running, archive Stopped'`; `null`: to be read anew. */
  readonly sees: string | null;
  /** Pipelines that use the link; not said: all that are seen. */
  readonly users?: string;
  /** The set in the journal; not said: the journal is not open. */
  readonly promised?: string;
  readonly driven?: string;
  readonly owed?: string;
  readonly remade?: string;
  readonly aim?: 'resume';
  readonly change?: 'made';
  readonly unanswered?: readonly number[];
  readonly killed?: true;
  readonly failed?: ErrorCode;
}

export function situation(given: Given): Situation {
  const states = new Map(
    (given.sees ?? '')
      .split(', ')
      .filter((seen) => seen !== '')
      .map((seen) => [pipeline(seen.split(' ', 1)[0] ?? ''), seen.slice(seen.indexOf(' ') + 1)]),
  );
  return {
    aim: given.aim ?? 'change',
    open: given.promised !== undefined,
    members: new Set(listed(given.promised ?? '')),
    states: given.sees === null ? null : states,
    users: new Set(given.users === undefined ? states.keys() : listed(given.users)),
    driven: new Set(listed(given.driven ?? '')),
    owed: new Set(listed(given.owed ?? '')),
    remade: new Set(listed(given.remade ?? '')),
    change: given.change ?? 'pending',
    unanswered: given.unanswered ?? [],
    killed: given.killed ?? false,
    failure: given.failed === undefined ? null : { code: given.failed, what: 'it failed' },
  };
}

/** As in `'stop orders, invoices'`, `'kill 7'` or `'give up PIPELINE_BUSY'`. */
export function inWords(action: Action): string {
  const of = (things: readonly (string | number)[]): string =>
    `${action.do} ${things.length === 0 ? 'nothing' : things.join(', ')}`;
  switch (action.do) {
    case 'promise':
    case 'stop':
    case 'start':
      return of(action.pipelines.map((name) => partsOf(name).name));
    case 'kill':
      return of(action.connections);
    case 'give up':
      return of([action.failure.code]);
    case 'look':
    case 'alter':
    case 'close':
      return action.do;
  }
}
