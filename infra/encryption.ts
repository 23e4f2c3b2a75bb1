import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/**
 * The key of log group and topic. AWS's own key for topics admits neither alarms nor events, so it takes one of the account.
 * The journal has AWS's own: a key that somebody disables must not keep pipelines paused.
 *
 * @param given one that was imported keeps its policy, which CDK cannot change
 */
export function openKey(scope: Construct, given: IKey | undefined): IKey {
  const key =
    given ??
    new Key(scope, 'Key', {
      description: 'Log and notifications of the rotation of SingleStore links',
      enableKeyRotation: true,
    });
  const { account, region, partition } = Stack.of(scope);
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
      },
    }),
  );
  return key;
}
