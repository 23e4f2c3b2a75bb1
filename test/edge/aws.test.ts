import { awsError, failureOf } from '../../lambda/edge/aws';

const answered = (name: string, status: number, fault: 'client' | 'server', Code?: string) =>
  Object.assign(new Error('CANARY'), { name, Code, $fault: fault, $metadata: { httpStatusCode: status } });

test.each<[string, unknown, string, boolean]>([
  ['a refusal', answered('AccessDeniedException', 400, 'client'), 'AccessDeniedException', true],
  [
    "a refusal that the SDK renames: AWS's own name",
    answered('LimitExceededException', 409, 'client', 'LimitExceeded'),
    'LimitExceeded',
    true,
  ],
  ['a failure of AWS, which may have done it', answered('ServiceFailure', 500, 'server'), 'ServiceFailure', false],
  ['a request that took too long to arrive', answered('RequestTimeout', 408, 'client'), 'RequestTimeout', false],
  ['a refusal without a name: of a proxy, maybe', answered('Unknown', 403, 'client'), 'HTTP 403', false],
  [
    'an error page',
    Object.assign(new SyntaxError('CANARY'), { $metadata: { httpStatusCode: 503 } }),
    'HTTP 503',
    false,
  ],
  [
    'an answer that cannot be read',
    Object.assign(new Error('CANARY'), { $metadata: { httpStatusCode: 200 } }),
    'HTTP 200',
    false,
  ],
  [
    'a reset connection',
    Object.assign(new Error('CANARY'), { name: 'TimeoutError', code: 'ECONNRESET' }),
    'ECONNRESET',
    false,
  ],
  ['a name that is no name', answered('CANARY in a sentence', 400, 'client'), 'HTTP 400', false],
  ['an error without anything', new Error('CANARY'), 'no answer', false],
  ['what is no error', 'CANARY', 'no answer', false],
])('%s', (_, error, code, refused) => {
  expect(failureOf(error)).toMatchObject({ code, refused });
  expect(awsError(error, 'PutItem of x', 'Do it again.').message).toBe(
    `AWS_REFUSED: PutItem of x ${refused ? 'was refused by AWS' : 'got no clear answer'}: ${code}. Do it again.`,
  );
});
