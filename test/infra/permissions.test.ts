import { steps } from '../standins/aws/rotation';
import { type Deployed, deployedFrom, mirroredName } from '../support/deployed';
import { closeAll, opener } from '../support/rotating';
import type { Sockets } from '../support/sockets';
import { synth } from './given';
import { shapes } from './shapes';

/* What the roles of the templates allow is what rotations use: with IAM's own rules, over sockets, in every shape of a stack. */

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

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

describe.each(shapes)('$what', ({ given, mirrors, keys: under, among }) => {
  let role: Deployed;
  beforeAll(async () => {
    const stack = deployedFrom(synth(given).toJSON(), under);
    const sockets = await opener({ ...stack, in: (...names) => (role = stack.in(...names)) })();
    await live(sockets, async () => (mirrors ? change(sockets) : undefined));
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
