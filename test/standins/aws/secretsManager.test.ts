import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { startAws, type Aws } from './server';

const v1 = '00000000-0000-4000-8000-000000000001';
const v2 = '00000000-0000-4000-8000-000000000002';
const v3 = '00000000-0000-4000-8000-000000000003';
let aws: Aws;
let client: SecretsManagerClient;
let SecretId: string;

beforeEach(async () => {
  aws = await startAws();
  client = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: aws.region,
    credentials: { accessKeyId: aws.iam.role.accessKeyId, secretAccessKey: aws.iam.role.secretAccessKey },
  });
  SecretId = aws.secrets.createSecret({ Name: 'prod/link', ClientRequestToken: v1, SecretString: 'one' }).arn;
  aws.secrets.configureRotation(SecretId);
});
afterEach(() => aws.stop());

const labels = async () => (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages;
const get = (VersionId?: string, VersionStage?: string) =>
  client.send(new GetSecretValueCommand({ SecretId, VersionId, VersionStage }));
const put = (ClientRequestToken: string, SecretString: string, VersionStages?: string[]) =>
  client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString, VersionStages }));
const move = (VersionStage: string, MoveToVersionId?: string, RemoveFromVersionId?: string) =>
  client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }));
const rotate = (ClientRequestToken: string, RotateImmediately?: boolean) =>
  client.send(new RotateSecretCommand({ SecretId, ClientRequestToken, RotateImmediately }));
const notComplete = {
  name: 'InvalidRequestException',
  message: "A previous rotation isn't complete. That rotation will be reattempted.",
};

