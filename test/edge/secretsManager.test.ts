import { Credentials } from '../../lambda/core/credentials';
import { openSecrets } from '../../lambda/edge/secretsManager';
import { nextRotation } from '../standins/aws/secret';
import type { Fault } from '../standins/aws/server';
import { answering, aws, closeOutside, oddServer, printed } from './outside';

afterEach(closeOutside);

const v1 = '11111111-1111-4111-8111-111111111111';
const v2 = '22222222-2222-4222-8222-222222222222';
const v3 = '33333333-3333-4333-8333-333333333333';
const canary = new Credentials('{"aws_secret_access_key":"CANARY"}');

/** The secret `lake`, whose current version is v1, under rotation to v2; `faults` befall the calls of one action in turn. */
async function lake(action = '', ...faults: Fault[]) {
  const started = await aws({ onRequest: (request) => (request.action === action ? (faults.shift() ?? 'ok') : 'ok') });
  const { arn } = started.secrets.createSecret({ Name: 'lake', ClientRequestToken: v1, SecretString: 'one' });
  started.secrets.configureRotation(arn);
  started.secrets.stage({ SecretId: arn, ClientRequestToken: v2 });
  const calls = () => started.requests.filter((request) => request.action === action).length;
  return { ...started, arn, calls, secrets: openSecrets(), stored: started.secrets };
}

describe('describe', () => {
  test('tells the ARN, the labels, and whether the secret rotates', async () => {
    const { secrets, arn, stored } = await lake();
    stored.rotated(arn);
    await expect(secrets.describe('lake')).resolves.toEqual({
      arn,
      rotationEnabled: true,
      deleted: false,
      nextRotation: nextRotation(stored.find(arn)),
      lastRotation: stored.find(arn).lastRotatedAt,
      labels: { [v1]: ['AWSCURRENT'], [v2]: ['AWSPENDING'] },
    });
  });

  test('a secret without rotation does not rotate, and one scheduled for deletion is deleted', async () => {
    const { secrets, stored } = await lake();
    stored.createSecret({ Name: 'still', SecretString: 'x' });
    stored.deleteSecret({ SecretId: 'still' });
    await expect(secrets.describe('still')).resolves.toMatchObject({
      ...{ rotationEnabled: false, deleted: true, nextRotation: null, lastRotation: null },
    });
  });

  test.each(['ResourceNotFoundException', 'AccessDeniedException', 'InvalidRequestException'])(
    '%s means that the secret cannot be read',
    async (code) => {
      const { secrets } = await lake('DescribeSecret', { status: 400, code });
      await expect(secrets.describe('lake')).rejects.toMatchObject({
        code: 'SECRET_UNREADABLE',
        message: expect.stringMatching(
          `DescribeSecret of lake was refused by AWS: ${code}. Nothing was changed`,
        ) as string,
      });
    },
  );

  test('an AWS that does not answer is not a secret that cannot be read', async () => {
    const { secrets, calls } = await lake('DescribeSecret', 'drop-before', 'drop-before', 'drop-before');
    await expect(secrets.describe('lake')).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining('DescribeSecret of lake got no clear answer') as string,
    });
    expect(calls()).toBe(3);
  });

  test('an AWS that stops in the middle of its answer is given up', async () => {
    await oddServer((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
    });
    await expect(openSecrets(20).describe('lake')).rejects.toMatchObject({ code: 'AWS_REFUSED' });
  });
});

