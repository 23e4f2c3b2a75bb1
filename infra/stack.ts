import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { LinkRotation } from './link-rotation';
import type { WhatIsTold } from './notification';
import { RotationSource } from './source';

export interface LinkRotationStackProps extends StackProps {
  /** Complete ARN of the secret to rotate. @default a new one */
  readonly secretId?: string;
  /** Name of the new one. @default one that CDK makes up */
  readonly secretName?: string;
  /** ARN of the KMS key of both secrets. @default they are under the account's own key for Secrets Manager */
  readonly kmsKey?: string;
  /** The IAM user whose access keys the secret holds: its name, or the ARN of one that stands under a path, which permissions name. */
  readonly userName: string;
  /** Complete ARN of the secret with the cluster's address and login. */
  readonly connectionSecretId: string;
  /** `database.link` or `database.*`. At least one. */
  readonly links: readonly string[];
  /** Whom alarms and failed rotations are told. @default nobody */
  readonly email?: string;
  /** What the function itself tells them, in words and once a rotation. @default 'failures' */
  readonly notices?: WhatIsTold;
  /** @default the construct's: the first day of each month from 03:00 UTC */
  readonly schedule?: string;
}

/** One secret, one IAM user, one cluster. More than that is a stack of your own around {@link LinkRotation}. */
export class LinkRotationStack extends Stack {
  constructor(scope: Construct, id: string, props: LinkRotationStackProps) {
    super(scope, id, {
      description: 'Rotates the credentials of SingleStore links',
      terminationProtection: true, // without the watchdog nothing resumes what a dead rotation left paused
      ...props,
    });
    const encryptionKey = props.kmsKey === undefined ? undefined : Key.fromKeyArn(this, 'Key', props.kmsKey);
    const known = (name: string, secretCompleteArn: string): ISecret =>
      Secret.fromSecretAttributes(this, name, { secretCompleteArn, encryptionKey });
    const isNew = props.secretId === undefined;
    const user = props.userName.startsWith('arn:')
      ? User.fromUserArn(this, 'User', props.userName)
      : User.fromUserName(this, 'User', props.userName);
    const rotation = new LinkRotation(this, 'LinkRotation', {
      secret: isNew ? undefined : known('Secret', props.secretId),
      secretName: props.secretName,
      secretKey: isNew ? encryptionKey : undefined,
      source: RotationSource.iamUser(user),
      targets: [{ connectionSecret: known('ConnectionSecret', props.connectionSecretId), links: props.links }],
      schedule: props.schedule,
      email: props.email,
      notices: props.notices,
    });
    new CfnOutput(this, 'SecretArn', { value: rotation.secret.secretArn });
    new CfnOutput(this, 'FunctionName', { value: rotation.function.functionName });
    if (rotation.statusFunction !== undefined)
      new CfnOutput(this, 'StatusFunctionName', { value: rotation.statusFunction.functionName });
    new CfnOutput(this, 'LogGroupName', { value: rotation.logGroup.logGroupName });
    new CfnOutput(this, 'JournalTableName', { value: rotation.journal.tableName });
    new CfnOutput(this, 'DashboardName', { value: rotation.dashboard.dashboardName });
    new CfnOutput(this, 'TopicArn', { value: rotation.topic.topicArn });
  }
}
