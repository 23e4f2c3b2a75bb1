import type { Duration } from 'aws-cdk-lib';
import type { IPeer } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { RotationSource } from './source';

/** Links of one SingleStore cluster. */
export interface LinkTarget {
  /** The secret with the cluster's `host`, `port`, `username` and `password`. Its complete ARN must be known. */
  readonly connectionSecret: ISecret;
  /** `database.link`, quoted as in SQL where a name needs it; `database.*` for all links of a database. At least one, each in one rotation of the app only. */
  readonly links: readonly string[];
  /**
   * The port in the connection secret, which synth cannot read: opened in the function's own security group. 1 to 65535.
   *
   * @default 3306
   */
  readonly port?: number;
  /** Where the cluster is, for the same purpose. @default anywhere */
  readonly peer?: IPeer;
}

/** One secret and the links that hold its credentials. */
export interface RotationOptions {
  /**
   * The secret to rotate, in the stack's account and Region: the JSON for `SET CREDENTIALS`. Its complete ARN must be known, and
   * its key, if it has one of its own: Secret.fromSecretAttributes.
   *
   * @default a new one with an empty object, so that the first rotation has nothing to go back to; kept when the stack goes
   */
  readonly secret?: ISecret;
  /** Of the new secret, when none is given. @default one that CDK makes up */
  readonly secretName?: string;
  /** Key of the new secret, in the stack's Region; an alias must know its key. @default the account's own key for Secrets Manager */
  readonly secretKey?: IKey;
  /** Who makes the next credentials. */
  readonly source: RotationSource;
  /** The links that hold the secret's credentials, by cluster. At least one. */
  readonly targets: readonly LinkTarget[];
  /**
   * When to rotate: `cron()` in UTC with `0` minutes and `*` as year, or `rate()` of 4 hours to 1000 days.
   *
   * Pipelines pause for some seconds, so choose a quiet hour.
   *
   * @default 'cron(0 3 1 * ? *)' the first day of each month from 03:00 UTC
   */
  readonly schedule?: string;
  /**
   * How long Secrets Manager may start, and start again after a failure. Whole hours, 1 to 24, within one UTC day.
   *
   * @default three, or what is left of the day or until the next window
   */
  readonly window?: Duration;
  /**
   * Whether a deployment that makes or changes the schedule rotates at once. Otherwise it makes the test-only call, which is
   * the pre-flight: it checks everything and writes nothing. A mirrored secret with another value than the rotated one is taken over
   * within five minutes, either way.
   *
   * @default false
   */
  readonly rotateImmediatelyOnUpdate?: boolean;
  /** Key of the link's JSON to key of the secret's JSON. @default all keys of the secret to CREDENTIALS under their own names; CONFIG untouched */
  readonly fields?: {
    readonly credentials?: Readonly<Record<string, string>>;
    readonly config?: Readonly<Record<string, string>>;
  };
  readonly limits?: {
    /** How long stopping may take before the rotation is postponed. Seconds, 1 to 600. @default 60 */
    readonly drainSeconds?: number;
    /** How long the proof waits for each pipeline's first batch. Seconds, 1 to 600. @default 60 */
    readonly proofSeconds?: number;
    /** Connections to each cluster. 1 to 64. @default 16 */
    readonly connections?: number;
  };
  /** How long the older key stays usable after a promotion. Hours, 0 to 8760, no longer than the schedule's interval without its window. @default 24 */
  readonly retireAfterHours?: number;
  /** Also start pipelines found in Error whose last error is a credential error newer than the value that is replaced. @default false */
  readonly restartAfterCredentialError?: boolean;
}

/** What a definition says when nothing else is said (`fields` and the last option: nothing). */
export const defaults = {
  schedule: 'cron(0 3 1 * ? *)',
  drainSeconds: 60,
  proofSeconds: 60,
  retireAfterHours: 24,
  port: 3306,
} as const;

/** The entry of `ROTATIONS`. Optional parts that were not given are left to the function's defaults. */
export function definitionOf(secretId: string, options: RotationOptions): object {
  const { source, targets, fields, limits, retireAfterHours, restartAfterCredentialError } = options;
  return {
    secretId,
    source: source.definition,
    targets: targets.map(({ connectionSecret, links }) => ({
      connectionSecretId: completeArn('connectionSecret', connectionSecret),
      links,
    })),
    ...(fields === undefined ? {} : { fields }),
    ...(limits === undefined ? {} : { limits }),
    ...(retireAfterHours === undefined ? {} : { retireAfterHours }),
    ...(restartAfterCredentialError === undefined ? {} : { restartAfterCredentialError }),
  };
}

/** Without the six characters at its end an ARN does not match in a policy, and may name another secret later. @throws naming the property */
export function completeArn(prop: string, secret: ISecret): string {
  if (secret.secretFullArn !== undefined) return secret.secretFullArn;
  throw new Error(
    `'${prop}' must be a secret whose complete ARN is known, such as Secret.fromSecretCompleteArn, got '${secret.secretName}'`,
  );
}
