import { labelled, promoted, standing, type SecretDescription } from '../../lambda/core/version';

const secret = (labels: SecretDescription['labels']): SecretDescription => ({
  arn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-AbCdEf',
  rotationEnabled: true,
  deleted: false,
  nextRotation: null,
  lastRotation: null,
  labels,
});
const rotating = secret({ v1: ['AWSCURRENT'], v2: ['AWSPENDING'], v0: ['AWSPREVIOUS', 'mine'], kept: ['mine'] });

test.each<[string, string]>([
  ['v1', 'current'],
  ['v2', 'pending'],
  ['v0', 'unlabelled'],
  ['kept', 'unlabelled'],
  ['v9', 'unknown'],
  ['', 'unknown'],
])('version "%s" stands as %s', (version, stands) => {
  expect(standing(rotating, version)).toBe(stands);
});

test('after a promotion a version is current, though AWSPENDING stayed on it', () => {
  expect(standing(secret({ v2: ['AWSPENDING', 'AWSCURRENT'] }), 'v2')).toBe('current');
});

test('a label is found on its version, or nowhere', () => {
  expect(labelled(rotating, 'AWSCURRENT')).toBe('v1');
  expect(labelled(rotating, 'AWSPENDING')).toBe('v2');
  expect(labelled(rotating, 'AWSPREVIOUS')).toBe('v0');
  expect(labelled(secret({}), 'AWSCURRENT')).toBeNull();
});

test('AWSCURRENT moves, AWSPREVIOUS follows it, and every other label stays', () => {
  expect(promoted(rotating, 'v1', 'v2').labels).toEqual({
    v1: ['AWSPREVIOUS'],
    v2: ['AWSPENDING', 'AWSCURRENT'],
    v0: ['mine'],
    kept: ['mine'],
  });
  expect(promoted(secret({ v2: ['AWSPENDING'] }), null, 'v2').labels).toEqual({ v2: ['AWSPENDING', 'AWSCURRENT'] });
});
