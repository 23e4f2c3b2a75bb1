import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { IAMClient, CreateAccessKeyCommand } from '@aws-sdk/client-iam';
import {
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Readable } from 'node:stream';
import { startAws, type Aws, type Fault, type RequestInfo } from './server';

const Bucket = 'lake';
let aws: Aws;
let fault: (request: RequestInfo) => Fault;

beforeEach(async () => {
  fault = () => 'ok';
  aws = await startAws({ onRequest: (request) => fault(request) });
  aws.iam.createUser('ingest');
  aws.s3.createBucket(Bucket);
});
afterEach(() => aws.stop());

const as = ({ accessKeyId, secretAccessKey } = aws.iam.role) => ({
  endpoint: aws.endpoint,
  region: aws.region,
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
});
const s3 = (key = aws.iam.role) => new S3Client({ ...as(key), forcePathStyle: true });

describe('S3', () => {
  test('an object comes back as it was put, whole or streamed in chunks, whatever its key', async () => {
    const Body = Readable.from([Buffer.from('hel'), Buffer.from('lo')]);
    await s3().send(new PutObjectCommand({ Bucket, Key: 'a b/c+d*é&.json', Body: 'hello' }));
    await s3().send(new PutObjectCommand({ Bucket, Key: 'streamed', Body, ContentLength: 5 }));
    for (const Key of ['a b/c+d*é&.json', 'streamed']) {
      const { Body: read } = await s3().send(new GetObjectCommand({ Bucket, Key }));
      expect(await read!.transformToString()).toBe('hello');
    }
    const { Contents } = await s3().send(new ListObjectsV2Command({ Bucket }));
    expect(Contents!.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['a b/c+d*é&.json', 5],
      ['streamed', 5],
    ]);
  });

  test('a listing shows one prefix, page by page', async () => {
    for (const key of ['in/1', 'in/2', 'in/3', 'other']) aws.s3.putObject(Bucket, key, '');
    const first = await s3().send(new ListObjectsV2Command({ Bucket, Prefix: 'in/', MaxKeys: 2 }));
    expect(first).toMatchObject({ KeyCount: 2, IsTruncated: true });
    const { NextContinuationToken: ContinuationToken } = first;
    const second = await s3().send(new ListObjectsV2Command({ Bucket, Prefix: 'in/', MaxKeys: 2, ContinuationToken }));
    expect(second).toMatchObject({ Contents: [{ Key: 'in/3' }], IsTruncated: false });
  });

  test('a bucket or key that is not there is named; HeadBucket tells a status alone', async () => {
    await expect(s3().send(new ListObjectsV2Command({ Bucket: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    await expect(s3().send(new GetObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(s3().send(new HeadBucketCommand({ Bucket }))).resolves.toBeDefined();
    const unknown = { accessKeyId: 'AKIANEVERCREATED', secretAccessKey: 'x' };
    await expect(s3(unknown).send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
      message: expect.not.stringContaining('InvalidAccessKeyId') as string,
    });
  });

  test("a user's policy is asked for action, bucket and prefix", async () => {
    const key = aws.iam.createAccessKey('ingest');
    aws.iam.users.get('ingest')!.policy = ({ permission, bucket, prefix }) =>
      permission === 's3:ListBucket' && bucket === Bucket && prefix.startsWith('in/');
    await expect(s3(key).send(new ListObjectsV2Command({ Bucket, Prefix: 'in/' }))).resolves.toBeDefined();
    for (const command of [
      new ListObjectsV2Command({ Bucket }),
      new ListObjectsV2Command({ Bucket: 'b', Prefix: 'in/' }),
    ])
      await expect(s3(key).send(command)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(s3(key).send(new GetObjectCommand({ Bucket, Key: 'in/1' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  test('one key can be denied on one bucket while the other key of the user is not', async () => {
    const [old, fresh] = [aws.iam.createAccessKey('ingest'), aws.iam.createAccessKey('ingest')];
    aws.iam.denyOnBucket(fresh.accessKeyId, Bucket);
    await expect(s3(fresh).send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(s3(old).send(new ListObjectsV2Command({ Bucket }))).resolves.toBeDefined();
  });
});

describe('DynamoDB', () => {
  const put = (client: DynamoDBClient, condition: Partial<PutItemCommandInput> = {}) =>
    client.send(new PutItemCommand({ TableName: 'journal', Item: { link: { S: 'a' } }, ...condition }));

  beforeEach(() =>
    aws.createJournalTable({
      TableName: 'journal',
      KeySchema: [{ AttributeName: 'link', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'link', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );

  test('a conditional write loses to an earlier one', async () => {
    const client = new DynamoDBClient(as());
    const absent = { ConditionExpression: 'attribute_not_exists(link)' };
    await put(client, absent);
    await expect(put(client, absent)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    expect(aws.requests.map(({ action, resource, outcome }) => [action, resource, outcome])).toEqual([
      ['PutItem', 'journal', 'ok'],
      ['PutItem', 'journal', 'ConditionalCheckFailedException'],
    ]);
  });

  test('it checks keys and signatures as the other services do, in the words of JSON services', async () => {
    const wrong = new DynamoDBClient(as({ ...aws.iam.role, secretAccessKey: 'wrong' }));
    await expect(put(wrong)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    const unknown = new DynamoDBClient(as({ accessKeyId: 'AKIANEVERCREATED', secretAccessKey: 'x' }));
    await expect(put(unknown)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    aws.iam.deniedToRole.add('dynamodb:PutItem');
    await expect(put(new DynamoDBClient(as()))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('faults', () => {
  const UserName = 'ingest';
  const create = () => new IAMClient(as()).send(new CreateAccessKeyCommand({ UserName }));
  const keys = () => aws.iam.users.get(UserName)!.keys.length;

  test('a request dropped before has no effect, one dropped after has; neither is answered', async () => {
    fault = () => 'drop-before';
    await expect(create()).rejects.toThrow('socket hang up');
    expect(keys()).toBe(0);
    fault = () => 'drop-after';
    await expect(create()).rejects.toThrow('socket hang up');
    expect(keys()).toBe(1);
    expect(aws.requests.map(({ outcome, answered }) => [outcome, answered])).toEqual([
      ['dropped', false],
      ['ok', false],
    ]);
  });

  test('an injected error has no effect and reaches the caller under its name', async () => {
    fault = ({ action }) => (action === 'CreateAccessKey' ? { status: 503, code: 'ServiceUnavailable' } : 'ok');
    await expect(create()).rejects.toMatchObject({ name: 'ServiceUnavailable', $metadata: { httpStatusCode: 503 } });
    expect(keys()).toBe(0);
  });

  test('a delayed request takes effect after one that came later', async () => {
    fault = ({ resource }) => (resource === UserName ? { delayMs: 20 } : 'ok');
    aws.secrets.createSecret({ Name: 'link', SecretString: '{}' });
    const slow = create();
    await new SecretsManagerClient(as()).send(new GetSecretValueCommand({ SecretId: 'link' }));
    await slow;
    expect(aws.requests.map(({ service }) => service)).toEqual(['secretsmanager', 'iam']);
  });
});

test('the log names caller, parameters and outcome, and holds no secret', async () => {
  const { arn: SecretId } = aws.secrets.createSecret({ Name: 'link', SecretString: 'CANARY-1' });
  const RotationToken = 'CANARY-2';
  await new SecretsManagerClient(as()).send(
    new PutSecretValueCommand({ SecretId, SecretString: 'CANARY-3', RotationToken }),
  );
  expect(aws.requests).toMatchObject([
    {
      service: 'secretsmanager',
      action: 'PutSecretValue',
      resource: SecretId,
      parameters: ['SecretId', 'ClientRequestToken', 'SecretString', 'RotationToken'],
      accessKeyId: aws.iam.role.accessKeyId,
      outcome: 'ok',
    },
  ]);
  expect(JSON.stringify(aws.requests)).not.toContain('CANARY');
  expect(JSON.stringify(aws.requests)).not.toContain(aws.iam.role.secretAccessKey);
});

test('a body that was changed on the way is refused', async () => {
  const client = new IAMClient(as());
  const tampered = (request: unknown) => {
    const body = String((request as { body: unknown }).body).replace('ingest', 'INGEST');
    return Object.assign(request as object, { body });
  };
  client.middlewareStack.add((next) => (args) => next({ ...args, request: tampered(args.request) }), {
    step: 'finalizeRequest', // after signing, which is here too with a higher priority
    priority: 'low',
  });
  await expect(client.send(new CreateAccessKeyCommand({ UserName: 'ingest' }))).rejects.toMatchObject({
    name: 'XAmzContentSHA256Mismatch',
  });
});

test('a request without a signature is refused', async () => {
  expect((await fetch(`${aws.endpoint}/lake`)).status).toBe(403);
});

test('the environment alone leads every client here', async () => {
  const before = { ...process.env };
  Object.assign(process.env, aws.env);
  try {
    aws.secrets.createSecret({ Name: 'link', SecretString: 'v' });
    await new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId: 'link' }));
    await new IAMClient().send(new CreateAccessKeyCommand({ UserName: 'ingest' }));
    await new S3Client({ forcePathStyle: true }).send(new HeadBucketCommand({ Bucket }));
  } finally {
    process.env = before;
  }
  expect(aws.requests.map(({ service }) => service)).toEqual(['secretsmanager', 'iam', 's3']);
});
