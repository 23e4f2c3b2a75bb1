/** A version of a secret. Secrets Manager's `ClientRequestToken` *is* the id of the version that a rotation makes. */
export type VersionId = string;

/** What `DescribeSecret` tells of a secret, as far as a rotation needs it. */
export interface SecretDescription {
  /** Full ARN. */
  readonly arn: string;
  readonly rotationEnabled: boolean;
  /** Scheduled for deletion: its value cannot be read any more. */
  readonly deleted: boolean;
  /** Epoch milliseconds; may lie in the past after failures (facts: aws-rotation, section 2). `null`: none is planned. */
  readonly nextRotation: number | null;
  /** Of the last rotation that succeeded, epoch milliseconds. */
  readonly lastRotation: number | null;
  /** Version id to its staging labels. */
  readonly labels: Readonly<Record<VersionId, readonly string[]>>;
}

/** The version that carries a label, or `null`. A label is on at most one version. */
export function labelled(
  secret: SecretDescription,
  label: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS',
): VersionId | null {
  return Object.entries(secret.labels).find(([, labels]) => labels.includes(label))?.[0] ?? null;
}

/**
 * Where a version stands. `current` is tested first: after a promotion AWSPENDING may stay on the same version
 * (facts: aws-rotation, section 2). `unlabelled` carries other labels; a version without any is not listed: `unknown`.
 */
export function standing(
  secret: SecretDescription,
  version: VersionId,
): 'current' | 'pending' | 'unlabelled' | 'unknown' {
  const labels = secret.labels[version];
  if (labels === undefined) return 'unknown';
  if (labels.includes('AWSCURRENT')) return 'current';
  return labels.includes('AWSPENDING') ? 'pending' : 'unlabelled';
}

/**
 * The secret after AWSCURRENT was moved: AWSPREVIOUS has followed to the version that it was taken from
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html).
 */
export function promoted(secret: SecretDescription, from: VersionId | null, to: VersionId): SecretDescription {
  const labels = Object.entries(secret.labels).map(([version, carried]) => {
    const others = carried.filter((label) => label !== 'AWSCURRENT' && label !== 'AWSPREVIOUS');
    const gained = version === to ? ['AWSCURRENT'] : version === from ? ['AWSPREVIOUS'] : [];
    return [version, [...others, ...gained]];
  });
  return { ...secret, labels: Object.fromEntries(labels) as SecretDescription['labels'] };
}
