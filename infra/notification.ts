import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { checkAccount, checkArn, checkRegion } from './checks';
import { keyOf } from './encryption';
import { isUnknown } from './unknown';

/** What the function itself may tell the topic. */
export const whatIsTold = ['failures', 'all', 'none'] as const;
export type WhatIsTold = (typeof whatIsTold)[number];

/**
 * The topic of alarms and failed rotations, whose policies admit both as far as CDK can change them.
 *
 * @throws quoting a topic that alarms cannot tell
 */
export function openTopic(
  scope: Construct,
  given: ITopic | undefined,
  email: string | undefined,
  masterKey: IKey,
): ITopic {
  if (email !== undefined && !isUnknown(email) && !/^[^@\s]+@[^@\s]+$/.test(email))
    throw new Error(`'email' must be an e-mail address, got '${email}'`);
  if (given !== undefined) checkTopic(given, Stack.of(scope));
  const topic = given ?? new Topic(scope, 'Topic', { masterKey, enforceSSL: true });
  admitPublishers(scope, topic);
  const isTold = email !== undefined && topic.node.tryFindChild(email) !== undefined; // by another rotation
  if (email !== undefined && !isTold) topic.addSubscription(new EmailSubscription(email));
  else if (email === undefined && given === undefined)
    Annotations.of(scope).addWarningV2(
      'singlestore-link-rotation:nobody-told',
      'nobody is told of alarms and failed rotations: give an e-mail or a topic',
    );
  return topic;
}

const whyOfThisAccount =
  ": that one's policy would have to name the function's role, which has no name before it is deployed, or its notices are denied";

/** Alarms tell standard topics, and rules of events those of their own Region; one of another account lets nobody of this one in. */
function checkTopic(topic: ITopic, stack: Stack): void {
  const { topicArn, fifo, node } = topic;
  const name = Token.isUnresolved(topicArn) ? node.path : topicArn;
  if (fifo) throw new Error(`'topic' must be a standard one, which alarms can tell, got '${name}', which is FIFO`);
  checkRegion('topic', topic.env.region, stack, `'${name}'`);
  checkAccount('topic', `'${name}'`, topic.env.account, stack, whyOfThisAccount);
  checkArn('topic', topicArn, 'sns', stack);
}

/**
 * A topic with a policy has lost the one that admits the account's own services, so each that publishes is named; and each must be
 * able to use its key. Where EventBridge publishes, neither policy may ask for the source: it does not say. Nor does the key ask
 * CloudWatch: the topic has turned other accounts away, and a condition that a call to KMS cannot meet would silence every alarm.
 */
function admitPublishers(scope: Construct, topic: ITopic): void {
  const [alarms, events] = [
    new ServicePrincipal('cloudwatch.amazonaws.com'),
    new ServicePrincipal('events.amazonaws.com'),
  ];
  const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } };
  const publish = { actions: ['sns:Publish'], resources: [topic.topicArn] };
  topic.addToResourcePolicy(new PolicyStatement({ ...publish, principals: [alarms], conditions: ofThisAccount }));
  const isOwn = topic.addToResourcePolicy(new PolicyStatement({ ...publish, principals: [events] })).statementAdded;
  const { masterKey } = topic;
  const key = masterKey && keyOf('topic.masterKey', masterKey, Stack.of(scope));
  const isOwnKey = key?.addToResourcePolicy(
    new PolicyStatement({
      principals: [alarms, events],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
    }),
  ).statementAdded;
  if (!isOwn || isOwnKey === false)
    Annotations.of(scope).addWarningV2(
      'singlestore-link-rotation:imported-topic',
      `CDK cannot change the policy of an imported topic or key: that of ${topic.topicArn} must allow sns:Publish to cloudwatch.amazonaws.com and events.amazonaws.com, and that of its key, if it has one, kms:Decrypt and kms:GenerateDataKey* to both, or alarms and events are lost without a word. ${forNotices(topic)}`,
    );
}

/** What the function itself needs of an imported topic's key. */
const forNotices = ({ masterKey }: ITopic): string =>
  `For the function's own notices, that key's policy must leave kms:GenerateDataKey and kms:Decrypt to IAM, as the default one does, or allow them to the function's role${
    masterKey === undefined
      ? '; and the key must be named, so that the role is granted them: Topic.fromTopicAttributes(…, { topicArn, keyArn })'
      : ''
  }`;
