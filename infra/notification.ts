import { Annotations, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/** The topic of alarms and failed rotations. One that was given is left as it is, but for a new subscription. */
export function openTopic(
  scope: Construct,
  given: ITopic | undefined,
  email: string | undefined,
  masterKey: IKey | undefined,
): ITopic {
  const topic = given ?? makeTopic(scope, masterKey);
  if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
  else if (given === undefined)
    Annotations.of(scope).addWarningV2(
      'singlestore-link-rotation:nobody-told',
      'nobody is told of alarms and failed rotations: give an e-mail or a topic',
    );
  return topic;
}

/** A topic with a policy has lost the one that admits the account's own services, so each that publishes is named. */
function makeTopic(scope: Construct, masterKey: IKey | undefined): Topic {
  const topic = new Topic(scope, 'Topic', { masterKey, enforceSSL: true });
  const { account } = Stack.of(scope);
  topic.grantPublish(new ServicePrincipal('events.amazonaws.com'));
  const conditions = { StringEquals: { 'aws:SourceAccount': account } };
  topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions }));
  return topic;
}
