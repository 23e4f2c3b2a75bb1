import { Credentials } from '../../lambda/core/credentials';
import { openTrials } from '../../lambda/edge/trials';
import type { AwsCredentials } from '../../lambda/ports';
import { answering, aws, closeOutside, oddServer } from './outside';

afterEach(closeOutside);

const probe = { bucket: 'landing', prefix: 'orders/' };
const unknown: AwsCredentials = { keyId: 'AKIAUNKNOWN', secret: new Credentials('CANARY') };

/** A user with a key, and the bucket `landing`. */
async function landing() {
  const started = await aws();
  started.iam.createUser('ingest');
  const { accessKeyId, secretAccessKey } = started.iam.createAccessKey('ingest');
  started.s3.createBucket('landing');
  return {
    ...started,
    trials: openTrials(process.env),
    key: { keyId: accessKeyId, secret: new Credentials(secretAccessKey) },
  };
}

test('credentials that work are accepted, and S3 is asked for one object at most', async () => {
  const { trials, key, requests } = await landing();
  await expect(trials.identity(key)).resolves.toEqual({ is: 'accepted' });
  await expect(trials.list(key, probe)).resolves.toEqual({ is: 'accepted' });
  expect(requests.map(({ action, accessKeyId }) => [action, accessKeyId])).toEqual([
    ['GetCallerIdentity', key.keyId],
    ['ListObjectsV2', key.keyId],
  ]);
  expect(requests[1]).toMatchObject({ resource: 'landing', prefix: 'orders/' });
});

test('a key that is not known, or whose secret is another, is not accepted', async () => {
  const { trials, key } = await landing();
  const wrong = { keyId: key.keyId, secret: new Credentials('CANARY') };
  for (const credentials of [unknown, wrong]) {
    await expect(trials.identity(credentials)).resolves.toEqual({ is: 'unaccepted' });
    await expect(trials.list(credentials, probe)).resolves.toEqual({ is: 'unaccepted' });
  }
});

test('a key that may not list is denied, and still has an identity', async () => {
  const { trials, key, iam } = await landing();
  iam.denyOnBucket(key.keyId, 'landing');
  await expect(trials.list(key, probe)).resolves.toEqual({ is: 'denied' });
  await expect(trials.identity(key)).resolves.toEqual({ is: 'accepted' });
});

test('a bucket that is not there gives no verdict', async () => {
  const { trials, key } = await landing();
  await expect(trials.list(key, { bucket: 'nowhere', prefix: '' })).resolves.toEqual({
    is: 'unreachable',
    why: 'NoSuchBucket',
  });
});

test.each([
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'UnrecognizedClientException',
  'AuthFailure',
])('%s: not accepted', async (code) => {
  await answering(403, `<Error><Code>${code}</Code></Error>`);
  await expect(openTrials(process.env).list(unknown, probe)).resolves.toEqual({ is: 'unaccepted' });
});

test.each(['AccessDenied', 'AllAccessDisabled', 'AccountProblem'])('%s: denied', async (code) => {
  await answering(403, `<Error><Code>${code}</Code></Error>`);
  await expect(openTrials(process.env).list(unknown, probe)).resolves.toEqual({ is: 'denied' });
});

test('a bare 403 is not accepted', async () => {
  await answering(403);
  await expect(openTrials(process.env).list(unknown, probe)).resolves.toEqual({ is: 'unaccepted' });
  await expect(openTrials(process.env).identity(unknown)).resolves.toEqual({ is: 'unaccepted' });
});

test.each<[number, string, string]>([
  [403, '<Error><Code>RequestTimeTooSkewed</Code></Error>', 'RequestTimeTooSkewed'],
  [404, '', 'NotFound'],
  [503, '<Error><Code>SlowDown</Code></Error>', 'SlowDown'],
  [502, '<html>CANARY</html>', 'HTTP 502'],
  [200, 'CANARY', 'HTTP 200'],
])('%d %s gives no verdict: %s', async (status, body, why) => {
  await answering(status, body);
  await expect(openTrials(process.env).list(unknown, probe)).resolves.toEqual({ is: 'unreachable', why });
});

test('a service that stalls, or is not there, gives no verdict', async () => {
  await oddServer(() => undefined);
  const trials = openTrials(process.env, 20);
  await expect(trials.identity(unknown)).resolves.toMatchObject({ is: 'unreachable' });
  await closeOutside();
  Object.assign(process.env, { AWS_REGION: 'us-east-1' });
  await expect(trials.list(unknown, { ...probe, endpoint: 'http://127.0.0.1:1' })).resolves.toMatchObject({
    is: 'unreachable',
  });
  await expect(trials.list(unknown, { ...probe, endpoint: 'no address' })).resolves.toEqual({
    is: 'unreachable',
    why: 'ERR_INVALID_URL',
  });
});

test("the link's own region and endpoint are asked, with the bucket in the path", async () => {
  const seen: string[] = [];
  await oddServer((request, response) => {
    seen.push(`${String(request.url)} ${String(/\/(\w+-\w+-\d)\//.exec(request.headers.authorization ?? '')?.[1])}`);
    response.end('<ListBucketResult/>');
  });
  const endpoint = process.env['AWS_ENDPOINT_URL']!.replace('127.0.0.1', 'localhost'); // an IP address has no subdomains anyway
  delete process.env['AWS_ENDPOINT_URL'];
  await openTrials(process.env).list(unknown, { ...probe, region: 'eu-west-1', endpoint });
  expect(seen).toEqual(['/landing/?list-type=2&max-keys=1&prefix=orders%2F eu-west-1']);
});

test('a bucket of another region is asked there', async () => {
  const regions: string[] = [];
  await oddServer((request, response) => {
    const region = /\/(\w+-\w+-\d)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    regions.push(region);
    if (region === 'eu-west-1') response.end('<ListBucketResult/>');
    else
      response
        .writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' })
        .end('<Error><Code>PermanentRedirect</Code></Error>');
  });
  await expect(openTrials(process.env).list(unknown, probe)).resolves.toEqual({ is: 'accepted' });
  expect(regions).toEqual(['us-east-1', 'eu-west-1']);
});
