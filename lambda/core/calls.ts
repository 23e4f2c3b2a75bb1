/** A call of AWS that a rotation makes. */
export interface AwsCall {
  /** As in a policy, for example `iam:CreateAccessKey`. */
  readonly call: string;
  readonly why: string;
}

const told = (service: string, reasons: Readonly<Record<string, string>>): readonly AwsCall[] =>
  Object.entries(reasons).map(([call, why]) => ({ call: `${service}:${call}`, why }));

/** What every rotation calls, whatever makes the credentials. */
export const commonCalls: readonly AwsCall[] = [
  ...told('secretsmanager', {
    DescribeSecret: 'labels, in each step and before anything is decided for good',
    GetSecretValue: 'the logins of the clusters, AWSCURRENT, AWSPENDING',
    PutSecretValue: 'the new credentials, as AWSPENDING',
    UpdateSecretVersionStage: 'AWSCURRENT moves to the new version',
  }),
  ...told('dynamodb', {
    GetItem: 'the journal, before each decision',
    PutItem: 'what is about to be done, before it is done, and leases',
    Query: 'all links, before a key is deleted or a version promoted',
    DeleteItem: 'the names of pipelines, once their pause is over for good',
  }),
];

/** Trials of new AWS credentials, before anything is paused. @param places how many buckets and prefixes */
export const trialCalls = (places: number): readonly AwsCall[] => [
  ...told('sts', { GetCallerIdentity: 'whether the new key is accepted, until it is' }),
  ...(places === 0
    ? []
    : told('s3', {
        ListObjectsV2: `whether the new key is let in where pipelines read (${places} ${places === 1 ? 'place' : 'places'}), until it is`,
      })),
];

export const accessKeyCalls: readonly AwsCall[] = told('iam', {
  ListAccessKeys: 'the two slots of the user',
  CreateAccessKey: 'the new key, sent once',
  DeleteAccessKey: 'the retired key in the second slot, if there is one',
  GetAccessKeyLastUsed: 'afterwards: whether anything uses the older key yet',
  UpdateAccessKey: 'afterwards: the older key becomes Inactive',
});

/** Whether a call is made only where a new value is. */
export const isMaking = (call: string): boolean =>
  ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'secretsmanager:PutSecretValue'].includes(call);
