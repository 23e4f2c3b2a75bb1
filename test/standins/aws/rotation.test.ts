import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { randomUUID } from 'node:crypto';
import { rotate, steps, testOnly, type Invoke, type RotationEvent, type RotationOutcome } from './rotation';
import { startAws, type Aws } from './server';

const version = '00000000-0000-4000-8000-000000000002';
const broken = { ok: false, error: { errorType: 'Error', errorMessage: 'broken' } } as const;
let aws: Aws;
let arn: string;
let events: RotationEvent[];

beforeEach(async () => {
  aws = await startAws();
  arn = aws.secrets.createSecret({ Name: 'link', SecretString: 'one' }).arn;
  aws.secrets.configureRotation(arn);
  events = [];
});
afterEach(() => aws.stop());

/** The least a rotation function does. */
const rotator: Invoke = (event) => {
  events.push(event);
  const { Step, SecretId, ClientRequestToken } = event;
  const { labels } = aws.secrets.find(SecretId);
  if (Step === 'createSecret')
    aws.secrets.putSecretValue({ SecretId, ClientRequestToken, SecretString: 'two', VersionStages: ['AWSPENDING'] });
  if (Step === 'finishSecret')
    aws.secrets.updateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: ClientRequestToken,
      RemoveFromVersionId: labels.get('AWSCURRENT'),
    });
  return Promise.resolve({ ok: true });
};
/** Fails the given calls, counted from 1. */
const failing =
  (...calls: number[]): Invoke =>
  (event) =>
    calls.includes(events.length + 1) ? (events.push(event), Promise.resolve(broken)) : rotator(event);
const called = () => events.map(({ Step }) => Step);

test('a rotation calls the four steps in order with the ARN and one token', async () => {
  const outcome = await rotate(aws.secrets, 'link', rotator, { token: () => version });
  expect(outcome).toEqual({ version, outcome: 'succeeded', attempts: steps.map((step) => ({ step, ok: true })) });
  expect(events).toEqual(
    steps.map((Step) => ({ Step, SecretId: arn, ClientRequestToken: version, RotationToken: version })),
  );
  expect(aws.secrets.valueOf(arn)).toBe('two');
  expect(aws.secrets.find(arn).lastRotatedAt).toBeDefined();
});

test('after a failed step the whole rotation runs again with the same token', async () => {
  const outcome = await rotate(aws.secrets, arn, failing(3));
  expect(outcome.outcome).toBe('succeeded');
  expect(called()).toEqual(['createSecret', 'setSecret', 'testSecret', ...steps]);
  expect(outcome.attempts[2]).toEqual({ step: 'testSecret', ok: false, error: broken.error });
  expect(new Set(events.map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(1);
});

test('a rotation that always fails is given up and stays pending, and the next one reattempts it', async () => {
  const { version: first, outcome } = await rotate(aws.secrets, arn, failing(2, 4, 6));
  expect(outcome).toBe('failed');
  expect(called()).toHaveLength(6);
  expect(aws.secrets.valueOf(arn)).toBe('one');
  expect(aws.secrets.find(arn).lastRotatedAt).toBeUndefined();
  expect(await rotate(aws.secrets, arn, rotator)).toMatchObject({ version: first, outcome: 'succeeded' });
});

test('a rotation whose label is taken away by hand is abandoned, not retried', async () => {
  const byHand = () =>
    aws.secrets.putSecretValue({ SecretId: arn, ClientRequestToken: undefined, SecretString: 'mine' });
  const outcome = await rotate(aws.secrets, arn, failing(2), {
    onStep: (step) => {
      if (step === 'setSecret') byHand();
    },
  });
  expect(outcome.outcome).toBe('abandoned');
  expect(called()).toEqual(['createSecret', 'setSecret']);
  expect(aws.secrets.valueOf(arn)).toBe('mine');
});

test('a test-only call runs testSecret alone, on a version with the current value that disappears', async () => {
  let pending = '';
  const onStep = () => void (pending = aws.secrets.valueOf(arn, 'AWSPENDING'));
  const { outcome, attempts } = await testOnly(aws.secrets, arn, rotator, { onStep });
  expect([outcome, attempts, pending]).toEqual(['succeeded', [{ step: 'testSecret', ok: true }], 'one']);
  const { labels, versions } = aws.secrets.find(arn);
  expect([[...labels.keys()], versions.size]).toEqual([['AWSCURRENT'], 1]);
});

test('a RotateSecret request can be played as it comes in', async () => {
  const played = new Promise((done) => {
    aws.secrets.onRotate = (started) => void rotate(aws.secrets, started.arn, rotator).then(done);
  });
  const { accessKeyId, secretAccessKey } = aws.iam.role;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new SecretsManagerClient({ endpoint: aws.endpoint, region: aws.region, credentials });
  const { VersionId } = await client.send(new RotateSecretCommand({ SecretId: arn }));
  expect(await played).toMatchObject({ version: VersionId, outcome: 'succeeded' });
});

test('RotateSecret is refused while a rotation is under way, and has it reattempted with its own token', async () => {
  const outcomes: Promise<RotationOutcome>[] = [];
  aws.secrets.onRotate = (started) => {
    outcomes.push(rotate(aws.secrets, started.arn, rotator, { attempts: 1 }));
  };
  const { accessKeyId, secretAccessKey } = aws.iam.role;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new SecretsManagerClient({ endpoint: aws.endpoint, region: aws.region, credentials });
  const { version } = aws.secrets.stage({ SecretId: arn, ClientRequestToken: randomUUID() });
  await expect(client.send(new RotateSecretCommand({ SecretId: arn }))).rejects.toThrow(
    "A previous rotation isn't complete. That rotation will be reattempted.",
  );
  expect(await Promise.all(outcomes)).toMatchObject([{ version, outcome: 'succeeded' }]);
});
