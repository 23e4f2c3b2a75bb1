import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Stack } from 'aws-cdk-lib';
import { type LinkRotationProps, RotationSource } from '../../infra';
import { steps } from '../standins/aws/rotation';
import { type Deployed, deployedFrom, example, mirroredName } from '../support/deployed';
import { closeAll, opener } from '../support/rotating';
import type { Sockets } from '../support/sockets';
import { type Given, synth } from './given';

/* What the roles of the templates allow is what rotations use: with IAM's own rules, over sockets, in every shape of a stack. */

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

const keys = Object.fromEntries(
  Object.entries(example).map(([name, secret]) => [secret, `arn:aws:kms:us-east-1:111122223333:key/of-${name}`]),
);
function withKey(stack: Stack, secretCompleteArn: string): ISecret {
  const id = `Secret${stack.node.children.length}`;
  const encryptionKey = Key.fromKeyArn(stack, `${id}Key`, keys[secretCompleteArn] ?? '');
  return Secret.fromSecretAttributes(stack, id, { secretCompleteArn, encryptionKey });
}
/** Soon at its end, on a machine that all share. */
const quick: Partial<LinkRotationProps> = {
  retireAfterHours: 0,
  limits: { connections: 4 },
  notices: 'all',
};
const link = 'analytics.analytics_link';
const underKeys = (stack: Stack): Partial<LinkRotationProps> => ({
  ...quick,
  secret: withKey(stack, example.secret),
  targets: [{ connectionSecret: withKey(stack, example.connection), links: [link] }],
});

/** The pre-flight, the plan, two rotations as they come about in this shape, and the watchdog. */
async function live(sockets: Sockets, begin: () => Promise<unknown>): Promise<void> {
  expect(await sockets.testOnly()).toEqual(expect.objectContaining({ attempts: [{ step: 'testSecret', ok: true }] }));
  expect(await sockets.invoke({ action: 'plan', secretId: sockets.arn })).toMatchObject({ value: { blockers: [] } });
  for (let round = 0; round < 2; round++) {
    await begin();
    expect(await sockets.rotate({ attempts: 1 })).toMatchObject({
      attempts: steps.map((step) => ({ step, ok: true })),
    });
    expect(await sockets.recover()).toMatchObject({ ok: true, value: { failures: [] } });
  }
}

/** Somebody makes a new key, and EventBridge tells the function. */
async function change(sockets: Sockets): Promise<void> {
  const { account, arn } = sockets;
  const { iam, secrets } = account.aws;
  const mirrored = secrets.find(mirroredName);
  for (const { accessKeyId } of account.user.keys.slice(0, -1)) iam.deleteAccessKey(account.user.userName, accessKeyId);
  const { accessKeyId, secretAccessKey } = iam.createAccessKey(account.user.userName);
  secrets.putSecretValue({
    SecretId: mirrored.arn,
    ClientRequestToken: undefined,
    SecretString: JSON.stringify({ aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey }),
  });
  const event = {
    source: 'aws.secretsmanager',
    'detail-type': 'Secret Label Updated',
    resources: [mirrored.arn],
    detail: { labelUpdated: 'AWSCURRENT' },
  };
  expect(await sockets.invoke(event)).toEqual({ ok: true, value: { started: [arn] } });
}

interface Shape {
  readonly what: string;
  readonly given: Given;
  readonly begin?: (sockets: Sockets) => Promise<unknown>;
  readonly keys?: Readonly<Record<string, string>>;
  /** Some that must be among what is allowed, so that the shape is what it says. */
  readonly among: RegExp;
}

const shapes: readonly Shape[] = [
  { what: 'access keys of a user', given: () => quick, among: /^sns:Publish .*:topic$/ },
  {
    what: 'access keys of a user, in a VPC, with keys of KMS, and definitions that are stored',
    given: (stack) => ({
      ...underKeys(stack),
      targets: [{ connectionSecret: withKey(stack, example.connection), links: Array<string>(150).fill(link) }],
      network: {
        vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
          vpcId: 'vpc-0a',
          availabilityZones: ['us-east-1a'],
          privateSubnetIds: ['subnet-0a'],
        }),
        subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      },
    }),
    keys,
    among: /^secretsmanager:GetSecretValue .*Definitions/,
  },
  {
    what: 'a mirrored secret, with keys of KMS',
    given: (stack) => ({
      ...underKeys(stack),
      source: RotationSource.mirror(withKey(stack, example.mirrored), { overlap: true }),
    }),
    begin: change,
    keys,
    among: /^kms:Decrypt .*key\/of-mirrored$/,
  },
];

describe.each(shapes)('$what', ({ given, begin, keys: under, among }) => {
  let role: Deployed;
  beforeAll(async () => {
    const stack = deployedFrom(synth(given).toJSON(), under);
    const sockets = await opener({ ...stack, in: (...names) => (role = stack.in(...names)) })();
    await live(sockets, async () => begin?.(sockets));
  });
  afterAll(closeAll);

  test('the role was allowed everything that two rotations and the watchdog asked for', () => {
    expect([...role.denied]).toEqual([]);
    expect(role.used.size).toBeGreaterThan(8);
  });

  test('and they used everything that it is allowed, on each resource', () => {
    expect(role.allowed).toContainEqual(expect.stringMatching(among));
    expect(role.allowed.filter((said) => !role.used.has(said))).toEqual([]);
  });
});
