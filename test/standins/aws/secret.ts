import type { RotationRulesType } from '@aws-sdk/client-secrets-manager';

/** As on the wire: binary values are base64 text. */
export type SecretValue = { readonly SecretString: string } | { readonly SecretBinary: string };

export interface Version {
  /** Absent on the empty version that RotateSecret stages before the function runs. */
  value?: SecretValue;
  readonly createdAt: number;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly versions: Map<string, Version>;
  /** Staging label to version id: a label is on at most one version. */
  readonly labels: Map<string, string>;
  /** Absent if rotation was never configured. */
  rotation?: { enabled: boolean; lambdaArn: string; rules: RotationRulesType | undefined; since: number };
  /** Epoch ms. */
  lastRotatedAt?: number;
  /** Epoch ms at which the recovery window ends; present only while the secret is scheduled for deletion. */
  deletedAt?: number;
}

/** AWSPENDING on a version other than AWSCURRENT, with or without a value. */
export const rotationUnderWay = ({ labels }: Secret): boolean =>
  labels.has('AWSPENDING') && labels.get('AWSPENDING') !== labels.get('AWSCURRENT');

/** Moving AWSCURRENT moves AWSPREVIOUS to the version that loses it. AWSPENDING stays where it is. */
export function attach(secret: Secret, label: string, id: string): void {
  const current = secret.labels.get('AWSCURRENT');
  secret.labels.set(label, id);
  if (label === 'AWSCURRENT' && current !== undefined && current !== id) secret.labels.set('AWSPREVIOUS', current);
  forgetEmpty(secret);
}

/** The empty version exists by its AWSPENDING alone. A version that has a value stays, deprecated. */
export function forgetEmpty({ versions, labels }: Secret): void {
  const labelled = new Set(labels.values());
  for (const [id, { value }] of versions) if (value === undefined && !labelled.has(id)) versions.delete(id);
}

export const named = ({ arn, name }: Secret) => ({ ARN: arn, Name: name });

export const labelsOf = ({ labels }: Secret, id: string): string[] =>
  [...labels].filter(([, version]) => version === id).map(([label]) => label);

const dayMs = 24 * 3_600_000;

/**
 * On or before this the next rotation is to come: at the end of its window. A schedule in days begins with the last success, its
 * windows at midnight UTC, and lasts for `Duration`, or to the end of that day. Nothing moves it when a rotation fails, so it may be
 * past (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html, and API_RotationRulesType.html).
 *
 * @returns epoch milliseconds; undefined without rotation, and of schedules in hours and `cron()`, which are not worked out here
 */
export function nextRotation({ rotation, lastRotatedAt = 0 }: Secret): number | undefined {
  const { AutomaticallyAfterDays, ScheduleExpression = '', Duration } = rotation?.rules ?? {};
  const days = AutomaticallyAfterDays ?? Number(/^rate\((\d+) days?\)$/.exec(ScheduleExpression)?.[1] ?? 0);
  if (rotation?.enabled !== true || days === 0) return undefined;
  const due = Math.max(rotation.since, lastRotatedAt) + days * dayMs;
  const hours = Duration === undefined ? 24 : Number.parseInt(Duration);
  return due - (due % dayMs) + hours * 3_600_000 - 1_000;
}

/** DescribeSecret's answer: versions without a label are not shown. */
export const description = (secret: Secret) => ({
  ...named(secret),
  RotationEnabled: secret.rotation?.enabled,
  RotationLambdaARN: secret.rotation?.lambdaArn,
  RotationRules: secret.rotation?.rules,
  LastRotatedDate: seconds(secret.lastRotatedAt),
  NextRotationDate: seconds(nextRotation(secret)),
  DeletedDate: seconds(secret.deletedAt),
  VersionIdsToStages: Object.fromEntries(
    [...new Set(secret.labels.values())].map((version) => [version, labelsOf(secret, version)]),
  ),
});

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1_000;
