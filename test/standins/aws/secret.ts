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
  rotation?: { enabled: boolean; lambdaArn: string; rules: unknown };
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

/** DescribeSecret's answer: versions without a label are not shown. */
export const description = (secret: Secret) => ({
  ...named(secret),
  RotationEnabled: secret.rotation?.enabled,
  RotationLambdaARN: secret.rotation?.lambdaArn,
  RotationRules: secret.rotation?.rules,
  LastRotatedDate: secret.lastRotatedAt === undefined ? undefined : secret.lastRotatedAt / 1000,
  DeletedDate: secret.deletedAt === undefined ? undefined : secret.deletedAt / 1000,
  VersionIdsToStages: Object.fromEntries(
    [...new Set(secret.labels.values())].map((version) => [version, labelsOf(secret, version)]),
  ),
});
