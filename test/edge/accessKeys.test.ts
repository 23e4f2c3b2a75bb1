import { openAccessKeys } from '../../lambda/edge/accessKeys';
import type { Fault } from '../standins/aws/server';
import { answering, aws, closeOutside, oddServer, printed } from './outside';

afterEach(closeOutside);

/** The user `ingest` with one key; `faults` befall the calls of one action in turn. */
async function ingest(action = '', ...faults: Fault[]) {
  const started = await aws({ onRequest: (request) => (request.action === action ? (faults.shift() ?? 'ok') : 'ok') });
  const user = started.iam.createUser('ingest');
  const first = started.iam.createAccessKey('ingest');
  const calls = () => started.requests.filter((request) => request.action === action).length;
  return { ...started, user, first, calls, keys: openAccessKeys() };
}

const xmlError = (code: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>CANARY</Message></Error></ErrorResponse>`;

describe('a call that AWS throttles', () => {
  const throttled = { status: 400, code: 'Throttling' } as const;
  beforeEach(() => {
    jest.spyOn(Math, 'random').mockReturnValue(0); // chance decides how much of each pause is taken
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('is sent up to six times, one that fails three times', async () => {
    const patient = await ingest('ListAccessKeys', ...Array.from({ length: 5 }, () => throttled));
    await expect(patient.keys.list('ingest')).resolves.toHaveLength(1);
    expect(patient.calls()).toBe(6);
    const failing = await ingest(
      'ListAccessKeys',
      ...Array.from({ length: 5 }, () => ({ status: 500, code: 'ServiceFailure' })),
    );
    await expect(failing.keys.list('ingest')).rejects.toThrow('ServiceFailure');
    expect(failing.calls()).toBe(3);
  });

  test('is given up at last, by its name', async () => {
    const { keys, calls } = await ingest('ListAccessKeys', ...Array.from({ length: 9 }, () => throttled));
    await expect(keys.list('ingest')).rejects.toThrow('Throttling');
    expect(calls()).toBe(6);
  });
});

describe('create', () => {
  test('makes a key, whose secret half is hidden and right', async () => {
    const { keys, user } = await ingest();
    const made = await keys.create('ingest');
    if (made.is !== 'made') throw new Error(made.is);
    expect(made.keyId).toBe(user.keys[1]!.accessKeyId);
    expect(made.secret.reveal()).toBe(user.keys[1]!.secretAccessKey);
    expect(JSON.stringify(made)).not.toContain(made.secret.reveal());
  });

  test("a third key is refused with AWS's code and nothing changes", async () => {
    const { keys, user, iam } = await ingest();
    iam.createAccessKey('ingest');
    await expect(keys.create('ingest')).resolves.toEqual({ is: 'refused', code: 'LimitExceeded' });
    expect(user.keys).toHaveLength(2);
  });

  test.each([
    [403, 'AccessDenied'],
    [400, 'Throttling'],
    [404, 'NoSuchEntity'],
  ])('%d %s is a refusal', async (status, code) => {
    const { keys, calls } = await ingest('CreateAccessKey', { status, code });
    await expect(keys.create('ingest')).resolves.toEqual({ is: 'refused', code });
    expect(calls()).toBe(1);
  });

  test.each<Fault>(['drop-before', 'drop-after'])(
    'an answer lost by %s: unknown, and not asked again',
    async (fault) => {
      const { keys, user, calls } = await ingest('CreateAccessKey', fault);
      await expect(keys.create('ingest')).resolves.toEqual({ is: 'unknown' });
      expect(calls()).toBe(1);
      expect(user.keys).toHaveLength(fault === 'drop-after' ? 2 : 1);
    },
  );

  test.each<[string, number, string]>([
    ['a failure of IAM itself', 500, xmlError('ServiceFailure')],
    ['an unavailable IAM', 503, xmlError('ServiceUnavailable')],
    ['a refusal without a code', 403, ''],
    ['an error page', 502, '<html>bad gateway</html>'],
    ['an answer that cannot be read', 200, 'CANARY'],
    ['an empty answer', 200, ''],
  ])('%s: unknown, and not asked again', async (_, status, body) => {
    let asked = 0;
    await oddServer((_request, response) => {
      asked++;
      response.writeHead(status).end(body);
    });
    await expect(openAccessKeys().create('ingest')).resolves.toEqual({ is: 'unknown' });
    expect(asked).toBe(1);
  });

  test.each<[string, boolean]>([
    ['before its answer', false],
    ['in the middle of its answer', true],
  ])('an IAM that stalls %s: unknown', async (_, begun) => {
    await oddServer((_request, response) => {
      if (begun) response.writeHead(200, { 'content-length': 100 }).write('<');
    });
    await expect(openAccessKeys(20).create('ingest')).resolves.toEqual({ is: 'unknown' });
  });

  test('an IAM that cannot be reached: unknown', async () => {
    const started = await ingest();
    await started.stop();
    await expect(started.keys.create('ingest')).resolves.toEqual({ is: 'unknown' });
  });
});

describe('list', () => {
  test('names each key, whether it is active, and its creation in epoch milliseconds', async () => {
    const { keys, first, iam } = await ingest();
    iam.updateAccessKey('ingest', first.accessKeyId, 'Inactive');
    const second = iam.createAccessKey('ingest');
    const seconds = (at: number) => Math.floor(at / 1000) * 1000;
    await expect(keys.list('ingest')).resolves.toEqual([
      { keyId: first.accessKeyId, active: false, createdAt: seconds(first.createdAt) },
      { keyId: second.accessKeyId, active: true, createdAt: seconds(second.createdAt) },
    ]);
  });

  test('goes through all pages', async () => {
    await oddServer((_, response, body) => {
      const last = body.includes('Marker=more');
      response.end(
        `<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata><member><AccessKeyId>AKIA${last ? 2 : 1}</AccessKeyId>` +
          `<Status>Active</Status><CreateDate>2026-11-22T10:00:00Z</CreateDate></member></AccessKeyMetadata>` +
          `<IsTruncated>${String(!last)}</IsTruncated>${last ? '' : '<Marker>more</Marker>'}</ListAccessKeysResult></ListAccessKeysResponse>`,
      );
    });
    expect((await openAccessKeys().list('ingest')).map(({ keyId }) => keyId)).toEqual(['AKIA1', 'AKIA2']);
  });

  test('a user who is not there is an error that says what to check', async () => {
    const { keys } = await ingest();
    await expect(keys.list('nobody')).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining(
        'ListAccessKeys of nobody was refused by AWS: NoSuchEntity. The next call looks at the keys anew',
      ) as string,
    });
  });
});

test('a key is deactivated, then removed; a key that is gone is no error', async () => {
  const { keys, user, first } = await ingest();
  await keys.deactivate('ingest', first.accessKeyId);
  expect(user.keys[0]!.status).toBe('Inactive');
  await keys.remove('ingest', first.accessKeyId);
  expect(user.keys).toEqual([]);
  await keys.deactivate('ingest', first.accessKeyId);
  await keys.remove('ingest', first.accessKeyId);
});

test('a key that was never used has no use; afterwards its use says when, where and by which service', async () => {
  const { keys, first } = await ingest();
  await expect(keys.lastUsed(first.accessKeyId)).resolves.toBeNull();
  first.lastUsed = { at: 1_700_000_000_000, service: 's3', region: 'eu-west-1' };
  await expect(keys.lastUsed(first.accessKeyId)).resolves.toEqual({
    at: 1_700_000_000_000,
    service: 's3',
    region: 'eu-west-1',
  });
});

test('every refusal names the call and the key, and nothing of what AWS says', async () => {
  await answering(403, xmlError('AccessDenied'));
  const keys = openAccessKeys();
  const shown = [
    await printed(keys.list('ingest')),
    await printed(keys.remove('ingest', 'AKIA1')),
    await printed(keys.deactivate('ingest', 'AKIA1')),
    await printed(keys.lastUsed('AKIA1')),
  ];
  expect(shown.map((text) => /AWS_REFUSED: (.*?)\./.exec(text)?.[1])).toEqual([
    'ListAccessKeys of ingest was refused by AWS: AccessDenied',
    'DeleteAccessKey of AKIA1 of ingest was refused by AWS: AccessDenied',
    'UpdateAccessKey of AKIA1 of ingest was refused by AWS: AccessDenied',
    'GetAccessKeyLastUsed of AKIA1 was refused by AWS: AccessDenied',
  ]);
  expect(shown.join()).not.toContain('CANARY');
});
