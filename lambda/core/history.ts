import type { ErrorCode } from './errors';
import type { Step } from './event';
import type { QualifiedName } from './names';
import type { SecretDescription, VersionId } from './version';

/** How a rotation ended. `running`: it has not. `given-up`: its version was refused. `abandoned`: its version lost its label. */
export type RotationOutcome = 'running' | 'done' | 'given-up' | 'abandoned';

/**
 * One pause of one pipeline, from the sending of STOP to the answer to START: an upper bound of the time it loaded nothing. Of a pause
 * that a killed run began, nobody knows when its STOP was sent: it is counted from the opening of its bracket, which the journal holds.
 */
export interface PauseSpan {
  /** `host:port`. */
  readonly cluster: string;
  readonly link: QualifiedName;
  readonly pipeline: QualifiedName;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly milliseconds: number;
}

/** Why a step failed last, with the way to the log of that very invocation. Messages of this program hold no secret. */
export interface StepFailure {
  readonly step: Step;
  readonly code: ErrorCode;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Address of the invocation's log in the console; `null` outside Lambda. */
  readonly logs: string | null;
}

/** What is remembered of one rotation of one secret, for a person to read: nothing is decided by it. */
export interface PastRotation {
  /** ARN of the rotated secret. */
  readonly secretId: string;
  readonly version: VersionId;
  /** Epoch milliseconds of the first createSecret, or of our own call of RotateSecret. */
  readonly startedAt: number;
  /** `mirror` (we started it, because the mirrored secret changed), the ARN of who called RotateSecret, where a trail tells, or what {@link likelyStarter} says. */
  readonly startedBy: string;
  readonly outcome: RotationOutcome;
  /** Epoch milliseconds. */
  readonly endedAt?: number;
  /** How many pauses there were in all. */
  readonly paused: number;
  /** The longest of them, longest first, at most {@link spansKept}. */
  readonly spans: readonly PauseSpan[];
  /** How many calls failed. */
  readonly failures: number;
  readonly failure?: StepFailure;
  /** What people were told of it, and the topic has taken: each thing once, however often a call is repeated. */
  readonly told?: readonly Telling[];
  /** What they were to be told, and the topic has not taken yet. */
  readonly owed?: readonly Telling[];
}

/** What is worth a message. `failed`: for the first time. `abandoned`: links held it. `paused`: pipelines, for minutes. `person`: it does not go on without one. */
export type Telling = 'failed' | 'given-up' | 'abandoned' | 'paused' | 'person' | 'done';

/** One item of the table holds 400 KB at most, and a person reads far less. */
export const spansKept = 50;

/** The history is kept this long. Days. */
export const historyDays = 400;

/** Of a failure's message, which may name thousands of pipelines. Characters. */
export const messageKept = 4_000;

/** The item of a rotation: all of one secret stand together, in no order of time. */
export const historyKey = (arn: string, version: VersionId): string => `${arn}/${version}`;

export function begun(secretId: string, version: VersionId, startedAt: number, startedBy: string): PastRotation {
  return { secretId, version, startedAt, startedBy, outcome: 'running', paused: 0, spans: [], failures: 0 };
}

/** Whether an item of the table is one, with all that is read of it. */
export function isPastRotation(item: unknown): item is PastRotation {
  if (typeof item !== 'object' || item === null) return false;
  const past = item as Partial<Record<keyof PastRotation, unknown>>;
  const texts = [past.secretId, past.version, past.startedBy, past.outcome];
  const numbers = [past.startedAt, past.paused, past.failures];
  return (
    texts.every((text) => typeof text === 'string') &&
    numbers.every((number) => Number.isFinite(number)) &&
    Array.isArray(past.spans)
  );
}

/** The same with more pauses. */
export function withPauses(past: PastRotation, more: readonly PauseSpan[]): PastRotation {
  if (more.length === 0) return past;
  const spans = [...past.spans, ...more].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, spansKept);
  return { ...past, paused: past.paused + more.length, spans };
}

/** What the labels say of a rotation that nobody has seen end; `null`: it goes on. */
export function outcomeByLabels(secret: SecretDescription, version: VersionId): 'done' | 'abandoned' | null {
  const labels = secret.labels[version] ?? [];
  if (labels.includes('AWSCURRENT') || labels.includes('AWSPREVIOUS')) return 'done';
  return labels.includes('AWSPENDING') ? null : 'abandoned';
}

/** A rotation as it is now: of one whose end nobody has written down, the labels tell it. @param secret `null`: its labels are not known */
export function asLabelled(past: PastRotation, secret: SecretDescription | null): PastRotation {
  if (past.outcome !== 'running' || secret === null) return past;
  return { ...past, outcome: outcomeByLabels(secret, past.version) ?? 'running' };
}

/** A rotation window is no longer, and NextRotationDate lies at its end. Milliseconds (facts: aws-rotation, section 5). */
const longestWindowMs = 24 * 3_600_000;

/**
 * Who starts a rotation is told by nothing that the function gets. The schedule does so in the window that ends at NextRotationDate,
 * and that date passes when it fails; before the window it was somebody's RotateSecret. Whoever calls that within the window is taken
 * for the schedule.
 *
 * @param next epoch milliseconds; `null`: Secrets Manager does not say
 */
export function likelyStarter(next: number | null, now: number): 'schedule' | 'person' | 'schedule or person' {
  if (next === null) return 'schedule or person';
  return now >= next - longestWindowMs ? 'schedule' : 'person';
}
