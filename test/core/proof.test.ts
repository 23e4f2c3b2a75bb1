import { isCredentialError, proofOf, type Proof, type Seen } from '../../lambda/core/proof';

const denied = { code: 1933, message: 'Cannot get source metadata: 403 Forbidden' };
const faulty = { code: 1054, message: 'Unknown column' };
const seen = (is: Partial<Seen>): Seen => ({ state: 'Running', succeeded: 10, batchesAfter: 10, error: null, ...is });

test.each<[string, Partial<Seen>, Proof]>([
  ['a batch that began after the resume has succeeded', { succeeded: 11 }, 'loaded'],
  ['... and outweighs the credential error before it', { succeeded: 11, error: denied }, 'loaded'],
  ['... and stays loaded when somebody stops it', { succeeded: 11, state: 'Stopped' }, 'loaded'],
  ['only a batch from before has succeeded', {}, 'waiting'],
  ['which batches began after the resume is not known', { succeeded: 99, batchesAfter: null }, 'waiting'],
  ['it runs with another error', { error: faulty }, 'waiting'],
  ['it runs, in capitals', { state: 'RUNNING' }, 'waiting'],
  ['it runs and retries on a credential error', { error: denied }, 'refused'],
  ['it went into Error on one', { state: 'Error', error: denied }, 'refused'],
  ['... after a batch that loaded', { state: 'Error', error: denied, succeeded: 11 }, 'refused'],
  ['... and somebody stopped it', { state: 'Stopped', error: denied }, 'refused'],
  ['it went into Error on something else', { state: 'Error', error: faulty }, 'faulty'],
  ['... after a batch that loaded', { state: 'ERROR', error: faulty, succeeded: 11 }, 'faulty'],
  ['it is in Error and nobody says why', { state: 'Error' }, 'faulty'],
  ['somebody stopped it', { state: 'Stopped' }, 'gone'],
  ['somebody detached it', { state: 'Detached', error: faulty }, 'gone'],
  ['somebody tests it', { state: 'Testing' }, 'gone'],
  ['somebody dropped it', { state: undefined, succeeded: 11, error: denied }, 'gone'],
])('%s', (_, is, proof) => {
  expect(proofOf(seen(is))).toBe(proof);
});

test.each([
  'InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.',
  'An error occurred (SignatureDoesNotMatch)',
  'operation error STS: InvalidClientTokenId',
  'ExpiredToken: the provided token has expired',
  'AccessDenied: Access Denied',
  'status code: 403, request id: 1',
  'HTTP 401',
  'Server failed to authenticate the request',
  'This request is not authorised to perform this operation',
  'unauthorized_client',
  'oauth2: "invalid_grant"',
  'InvalidGrant',
  'InvalidToken: the provided token is malformed',
  'rpc error: PermissionDenied: permission denied',
  '535 Bad credentials',
  'SASL handshake failed',
  'ERROR 1045: Access denied for user',
  'login failed for user',
])('the source refuses the credentials, whatever the code: %s', (message) => {
  expect(isCredentialError({ code: 1234, message })).toBe(true);
});

test.each([
  'Leaf Error: Unknown column "a" in "field list"',
  'batch 4031 was cut short',
  'Row 14010 has too few columns',
  'NoSuchBucket: the specified bucket does not exist',
  '',
])('the data is at fault, not the credentials: %s', (message) => {
  expect(isCredentialError({ code: 1054, message })).toBe(false);
});

test('a source that cannot be listed refused the credentials, unless the network is at fault', () => {
  expect(isCredentialError({ code: 1933, message: 'Cannot extract data for pipeline' })).toBe(true);
  for (const fault of [
    'Connection timed out',
    'timeout',
    'Could not resolve host',
    "Couldn't resolve host name",
    'Name or service not known',
    'connection refused',
    'Connection reset by peer',
    'Network is unreachable',
    'No route to host',
    'Broken pipe',
  ])
    expect([fault, isCredentialError({ code: 1933, message: fault })]).toEqual([fault, false]);
  expect(isCredentialError({ code: 1933, message: 'AccessDenied, then connection reset' })).toBe(true);
});

test('an extractor that took too long tells nothing of the credentials', () => {
  expect(isCredentialError({ code: 1970, message: 'Subprocess timed out' })).toBe(false);
});
