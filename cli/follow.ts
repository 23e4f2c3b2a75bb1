import type { PastRotation } from '../lambda/core/history';
import type { SecretStatus } from '../lambda/core/status';
import { rotationSteps, type Step } from '../lambda/core/event';

/** Where a rotation stands, as `status` shows it. */
export interface Stand {
  /** The step that is next, or under way; `null`: it has ended. */
  readonly step: Step | null;
  readonly outcome: PastRotation['outcome'];
  /** Pipelines that are paused at this moment. */
  readonly paused: number;
  /** Calls that have failed. */
  readonly failures: number;
  /** What failed last, with its code in front; `null`: nothing, or it went well when it was tried again. */
  readonly failure: string | null;
}

/** The labels and the journal decide; the history adds what went wrong. */
export function standOf(secret: SecretStatus, version: string): Stand {
  const past = secret.history.find((one) => one.version === version);
  const labels = secret.versions.find((one) => one.version === version)?.labels ?? [];
  const open = secret.links.flatMap(({ bracket }) =>
    bracket?.phase === 'open' && bracket.to === version ? [bracket.pipelines.length] : [],
  );
  const outcome = outcomeOf(past, labels);
  return {
    step: outcome === 'running' ? stepOf(secret, version) : null,
    outcome,
    paused: open.reduce((sum, count) => sum + count, 0),
    failures: past?.failures ?? 0,
    failure: past?.failure?.message ?? null,
  };
}

function outcomeOf(past: PastRotation | undefined, labels: readonly string[]): Stand['outcome'] {
  if (past !== undefined && past.outcome !== 'running') return past.outcome;
  if (labels.includes('AWSCURRENT')) return 'done';
  return labels.includes('AWSPENDING') ? 'running' : 'abandoned';
}

function stepOf({ versions, journal }: SecretStatus, version: string): Step {
  const marks = journal.version === version ? journal : null;
  if (marks !== null && marks.testedAt !== null) return 'finishSecret';
  if (marks !== null && marks.setAt !== null) return 'testSecret';
  return versions.some((one) => one.version === version && one.since !== null) ? 'setSecret' : 'createSecret';
}

/** The status of one secret. */
export interface Look {
  readonly secret: SecretStatus;
  /** When it was looked, by the function's clock: ages are told by no other. */
  readonly at: string;
}

/** How a rotation was followed. `left`: it failed, nobody tried again for a while, and Secrets Manager may still do so. */
export interface Followed extends Look {
  readonly outcome: PastRotation['outcome'] | 'left';
}

export interface Following {
  readonly look: () => Promise<Look>;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Called at each look. */
  readonly tell: (stand: Stand, before: Stand | null) => void;
  /** How long after a failure without news it is left to itself. Milliseconds. */
  readonly patienceMs: number;
}

const betweenMs = 2_000;
/** A version that was just made may not be listed yet: Secrets Manager is eventually consistent. Milliseconds. */
const listedWithinMs = 15_000;

/** Looks again and again until the rotation has ended, or has failed and is left alone. */
export async function follow(version: string, { look, now, sleep, tell, patienceMs }: Following): Promise<Followed> {
  const from = now();
  let before: Stand | null = null;
  let news = from;
  let listed = false;
  for (;;) {
    const seen = await look();
    const found = standOf(seen.secret, version);
    listed ||= found.outcome !== 'abandoned';
    const early = !listed && now() - from < listedWithinMs;
    const stand: Stand = early ? { ...found, outcome: 'running', step: 'createSecret' } : found;
    if (JSON.stringify(stand) !== JSON.stringify(before)) news = now();
    tell(stand, before);
    before = stand;
    if (stand.outcome !== 'running') return { ...seen, outcome: stand.outcome };
    if (stand.failure !== null && now() - news >= patienceMs) return { ...seen, outcome: 'left' };
    await sleep(betweenMs);
  }
}

/** The steps that lie between two looks. */
export function stepsPassed(stand: Stand, before: Stand | null): readonly Step[] {
  const at = (of: Stand | null): number =>
    of === null
      ? 0
      : of.step === null
        ? of.outcome === 'done'
          ? rotationSteps.length
          : 0
        : rotationSteps.indexOf(of.step);
  return rotationSteps.slice(at(before), at(stand));
}
