import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AccessKey } from './iam';
import { startAws, type Aws } from './server';

let at = Date.parse('2026-01-01T00:00:00.700Z');
const UserName = 'ingest';
let aws: Aws;
let iam: IAMClient;

beforeEach(async () => {
  at = Date.parse('2026-01-01T00:00:00.700Z');
  aws = await startAws({ now: () => at });
  aws.iam.createUser(UserName);
  aws.s3.createBucket('lake');
  iam = new IAMClient(as(aws.iam.role));
});
afterEach(() => aws.stop());

const as = ({ accessKeyId, secretAccessKey }: Pick<AccessKey, 'accessKeyId' | 'secretAccessKey'>) => ({
  endpoint: aws.endpoint,
  region: aws.region,
  credentials: { accessKeyId, secretAccessKey },
});
const identity = (key: Pick<AccessKey, 'accessKeyId' | 'secretAccessKey'>) =>
  new STSClient(as(key)).send(new GetCallerIdentityCommand());
const list = (key: AccessKey) =>
  new S3Client({ ...as(key), forcePathStyle: true }).send(new ListObjectsV2Command({ Bucket: 'lake', MaxKeys: 1 }));

test('a created key works, and is listed with its creation in whole seconds', async () => {
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  expect(key).toMatchObject({ UserName, Status: 'Active', CreateDate: new Date('2026-01-01T00:00:00Z') });
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName }));
  expect(AccessKeyMetadata).toEqual([
    { UserName, AccessKeyId: key!.AccessKeyId, Status: 'Active', CreateDate: new Date('2026-01-01T00:00:00Z') },
  ]);
  const caller = await identity({ accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! });
  expect(caller).toMatchObject({ Account: aws.accountId, Arn: `arn:aws:iam::${aws.accountId}:user/ingest` });
});

test('a third key is refused and nothing changes, also when one of the two is Inactive', async () => {
  aws.iam.createAccessKey(UserName);
  aws.iam.updateAccessKey(UserName, aws.iam.createAccessKey(UserName).accessKeyId, 'Inactive');
  await expect(iam.send(new CreateAccessKeyCommand({ UserName }))).rejects.toMatchObject({
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for AccessKeysPerUser: 2',
  });
  expect(aws.iam.users.get(UserName)!.keys).toHaveLength(2);
});

test('an Inactive, a deleted and a never created key are refused alike, and a key made Active again works', async () => {
  const key = aws.iam.createAccessKey(UserName);
  const setStatus = (Status: 'Active' | 'Inactive') =>
    iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: key.accessKeyId, Status }));
  await setStatus('Inactive');
  await expect(identity(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await expect(list(key)).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
  await setStatus('Active');
  await expect(list(key)).resolves.toMatchObject({ KeyCount: 0 });
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: key.accessKeyId }));
  await expect(identity(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await expect(identity({ ...key, accessKeyId: 'AKIANEVERCREATED' })).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
  });
});

test('a new key is unknown until it has propagated', async () => {
  aws.iam.propagationMs = 8_000;
  const key = aws.iam.createAccessKey(UserName);
  at += 7_999;
  await expect(identity(key)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  await expect(list(key)).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
  at += 1;
  await expect(identity(key)).resolves.toMatchObject({ Account: aws.accountId });
});

test('a wrong secret is a wrong signature, and does not count as a use of the key', async () => {
  const key = { ...aws.iam.createAccessKey(UserName), secretAccessKey: 'not the one' };
  await expect(identity(key)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  await expect(list(key)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect(aws.iam.findKey(key.accessKeyId)!.lastUsed).toBeUndefined();
});

test('last use is N/A before the first request, then that of the latest', async () => {
  const key = aws.iam.createAccessKey(UserName);
  const lastUse = new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId });
  const never = await iam.send(lastUse);
  expect(never).toMatchObject({ UserName, AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' } });
  expect(never.AccessKeyLastUsed!.LastUsedDate).toBeUndefined();
  await identity(key);
  at += 60_000;
  await new S3Client({ ...as(key), region: 'eu-west-1', forcePathStyle: true }).send(
    new ListObjectsV2Command({ Bucket: 'lake' }),
  );
  const { AccessKeyLastUsed } = await iam.send(lastUse);
  const LastUsedDate = new Date('2026-01-01T00:01:00Z');
  expect(AccessKeyLastUsed).toEqual({ LastUsedDate, ServiceName: 's3', Region: 'eu-west-1' });
});

test('what the role is denied fails without an effect; who it is cannot be denied', async () => {
  aws.iam.deniedToRole.add('iam:CreateAccessKey').add('sts:GetCallerIdentity');
  await expect(iam.send(new CreateAccessKeyCommand({ UserName }))).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(aws.iam.users.get(UserName)!.keys).toEqual([]);
  await expect(identity(aws.iam.role)).resolves.toMatchObject({ Account: aws.accountId });
});

test('an ingest user may not touch IAM, and an unknown user is no entity', async () => {
  const own = new IAMClient(as(aws.iam.createAccessKey(UserName)));
  await expect(own.send(new ListAccessKeysCommand({ UserName }))).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(iam.send(new ListAccessKeysCommand({ UserName: 'nobody' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
});