test('a secret is found by its ARN, by its ARN without the random end, and by its name', async () => {
  for (const id of [SecretId, SecretId.slice(0, -7), 'prod/link'])
    await expect(client.send(new GetSecretValueCommand({ SecretId: id }))).resolves.toMatchObject({
      ARN: SecretId,
      VersionId: v1,
      SecretString: 'one',
      VersionStages: ['AWSCURRENT'],
    });
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'prod' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('a second secret of the same name is refused', async () => {
  const create = (Name: string) => client.send(new CreateSecretCommand({ Name, SecretString: '{}' }));
  await expect(create('prod/other')).resolves.toMatchObject({ Name: 'prod/other' });
  await expect(create('prod/other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('rotation that was never configured shows as absent, and cannot be started', async () => {
  const { arn } = aws.secrets.createSecret({ Name: 'plain', SecretString: '{}' });
  const described = await client.send(new DescribeSecretCommand({ SecretId: arn }));
  expect(described.RotationEnabled).toBeUndefined();
  await expect(client.send(new RotateSecretCommand({ SecretId: arn }))).rejects.toMatchObject({
    name: 'InvalidRequestException',
  });
});

test('RotateSecret stages AWSPENDING on a version that is listed but has no value', async () => {
  await expect(rotate(v2)).resolves.toMatchObject({ VersionId: v2 });
  expect(await labels()).toEqual({ [v1]: ['AWSCURRENT'], [v2]: ['AWSPENDING'] });
  await expect(get(v2, 'AWSPENDING')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('the empty version is filled once: the same value again does nothing, another one is refused', async () => {
  await rotate(v2);
  await put(v2, 'two', ['AWSPENDING']);
  await expect(put(v2, 'two', ['AWSPENDING'])).resolves.toMatchObject({ VersionStages: ['AWSPENDING'] });
  await expect(put(v2, 'other', ['AWSPENDING'])).rejects.toMatchObject({ name: 'ResourceExistsException' });
  await expect(get(v2, 'AWSPENDING')).resolves.toMatchObject({ SecretString: 'two' });
});

test('without VersionStages a put moves AWSCURRENT at once, and AWSPREVIOUS with it', async () => {
  await put(v2, 'two');
  await put(v3, 'three');
  expect(await labels()).toEqual({ [v3]: ['AWSCURRENT'], [v2]: ['AWSPREVIOUS'] });
  await expect(get()).resolves.toMatchObject({ SecretString: 'three' });
});

test('VersionId and VersionStage must name the same version', async () => {
  await put(v2, 'two');
  await expect(get(v2, 'AWSCURRENT')).resolves.toMatchObject({ SecretString: 'two' });
  await expect(get(v1, 'AWSCURRENT')).rejects.toMatchObject({ name: 'InvalidRequestException' });
});

test('AWSCURRENT moves only from where the caller says it is; AWSPENDING stays with it', async () => {
  await rotate(v2);
  await put(v2, 'two', ['AWSPENDING']);
  await expect(move('AWSCURRENT', v2)).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${v1}, so you must explicitly reference that version in RemoveFromVersionId.`,
  });
  await expect(move('AWSCURRENT', v2, v2)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  expect(await labels()).toMatchObject({ [v1]: ['AWSCURRENT'] });
  await move('AWSCURRENT', v2, v1);
  expect(await labels()).toEqual({
    [v2]: expect.arrayContaining(['AWSCURRENT', 'AWSPENDING']) as string[],
    [v1]: ['AWSPREVIOUS'],
  });
});

test('moving AWSCURRENT back swaps it with AWSPREVIOUS', async () => {
  await put(v2, 'two');
  await move('AWSCURRENT', v1, v2);
  expect(await labels()).toEqual({ [v1]: ['AWSCURRENT'], [v2]: ['AWSPREVIOUS'] });
});

test('a label goes away by RemoveFromVersionId alone, except AWSCURRENT', async () => {
  await rotate(v2);
  await expect(move('AWSCURRENT', undefined, v1)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(move('AWSPENDING', undefined, v1)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await move('AWSPENDING', undefined, v2);
  expect(await labels()).toEqual({ [v1]: ['AWSCURRENT'] });
});

test('a version without a value cannot become AWSCURRENT, and one that does not exist takes no label', async () => {
  await rotate(v2);
  await expect(move('AWSCURRENT', v2, v1)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await expect(move('AWSCURRENT', v3, v1)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  expect(await labels()).toEqual({ [v1]: ['AWSCURRENT'], [v2]: ['AWSPENDING'] });
});

test('a token shorter than 32 characters is refused', async () => {
  await expect(put('short', 'two')).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('while AWSPENDING is on another version than AWSCURRENT, RotateSecret is refused; on the same one it is not', async () => {
  await rotate(v2);
  await expect(rotate(v3)).rejects.toMatchObject(notComplete);
  await put(v2, 'two', ['AWSPENDING']);
  await expect(rotate(v3)).rejects.toMatchObject(notComplete);
  await move('AWSCURRENT', v2, v1);
  await rotate(v3);
  expect(await labels()).toEqual({ [v2]: ['AWSCURRENT'], [v1]: ['AWSPREVIOUS'], [v3]: ['AWSPENDING'] });
});

test('a manual put during a rotation abandons it: AWSPENDING goes, its version is deprecated', async () => {
  await rotate(v2);
  await put(v2, 'two', ['AWSPENDING']);
  await put(v3, 'by hand');
  expect(await labels()).toEqual({ [v3]: ['AWSCURRENT'], [v1]: ['AWSPREVIOUS'] });
  const versions = async (IncludeDeprecated: boolean) => {
    const { Versions } = await client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated }));
    return Versions!.map(({ VersionId }) => VersionId);
  };
  expect(await versions(false)).toEqual([v1, v3]);
  expect(await versions(true)).toEqual([v1, v2, v3]);
});

describe('the next rotation is to come by the end of its window, which', () => {
  const day = 24 * 3_600_000;
  const next = async (): Promise<number | undefined> =>
    (await client.send(new DescribeSecretCommand({ SecretId }))).NextRotationDate?.getTime();
  const midnight = (days: number): number => (Math.floor(Date.now() / day) + days) * day;

  test('ends with a day in UTC, and lies as many days behind the last success', async () => {
    expect(await next()).toBe(midnight(31) - 1_000);
    aws.secrets.find(SecretId).lastRotatedAt = Date.now() + 3 * day;
    expect(await next()).toBe(midnight(34) - 1_000);
  });

  test.each([
    [{ AutomaticallyAfterDays: 1, Duration: '3h' }, 1, 3],
    [{ ScheduleExpression: 'rate(10 days)' }, 10, 24],
  ])('%j', async (rules, days, hours) => {
    aws.secrets.configureRotation(SecretId, undefined, rules);
    expect(await next()).toBe(midnight(days) + hours * 3_600_000 - 1_000);
  });

  test('no schedule tells that is switched off, or not worked out here', async () => {
    aws.secrets.configureRotation(SecretId, undefined, { ScheduleExpression: 'cron(0 3 1 * ? *)' });
    expect(await next()).toBeUndefined();
    aws.secrets.configureRotation(SecretId);
    await client.send(new CancelRotateSecretCommand({ SecretId }));
    expect(await next()).toBeUndefined();
  });
});

test('CancelRotateSecret turns rotation off and leaves AWSPENDING', async () => {
  await rotate(v2);
  await client.send(new CancelRotateSecretCommand({ SecretId }));
  const described = await client.send(new DescribeSecretCommand({ SecretId }));
  expect(described).toMatchObject({ RotationEnabled: false, VersionIdsToStages: { [v2]: ['AWSPENDING'] } });
});

test('a test-only RotateSecret leaves no version behind', async () => {
  await rotate(v2, false);
  expect(await labels()).toEqual({ [v1]: ['AWSCURRENT'] });
});

test('a secret marked for deletion can be described, not used, and comes back', async () => {
  const DeletedDate = (await client.send(new DeleteSecretCommand({ SecretId }))).DeletionDate;
  await expect(get()).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await expect(put(v2, 'two')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await expect(client.send(new DescribeSecretCommand({ SecretId }))).resolves.toMatchObject({ DeletedDate });
  await client.send(new RestoreSecretCommand({ SecretId }));
  await expect(get()).resolves.toMatchObject({ SecretString: 'one' });
});

test('binary values come back as bytes', async () => {
  const SecretBinary = Buffer.from([0, 255, 1]);
  await client.send(new PutSecretValueCommand({ SecretId, SecretBinary }));
  expect(Buffer.from((await get()).SecretBinary!)).toEqual(SecretBinary);
});