describe('read', () => {
  test('a label and a version id lead to the same value', async () => {
    const { secrets } = await lake();
    const read = await secrets.read('lake', { label: 'AWSCURRENT' });
    expect(read?.version).toBe(v1);
    expect(read?.value.reveal()).toBe('one');
    expect(Math.abs((read?.createdAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect((await secrets.read('lake', { version: v1 }))?.value.reveal()).toBe('one');
  });

  test('a version, or a label, without a value has none', async () => {
    const { secrets } = await lake();
    await expect(secrets.read('lake', { version: v2 })).resolves.toBeNull();
    await expect(secrets.read('lake', { label: 'AWSPREVIOUS' })).resolves.toBeNull();
  });

  test.each(['AccessDeniedException', 'InvalidRequestException', 'DecryptionFailure'])(
    '%s means that the secret cannot be read',
    async (code) => {
      const { secrets } = await lake('GetSecretValue', { status: 400, code });
      await expect(secrets.read('lake', { version: v1 })).rejects.toMatchObject({
        code: 'SECRET_UNREADABLE',
        message: expect.stringContaining(
          `GetSecretValue of lake, version ${v1}, was refused by AWS: ${code}`,
        ) as string,
      });
    },
  );

  test('a binary secret has the wrong shape, and its bytes are not shown', async () => {
    const { secrets, stored } = await lake();
    const bytes = Buffer.from('CANARY').toString('base64');
    stored.createSecret({ Name: 'binary', SecretBinary: bytes as unknown as Uint8Array });
    const shown = await printed(secrets.read('binary', { label: 'AWSCURRENT' }));
    expect(shown).toContain('SECRET_SHAPE');
    expect(shown).not.toContain(bytes);
  });
});

describe('put', () => {
  test('gives the version its value and AWSPENDING, and leaves AWSCURRENT where it is', async () => {
    const { secrets, stored } = await lake();
    await expect(secrets.put('lake', v2, canary, 'token-of-the-rotation')).resolves.toBe(true);
    expect(stored.valueOf('lake', 'AWSPENDING')).toBe(canary.reveal());
    expect(stored.valueOf('lake')).toBe('one');
  });

  test('the token of the rotation is passed on when there is one', async () => {
    const seen: unknown[] = [];
    await oddServer((_, response, body) => {
      seen.push((JSON.parse(body) as { RotationToken?: string }).RotationToken);
      response.writeHead(200).end('{}');
    });
    await openSecrets().put('lake', v2, canary, 'token-of-the-rotation');
    await openSecrets().put('lake', v2, canary, undefined);
    expect(seen).toEqual(['token-of-the-rotation', undefined]);
  });

  test('the first writer wins, the second is told', async () => {
    const { secrets, stored } = await lake();
    await secrets.put('lake', v2, new Credentials('first'), undefined);
    await expect(secrets.put('lake', v2, canary, undefined)).resolves.toBe(false);
    expect(stored.valueOf('lake', 'AWSPENDING')).toBe('first');
  });

  test('a lost answer is asked for again with the same value', async () => {
    const { secrets, calls } = await lake('PutSecretValue', 'drop-after');
    await expect(secrets.put('lake', v2, canary, undefined)).resolves.toBe(true);
    expect(calls()).toBe(2);
  });

  test('when every answer is lost, what is stored decides', async () => {
    const { secrets } = await lake('PutSecretValue', 'drop-after', 'drop-after', 'drop-after');
    await expect(secrets.put('lake', v2, canary, undefined)).resolves.toBe(true);
  });

  test('when every answer is lost and nothing is stored, nobody knows', async () => {
    const { secrets } = await lake('PutSecretValue', 'drop-before', 'drop-before', 'drop-before');
    const shown = await printed(secrets.put('lake', v2, canary, undefined));
    expect(shown).toContain(`AWS_REFUSED: PutSecretValue of lake, version ${v2}, got no clear answer`);
    expect(shown).toContain('may have its value or not');
  });

  test('no error repeats what AWS says, which may be the value itself', async () => {
    await oddServer((_, response, body) => {
      response.writeHead(400).end(JSON.stringify({ __type: 'ValidationException', message: body, Value: body }));
    });
    const shown = await printed(openSecrets().put('lake', v2, canary, 'token-CANARY'));
    expect(shown).toContain('ValidationException');
    expect(shown).not.toContain('CANARY');
  });

  test('an error name that looks like no name is not repeated', async () => {
    await answering(400, JSON.stringify({ __type: 'value was {"key": "CANARY"}' }));
    const shown = await printed(openSecrets().put('lake', v2, canary, undefined));
    expect(shown).toContain('HTTP 400');
    expect(shown).not.toContain('CANARY');
  });
});

describe('moveLabel', () => {
  test('moves a label, and removes one', async () => {
    const { secrets, stored } = await lake();
    await secrets.put('lake', v2, canary, undefined);
    await expect(secrets.moveLabel('lake', 'AWSCURRENT', v1, v2)).resolves.toBe(true);
    await expect(secrets.moveLabel('lake', 'AWSPENDING', v2, null)).resolves.toBe(true);
    expect(Object.fromEntries(stored.find('lake').labels)).toEqual({ AWSCURRENT: v2, AWSPREVIOUS: v1 });
  });

  test('a label that is elsewhere is not moved', async () => {
    const { secrets, stored } = await lake();
    await secrets.put('lake', v2, canary, undefined);
    await secrets.moveLabel('lake', 'AWSCURRENT', v1, v2);
    stored.putSecretValue({ SecretId: 'lake', ClientRequestToken: v3, SecretString: 'by hand' });
    await expect(secrets.moveLabel('lake', 'AWSCURRENT', v1, v2)).resolves.toBe(false);
    expect(stored.valueOf('lake')).toBe('by hand');
  });

  test('a label that should be on no version is attached only if it is', async () => {
    const { secrets, stored } = await lake();
    await secrets.put('lake', v2, canary, undefined);
    await expect(secrets.moveLabel('lake', 'AWSPENDING', null, v1)).resolves.toBe(false);
    await secrets.moveLabel('lake', 'AWSPENDING', v2, null);
    stored.find('lake').versions.set(v3, { createdAt: 0 });
    await expect(secrets.moveLabel('lake', 'AWSPENDING', null, v3)).resolves.toBe(true);
    expect(stored.find('lake').labels.get('AWSPENDING')).toBe(v3);
  });

  test('a move that was made already is made', async () => {
    const { secrets } = await lake();
    await secrets.put('lake', v2, canary, undefined);
    await secrets.moveLabel('lake', 'AWSCURRENT', v1, v2);
    await expect(secrets.moveLabel('lake', 'AWSCURRENT', v1, v2)).resolves.toBe(true);
    await secrets.moveLabel('lake', 'AWSPENDING', v2, null);
    await expect(secrets.moveLabel('lake', 'AWSPENDING', v2, null)).resolves.toBe(true);
  });

  test.each([1, 3])('a move whose answer is lost %d times is found made', async (times) => {
    const { secrets } = await lake('UpdateSecretVersionStage', ...Array<Fault>(times).fill('drop-after'));
    await secrets.put('lake', v2, canary, undefined);
    await expect(secrets.moveLabel('lake', 'AWSCURRENT', v1, v2)).resolves.toBe(true);
  });

  test('a move that is not allowed is an error, and the label stays', async () => {
    const { secrets, stored, iam } = await lake();
    await secrets.put('lake', v2, canary, undefined);
    iam.deniedToRole.add('secretsmanager:UpdateSecretVersionStage');
    await expect(secrets.moveLabel('lake', 'AWSCURRENT', v1, v2)).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringMatching(
        /AWSCURRENT from 1\S+ to 2\S+ was refused by AWS: AccessDenied\w*\. The label is where it was/,
      ) as string,
    });
    expect(stored.valueOf('lake')).toBe('one');
  });

  test('when the labels cannot be read either, nothing is assumed', async () => {
    await answering(500);
    await expect(openSecrets().moveLabel('lake', 'AWSPENDING', v2, null)).rejects.toMatchObject({
      message: expect.stringContaining('AWSPENDING from 2222') as string,
    });
    expect(await printed(openSecrets().moveLabel('lake', 'AWSPENDING', v2, null))).toContain('is not known');
  });
});
