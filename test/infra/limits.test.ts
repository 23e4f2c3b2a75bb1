import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { LinkRotationFunction, RotationSource } from '../../infra';
import { all, arn, code, deployed, env, templateOf } from './given';

/* A role has room for ten managed policies. */

/** A function for so many secrets, each with a key of its own, and so have their connection secrets and what they mirror. */
function share(
  count: number,
  sourceOf: (stack: Stack, at: number, known: (kind: string) => ISecret) => RotationSource,
): Stack {
  const stack = new Stack(new App(), 'Stack', { env });
  const shared = new LinkRotationFunction(stack, 'Shared', { code });
  for (let at = 0; at < count; at++) {
    const known = (kind: string) => {
      const id = `${kind}-${at}`;
      const key = `arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-${id.padStart(12, '0')}`;
      return Secret.fromSecretAttributes(stack, id, {
        secretCompleteArn: arn(`production/department-of-data/team-of-ingestion/${id}-AbCdEf`),
        encryptionKey: Key.fromKeyArn(stack, `${id}-key`, key),
      });
    };
    shared.rotate(`Rotation${at}`, {
      secret: known('ingest'),
      source: sourceOf(stack, at, known),
      targets: [{ connectionSecret: known('cluster'), links: [`a.link_${at}`] }],
    });
  }
  return stack;
}

const iamUser = (within: Stack, at: number) =>
  RotationSource.iamUser(User.fromUserName(within, `User${at}`, `ingest-${at}`));
const mirror = (_within: Stack, _at: number, known: (kind: string) => ISecret) =>
  RotationSource.mirror(known('mirrored'));

test.each([
  ['access keys', iamUser, 'index.handler'],
  ['mirrors', mirror, 'index.handler'],
  ['mirrors', mirror, 'index.widget'],
])('100 secrets with %s, each with a key of its own, have room in the role of one function', (_, sourceOf, handler) => {
  const template = templateOf(share(100, sourceOf), handler);
  const sizes = (type: string) =>
    all(template, type).map(({ Properties }) => JSON.stringify(deployed(Properties['PolicyDocument'])).length);
  expect(sizes('AWS::IAM::ManagedPolicy').length).toBeLessThanOrEqual(10);
  expect(Math.max(...sizes('AWS::IAM::ManagedPolicy'))).toBeLessThanOrEqual(6_144);
  expect(sizes('AWS::IAM::Policy').reduce((sum, size) => sum + size)).toBeLessThanOrEqual(10_240);
});

test('what has no room there is refused at synth, not halfway through a deployment', () => {
  expect(() => Template.fromStack(share(130, mirror))).toThrow(
    /what the function may do takes 1[1-9] managed policies of 6144 characters beside the inline one, and a role has room for 10: share the rotations between several functions/,
  );
});
