import type { Failure, Situation } from '../../core/bracket';
import type { Credentials } from '../../core/credentials';
import { RotationError } from '../../core/errors';
import {
  mayAct,
  through,
  type Bracket,
  type ConfigValue,
  type HeldVersion,
  type LinkRecord,
  type Member,
} from '../../core/journal';
import type { QualifiedName } from '../../core/names';
import type { Identity } from '../../core/pipeline';
import type { Cluster, Grammar, Invocation, Lane, LinkRow, Outcome } from '../../ports';
import type { Held } from '../lease';

/** Time for change, resume and reserve together, kept free behind the drain budget. Milliseconds (design, section 3). */
export const reserveMs = 30_000;
/** After this the outcome of ALTER or START counts as unknown. Milliseconds. */
export const statementMs = 10_000;
/** How often an ALTER is sent, and newcomers are taken in, before the change is given up. */
export const attempts = 3;

/** What a bracket changes. */
export interface Change {
  readonly to: HeldVersion & { readonly version: string };
  readonly direction: Bracket['direction'];
  readonly credentials: Credentials;
  /** CONFIG keys to set or take away; empty: CONFIG stays. */
  readonly config: Readonly<Record<string, ConfigValue>>;
  /** The CONFIG keys in question as they were before the rotation: for the way back. */
  readonly configBefore: Readonly<Record<string, ConfigValue>>;
  readonly grammar: Grammar;
  readonly row: LinkRow;
  readonly secretId: string;
  readonly drainMs: number;
  /** Newest error of the cluster before the first STOP; see `Bracket.errorsAfter`. */
  readonly errorsAfter: number;
}

export interface BracketWork {
  readonly held: Held<'link'>;
  readonly cluster: Cluster;
  /** The lanes this bracket may use: parallel brackets do not wait for each other's. */
  readonly lanes: () => readonly Lane[];
  /** `null`: only resume what a dead run left paused. */
  readonly change: Change | null;
  /** Pipelines that use the link. */
  readonly users: ReadonlySet<QualifiedName>;
  /** Pipelines whose definition has been read. */
  readonly known: ReadonlySet<QualifiedName>;
  /** Pipelines in Error that count as paused by us. */
  readonly driven: ReadonlySet<QualifiedName>;
  /** The set of the bracket before, whose credentials may drive pipelines into Error at any moment, and its mark. */
  readonly suspects: { readonly members: readonly Member[]; readonly errorsAfter: number } | null;
  /** Pipelines that a former STOP of ours may have stopped since. */
  readonly owed: readonly Pick<Member, 'pipeline' | 'identity'>[];
}

export interface Pause {
  readonly pipeline: QualifiedName;
  /** When the STOP was sent; of a pause that a dead run began, when its bracket was opened, which was before. Epoch milliseconds. */
  readonly at: number;
  /** Until the START's answer: an upper bound of the time it loaded nothing. */
  readonly milliseconds: number;
}

/** What one run of a bracket has seen and done so far. The journal does not need it: a successor looks for itself. */
export class Progress {
  situation: Situation;
  /** The record as it was claimed. */
  readonly record: LinkRecord;
  /** The header as this run has written it, or found it. */
  bracket: Bracket | null;
  readonly chunks: Member[][] = [];
  /** Which pipeline bore each name at the last look, as far as the server says. */
  identities: ReadonlyMap<QualifiedName, Identity> = new Map();
  readonly known: Set<QualifiedName>;
  /** When each STOP was first sent, epoch milliseconds; the order is the order of the pauses. */
  readonly stoppedAt = new Map<QualifiedName, number>();
  /** Asked for each START, so by name: thousands may wait for theirs. */
  readonly pauses = new Map<QualifiedName, Pause>();
  readonly refusedStops = new Map<QualifiedName, Refusal>();
  /** Members that were sent a STOP, and no START after it took: the STOP may still come into effect. */
  readonly lingering = new Set<QualifiedName>();
  /** Names that a STOP of ours, or of who held the link before, may have met since the last look, and, unanswered, may meet yet. */
  readonly sent = new Map<QualifiedName, 'answered' | 'unanswered'>();
  /** The states were seen once. */
  hasLooked = false;
  stopBy: number | null = null;
  stopRounds = 0;
  promises = 0;
  kills = 0;
  /** Connections that could not be ended. */
  left: readonly number[] = [];
  alters = 0;
  alterMayHaveActed = false;
  /** Pipelines in Error of which is known whether credentials of ours drove them there. */
  readonly judged: Set<QualifiedName>;
  #resumeBy: number | null = null;

  constructor(
    readonly work: BracketWork,
    readonly run: Invocation,
  ) {
    const { held, change, cluster } = work;
    this.record = held.item;
    this.bracket = change === null ? this.record.bracket : null;
    this.known = new Set(work.known);
    this.judged = new Set(work.driven);
    for (const { pipeline } of work.owed) {
      this.lingering.add(pipeline);
      this.sent.set(pipeline, 'unanswered');
    }
    this.situation = {
      aim: change === null ? 'resume' : 'change',
      open: change === null,
      members: new Set(),
      states: null,
      users: work.users,
      driven: work.driven,
      owed: new Set(work.owed.map(({ pipeline }) => pipeline)),
      remade: new Set(),
      change: 'pending',
      // whatever a dead predecessor still has under way at the server is ended before anything else
      unanswered: mayAct(this.record, run.clock.now()).filter((id) => !cluster.connections().includes(id)),
      killed: false,
      failure: null,
    };
  }

  set(change: Partial<Situation>): void {
    this.situation = { ...this.situation, ...change };
  }

  /** Gives the change up and opens the way out. The first cause is kept. */
  fail(failure: Failure): void {
    this.set({ failure: this.situation.failure ?? failure, states: null });
  }

  /** Lanes with nothing under way. */
  usable(): readonly Lane[] {
    return this.work.lanes().filter((lane) => lane.alive && !this.situation.unanswered.includes(lane.connectionId));
  }

  /** New connections for those that died: recorded before they are used. */
  async reconnect(): Promise<void> {
    const { cluster, held } = this.work;
    await cluster.reopen();
    await recordConnections(held, cluster);
  }

  /** @throws RESUME_FAILED once the reserve is spent; the journal stays open for the watchdog. */
  mustHaveTime(what: string): void {
    const now = this.run.clock.now();
    this.#resumeBy ??= Math.min(now + reserveMs, this.run.endsAt - 1_000);
    if (now < this.#resumeBy) return;
    const { link, cluster } = this.record;
    const { members, remade } = this.situation;
    const paused = [...members].filter((member) => !remade.has(member));
    throw new RotationError(
      'RESUME_FAILED',
      `link ${link} on ${cluster}: ${what}. These may still be paused: ${paused.join(', ')}. They stand in the journal and the watchdog tries again every minute. By hand: START PIPELINE IF NOT RUNNING for each of them.`,
    );
  }
}

type Refusal = Extract<Outcome, { is: 'refused' }>;

/** A refusal in words: the server's number, and the GRANT that is missing where it is known. */
export const refusal = (outcome: Refusal | undefined): string =>
  outcome?.grant === undefined ? `error ${outcome?.errno ?? 0}` : `error ${outcome.errno}, missing: ${outcome.grant}`;

export const union = (a: readonly number[], b: readonly number[]): readonly number[] => [...new Set([...a, ...b])];

/** To be done before a connection is acted through: a successor ends those that are recorded. */
export async function recordConnections(held: Held<'link'>, cluster: Cluster): Promise<void> {
  await held.save((item) => through(item, union(item.connections, cluster.connections())));
}
