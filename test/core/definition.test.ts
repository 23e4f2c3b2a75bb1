import { speaksOf, type RotationDefinition } from '../../lambda/core/definition';

const prefix = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:';
const arn = `${prefix}prod/s3-ingest-AbCdEf`;
const defined = (secretId: string): RotationDefinition => ({
  secretId,
  source: { type: 'iam-user', userName: 'singlestore-ingest' },
  targets: [],
  fields: { credentials: {}, config: {} },
  limits: { drainSeconds: 60, proofSeconds: 60, connections: 16 },
  retireAfterHours: 24,
  restartAfterCredentialError: false,
});

test.each([
  ['its full ARN', arn],
  ['its ARN without the six characters', `${prefix}prod/s3-ingest`],
  ['its name', 'prod/s3-ingest'],
])('a definition names a secret by %s', (_, secretId) => {
  expect(speaksOf(defined(secretId), arn)).toBe(true);
});

test.each([
  ['the end of its name', 's3-ingest'],
  ['the end of a word of it', 'ingest'],
  ['the beginning of its name', 'prod/s3'],
  ['its name in capitals', 'PROD/S3-INGEST'],
  ['its name with the six characters', 'prod/s3-ingest-AbCdEf'],
  ['its name with other six characters', `${prefix}prod/s3-ingest-XyZxYz`],
  ['its ARN in another account', arn.replace('111122223333', '444455556666').slice(0, -7)],
  ['its ARN in another region', arn.replace('us-east-1', 'eu-west-1').slice(0, -7)],
  ['nothing', ''],
])('a definition does not name it by %s', (_, secretId) => {
  expect(speaksOf(defined(secretId), arn)).toBe(false);
});

test('a name that ends like an ARN is a name', () => {
  expect(speaksOf(defined('prod-AbCdEf'), `${prefix}prod-AbCdEf-XyZ123`)).toBe(true);
  expect(speaksOf(defined('prod'), `${prefix}prod-AbCdEf-XyZ123`)).toBe(false);
});

test('a text that is no full ARN is no secret of any definition', () => {
  expect(speaksOf(defined('prod/s3-ingest'), `${prefix}prod/s3-ingest`)).toBe(false);
  expect(speaksOf(defined('prod/s3'), `${prefix}prod/s3_ingest`)).toBe(false);
  expect(speaksOf(defined('prod-ingest'), `${prefix}prod-ingest/bucket`)).toBe(false);
  expect(speaksOf(defined('prod/s3'), ':secret:prod/s3-AbCdEf')).toBe(false);
});
