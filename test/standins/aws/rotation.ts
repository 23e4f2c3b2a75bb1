import { randomUUID } from 'node:crypto';
import { type SecretsManager, type StartedRotation } from './secretsManager';
import { AwsError } from './wire';

export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = (typeof steps)[number];

/** The event of Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html */
export interface RotationEvent {
  readonly Step: Step;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly RotationToken: string;
}

export type InvocationError = { readonly errorType: string; readonly errorMessage: string };

/** Invokes the function once, synchronously. Its return value means nothing to Secrets Manager. */
export type Invoke = (event: RotationEvent) => Promise<{ ok: true } | { ok: false; error: InvocationError }>;

export interface Attempt {
  readonly step: Step;
  readonly ok: boolean;
  readonly error?: InvocationError;
}

export interface RotationOutcome {
  readonly version: string;
  /** `abandoned`: AWSPENDING was taken from the version meanwhile, so the service does not try again. */
  readonly outcome: 'succeeded' | 'failed' | 'abandoned';
  /** Every step that was called, those of repeated rotations included. */
  readonly attempts: readonly Attempt[];
}

export interface RotationOptions {
  /**
   * How often the whole rotation is run before the service gives up; at least 1. AWS documents "multiple times", no number.
   *
   * @default 3
   */
  readonly attempts?: number;
  /** Awaited before each call of a step. */
  readonly onStep?: (step: Step, attempt: number) => void | Promise<void>;
  /** Makes version ids and rotation tokens. @default crypto.randomUUID */
  readonly token?: () => string;
}

/**
 * Plays "Rotate secret immediately": RotateSecret, then the four steps in order with one token; after a failed step the whole
 * rotation again with the same token. A rotation that was begun before (by a request, or by a run that gave up) is reattempted.
 *
 * @throws AwsError as RotateSecret does, except for "A previous rotation isn't complete".
 */
export async function rotate(
  secrets: SecretsManager,
  secretArn: string,
  invoke: Invoke,
  { attempts = 3, onStep, token = randomUUID }: RotationOptions = {},
): Promise<RotationOutcome> {
  const { arn, version } = begin(secrets, secretArn, token());
  const log: Attempt[] = [];
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const ok = await run(steps, { arn, version, token, invoke, log }, (step) => onStep?.(step, attempt));
    const { labels } = secrets.find(arn);
    if (ok && labels.get('AWSCURRENT') === version) {
      secrets.rotated(arn);
      return { version, outcome: 'succeeded', attempts: log };
    }
    if (labels.get('AWSPENDING') !== version && labels.get('AWSCURRENT') !== version)
      return { version, outcome: 'abandoned', attempts: log };
  }
  return { version, outcome: 'failed', attempts: log };
}

/** Plays RotateSecret with RotateImmediately=false: only testSecret, once, on a version that exists for this call. */
export async function testOnly(
  secrets: SecretsManager,
  secretArn: string,
  invoke: Invoke,
  { onStep, token = randomUUID }: Omit<RotationOptions, 'attempts'> = {},
): Promise<RotationOutcome> {
  const started = secrets.stage({ SecretId: secretArn, ClientRequestToken: token(), RotateImmediately: false });
  const log: Attempt[] = [];
  const ok = await run(['testSecret'], { ...started, token, invoke, log }, (step) => onStep?.(step, 1));
  secrets.endTest(started);
  return { version: started.version, outcome: ok ? 'succeeded' : 'failed', attempts: log };
}

function begin(secrets: SecretsManager, secretArn: string, token: string): Pick<StartedRotation, 'arn' | 'version'> {
  const { arn, labels } = secrets.find(secretArn);
  try {
    return secrets.stage({ SecretId: arn, ClientRequestToken: token });
  } catch (error) {
    const pending = labels.get('AWSPENDING');
    const previous = error instanceof AwsError && error.message.startsWith("A previous rotation isn't complete");
    if (!previous || pending === undefined) throw error;
    return { arn, version: pending };
  }
}

interface Run extends Pick<StartedRotation, 'arn' | 'version'> {
  readonly token: () => string;
  readonly invoke: Invoke;
  readonly log: Attempt[];
}

/** @returns false as soon as a step fails. */
async function run(
  called: readonly Step[],
  { arn, version, token, invoke, log }: Run,
  onStep: (step: Step) => void | Promise<void>,
): Promise<boolean> {
  for (const step of called) {
    await onStep(step);
    const result = await invoke({ Step: step, SecretId: arn, ClientRequestToken: version, RotationToken: token() });
    log.push(result.ok ? { step, ok: true } : { step, ok: false, error: result.error });
    if (!result.ok) return false;
  }
  return true;
}
