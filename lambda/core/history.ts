import type { Step } from './event';
import type { QualifiedName } from './names';
import type { VersionId } from './version';

/** How a rotation ended. `running`: it has not. `given-up`: its version was refused. `abandoned`: its version lost its label. */
export type RotationOutcome = 'running' | 'done' | 'given-up' | 'abandoned';

/** One pause of one pipeline, from the answer to STOP to the answer to START. */
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
  readonly code: string;
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
  /** Epoch milliseconds of the first createSecret. */
  readonly startedAt: number;
  /** `schedule`, `mirror` (we started it, because the mirrored secret changed), `person`, or the ARN of who called RotateSecret, where a trail tells. */
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
}

/** One item of the table holds 400 KB at most, and a person reads far less. */
export const spansKept = 50;

/** The history is kept this long. Days. */
export const historyDays = 400;

/** The item of a rotation: all of one secret stand together, oldest first. */
export const historyKey = (arn: string, version: VersionId): string => `${arn}/${version}`;
