import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { LinkRotationFunction, RotationSource } from '../../infra';
import { all, arn, code, env } from './given';

/* A role has room for ten managed policies. */

/** A function for 100 secrets, each with a key of its own, and so have their connection secrets and what they mirror. */
function share(sourceOf: (stack: Stack, at: number, known: (kind: string) => ISecret) => RotationSource): Stack {
  const stack = new Stack(new App(), 'Stack', { env });
  const shared = new LinkRotationFunction(stack, 'Shared', { code });
  for (let at = 0; at < 100; at++) {
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
      targets: [{ connectionSecret: known('cluster'), links: ['a.b'] }],
    });
  }
  return stack;
}

test('100 secrets, each with a key of its own, have room in the role of one function', () => {
  const stack = share((within, at) => RotationSource.iamUser(User.fromUserName(within, `User${at}`, `ingest-${at}`)));
  expect(all(Template.fromStack(stack), 'AWS::IAM::ManagedPolicy').length).toBeLessThanOrEqual(10);
});

test('what has no room there is refused at synth, not halfway through a deployment', () => {
  const stack = share((_within, _at, known) => RotationSource.mirror(known('mirrored')));
  expect(() => Template.fromStack(stack)).toThrow(
    /the function's role would need 1[1-9] managed policies, and a role has room for 10: share the rotations between several functions/,
  );
});
