import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { startAws, type Aws } from './server';

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
});
afterEach(() => aws.stop());

function invoke(FunctionName: string, event: unknown, key = aws.iam.role) {
  const { accessKeyId, secretAccessKey } = key;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new LambdaClient({ endpoint: aws.endpoint, region: aws.region, credentials, maxAttempts: 1 });
  return client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
}
const text = (payload: Uint8Array | undefined): string => Buffer.from(payload ?? []).toString();

test.each(['rotation', 'arn:aws:lambda:us-east-1:111122223333:function:rotation'])(
  'a function is invoked as %s, and its answer is the payload',
  async (name) => {
    aws.functions.set('rotation', (event) => Promise.resolve({ ok: true, value: { event } }));
    const { StatusCode, FunctionError, Payload } = await invoke(name, { action: 'status' });
    expect([StatusCode, FunctionError, text(Payload)]).toEqual([200, undefined, '{"event":{"action":"status"}}']);
  },
);

test('a function that returns nothing answers null', async () => {
  aws.functions.set('rotation', () => Promise.resolve({ ok: true, value: undefined }));
  expect(text((await invoke('rotation', {})).Payload)).toBe('null');
});

test('a function that fails answers with 200, and says so beside its error', async () => {
  const error = { errorType: 'RotationError', errorMessage: 'KEY_QUOTA: two keys' };
  aws.functions.set('rotation', () => Promise.resolve({ ok: false, error }));
  const { StatusCode, FunctionError, Payload } = await invoke('rotation', {});
  expect([StatusCode, FunctionError, JSON.parse(text(Payload))]).toEqual([200, 'Unhandled', error]);
});

test('who is unknown, who may not, and a name that nobody has are told apart', async () => {
  await expect(invoke('rotation', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  aws.iam.deniedToRole.add('lambda:InvokeFunction');
  await expect(invoke('rotation', {})).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const stranger = { ...aws.iam.role, accessKeyId: 'AKIASTRANGER' };
  await expect(invoke('rotation', {}, stranger)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
});
