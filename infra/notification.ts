import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/** What the function itself may tell the topic. */
export const whatIsTold = ['failures', 'all', 'none'] as const;
export type WhatIsTold = (typeof whatIsTold)[number];

/** The topic of alarms and failed rotations. One that was given is left as it is, but for a new subscription. */
export function openTopic(
  scope: Construct,
  given: ITopic | undefined,
  email: string | undefined,
  masterKey: IKey,
): ITopic {
  if (email !== undefined && !Token.isUnresolved(email) && !/^[^@\s]+@[^@\s]+$/.test(email))
    throw new Error(`'email' must be an e-mail address, got '${email}'`);
  const topic = given ?? makeTopic(scope, masterKey);
  const isTold = email !== undefined && topic.node.tryFindChild(email) !== undefined; // by another rotation
  if (email !== undefined && !isTold) topic.addSubscription(new EmailSubscription(email));
  else if (email === undefined && given === undefined)
    Annotations.of(scope).addWarningV2(
      'singlestore-link-rotation:nobody-told',
      'nobody is told of alarms and failed rotations: give an e-mail or a topic',
    );
  return topic;
}

/**
 * A topic with a policy has lost the one that admits the account's own services, so each that publishes is named; and each must be
 * able to use its key. Where EventBridge publishes, neither policy may ask for the source: it does not say. Nor does the key ask
 * CloudWatch: the topic has turned other accounts away, and a condition that a call to KMS cannot meet would silence every alarm.
 */
function makeTopic(scope: Construct, masterKey: IKey): Topic {
  const topic = new Topic(scope, 'Topic', { masterKey, enforceSSL: true });
  const [alarms, events] = [
    new ServicePrincipal('cloudwatch.amazonaws.com'),
    new ServicePrincipal('events.amazonaws.com'),
  ];
  const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } };
  const publish = { actions: ['sns:Publish'], resources: [topic.topicArn] };
  topic.addToResourcePolicy(new PolicyStatement({ ...publish, principals: [alarms], conditions: ofThisAccount }));
  topic.addToResourcePolicy(new PolicyStatement({ ...publish, principals: [events] }));
  masterKey.addToResourcePolicy(
    new PolicyStatement({
      principals: [alarms, events],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
    }),
  );
  return topic;
}
