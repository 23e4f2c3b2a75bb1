import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { join } from 'node:path';
import { startAws, type Aws, type AwsOptions } from '../aws/server';
import type { AccessKey, User } from '../aws/iam';
import { startLambda, type Lambda, type LambdaOptions } from '../lambda/runtime';

const bundle = join(__dirname, '..', '..', '..', 'dist', 'lambda', 'index.js');
const table = 'journal';
const dayMs = 24 * 3_600_000;

/** An AWS account in which everything for a rotation is prepared: user with one key, secret, bucket, journal. */
export interface Account {
  readonly aws: Aws;
  /** The user that the links use. Its policy lets it do everything in S3 but read what lies under `unreadable`. */
  readonly user: User;
  readonly bucket: string;
  /** Prefixes whose objects can be listed but not read: a pipeline on one ends in Error. */
  readonly unreadable: Set<string>;
  /** ARN of the rotated secret. */
  readonly secretArn: string;
  /** The key that the secret holds at the beginning. */
  readonly key: AccessKey;
  /** Stores a cluster's connection secret. @returns its ARN */
  storeConnection(name: string, value: object): string;
  /** Every item of the journal as it stands, as JSON. */
  journal(): Promise<readonly string[]>;
  /** Puts a new object of ten rows under each prefix, now and every so many ms. @returns what ends it */
  feed(prefixes: readonly string[], everyMs: number): () => void;
  /** What the function runs with. `variables`: those of its deployment, `ROTATIONS` apart; default the journal's. */
  environment(rotations: unknown, variables?: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** Starts the built function: in a process of its own, as Lambda does, with that environment. `env` wins over all. */
  startFunction(
    rotations: unknown,
    options?: Partial<LambdaOptions> & { readonly variables?: Readonly<Record<string, string>> },
  ): Lambda;
  stop(): Promise<void>;
}

export const userName = 'singlestore-ingest';

/** The keys of the journal's table. */
const keys = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
} as const;

export interface AccountOptions extends AwsOptions {
  /** @default as the product documents them */
  readonly journal?: {
    readonly AttributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: 'S' }[];
    readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' }[];
  };
}

/** @param options those of the AWS stand-in; a propagation delay holds for keys that are made from now on. */
export async function openAccount({ journal = keys, ...options }: AccountOptions = {}): Promise<Account> {
  const aws = await startAws(options);
  await aws.createJournalTable({
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...journal.AttributeDefinitions],
    KeySchema: [...journal.KeySchema],
  });
  const { accessKeyId, secretAccessKey } = aws.iam.administrator;
  const client = new DynamoDBClient({
    endpoint: aws.endpoint,
    region: aws.region,
    credentials: { accessKeyId, secretAccessKey },
  });
  const unreadable = new Set<string>();
  const bucket = 'ingest';
  aws.s3.createBucket(bucket);
  const user = aws.iam.createUser(
    userName,
    ({ permission, prefix }) =>
      permission.startsWith('s3:') &&
      !(permission === 's3:GetObject' && [...unreadable].some((start) => prefix.startsWith(start))),
  );
  // as old as a key that is due: it is known everywhere
  const key: AccessKey = { ...aws.iam.createAccessKey(userName), createdAt: (options.now ?? Date.now)() - 30 * dayMs };
  user.keys.splice(0, 1, key);
  const { arn: secretArn } = aws.secrets.createSecret({
    Name: 'prod/s3-ingest',
    SecretString: JSON.stringify({
      aws_access_key_id: key.accessKeyId,
      aws_secret_access_key: key.secretAccessKey,
    }),
  });
  aws.secrets.configureRotation(secretArn);

  const environment: Account['environment'] = (rotations, variables = { JOURNAL_TABLE: table }) => ({
    ...aws.env,
    ROTATIONS: JSON.stringify(rotations),
    ...variables,
  });
  return {
    aws,
    user,
    bucket,
    unreadable,
    secretArn,
    key,
    storeConnection: (name, value) => aws.secrets.createSecret({ Name: name, SecretString: JSON.stringify(value) }).arn,
    async journal() {
      const items: string[] = [];
      for await (const page of paginateScan({ client }, { TableName: table }))
        items.push(...(page.Items ?? []).map((item) => JSON.stringify(item)));
      return items;
    },
    feed(prefixes, everyMs) {
      let sequence = 0;
      const put = (): void => {
        sequence += 1;
        const rows = Array.from({ length: 10 }, (_, row) => `${sequence},${row}\n`).join('');
        for (const prefix of prefixes)
          aws.s3.putObject(bucket, `${prefix}${String(sequence).padStart(6, '0')}.csv`, rows);
      };
      put();
      const timer = setInterval(put, everyMs);
      return () => {
        clearInterval(timer);
      };
    },
    environment,
    startFunction: (rotations, { env = {}, variables, ...more } = {}) =>
      startLambda({ bundle, env: { ...environment(rotations, variables), ...env }, ...more }),
    async stop() {
      client.destroy();
      await aws.stop();
    },
  };
}
