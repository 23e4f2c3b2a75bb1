import { type Function } from 'aws-cdk-lib/aws-lambda';
import { type IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { completeArn, type RotationOptions } from './rotation-options';

const allow = (role: IRole, resources: readonly string[], ...actions: string[]): void => {
  role.addToPrincipalPolicy(new PolicyStatement({ resources: [...resources], actions }));
};

/** What every rotation function may do: keep its journal and write its log. */
export function allowFunction(role: IRole, tableArn: string, logGroupArn: string): void {
  allow(role, [tableArn], 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query');
  allow(role, [logGroupArn], 'logs:CreateLogStream', 'logs:PutLogEvents');
}

/** What Lambda does on behalf of a function in a VPC; these actions take no ARN. */
export function allowNetwork(role: IRole): void {
  allow(
    role,
    ['*'],
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  );
  acknowledge(
    role,
    'AwsSolutions-IAM5',
    'Lambda makes network interfaces in subnets of its choice; these actions of EC2 take no ARN',
  );
}

/** What the rotation of one secret needs, on the ARNs in question. */
export function allowRotation(role: IRole, secret: ISecret, { source, targets }: RotationOptions): void {
  const { user, mirrored } = source;
  allow(
    role,
    [completeArn('secret', secret)],
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
    'secretsmanager:UpdateSecretVersionStage',
  );
  allow(
    role,
    [...new Set(targets.map(({ connectionSecret }) => completeArn('connectionSecret', connectionSecret)))],
    'secretsmanager:GetSecretValue',
  );
  if (user !== undefined)
    allow(
      role,
      [user.userArn],
      'iam:CreateAccessKey',
      'iam:ListAccessKeys',
      'iam:UpdateAccessKey',
      'iam:DeleteAccessKey',
      'iam:GetAccessKeyLastUsed',
    );
  if (mirrored !== undefined)
    allow(role, [completeArn('source', mirrored)], 'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue');
  allowKey(role, secret.encryptionKey, 'kms:Decrypt', 'kms:GenerateDataKey');
  for (const { connectionSecret } of targets) allowKey(role, connectionSecret.encryptionKey, 'kms:Decrypt');
  allowKey(role, mirrored?.encryptionKey, 'kms:Decrypt');
}

/** Through Secrets Manager only. */
function allowKey(role: IRole, key: IKey | undefined, ...actions: string[]): void {
  if (key === undefined) return;
  const { region } = Stack.of(role);
  const conditions = { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } };
  role.addToPrincipalPolicy(new PolicyStatement({ resources: [key.keyArn], actions, conditions }));
}

/**
 * Whoever starts a rotation must be allowed to invoke the rotation function: this one starts those that follow a mirrored
 * secret. A policy of its own, since the function waits for the role's first policy, and this one waits for the function.
 */
export function allowStarting(scope: Construct, rotator: Function): (secret: ISecret) => void {
  let policy: Policy | undefined;
  return (secret) => {
    policy ??= new Policy(scope, 'MayStartRotations', {
      roles: rotator.role === undefined ? [] : [rotator.role],
      statements: [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [rotator.functionArn] })],
    });
    policy.addStatements(
      new PolicyStatement({
        actions: ['secretsmanager:RotateSecret'],
        resources: [completeArn('secret', secret)],
      }),
    );
  };
}

/** For cdk-nag: a rule that does not fit here, and why. */
export function acknowledge(scope: Construct | IRole, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason });
}
