import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/**
 * The key of log group and topic. AWS's own key for topics admits neither alarms nor events, so it takes one of the account.
 * The journal has AWS's own: a key that somebody disables must not keep pipelines paused.
 */
export function makeKey(scope: Construct): IKey {
  const key = new Key(scope, 'Key', {
    description: 'Log and notifications of the rotation of SingleStore links',
    enableKeyRotation: true,
  });
  const { account, region, partition } = Stack.of(scope);
  const use = ['kms:Decrypt', 'kms:GenerateDataKey*'];
  const publishers = ['cloudwatch.amazonaws.com', 'events.amazonaws.com'].map((name) => new ServicePrincipal(name));
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: publishers, // without a condition: what EventBridge asks of a topic's key carries no source
      actions: use,
      resources: ['*'],
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: [...use, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
      },
    }),
  );
  return key;
}
