import { Stack, Validations } from 'aws-cdk-lib';
import { type IRole, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { domainOf, keyOf } from './encryption';
import { completeArn, type RotationOptions } from './rotation-options';
import { deployedSize } from './size';

const allow = (role: IRole, resources: readonly string[], ...actions: string[]): void => {
  role.addToPrincipalPolicy(new PolicyStatement({ resources: [...resources], actions }));
};

/** A key, only for what this service does with it in the role's name. What KMS calls it in China is nowhere documented: either will do. */
function through(service: string, role: IRole): object {
  const stack = Stack.of(role);
  const names = ['amazonaws.com', domainOf(stack)].map((domain) => `${service}.${stack.region}.${domain}`);
  const [one, other] = names;
  return { StringEquals: { 'kms:ViaService': one === other ? one : names } };
}

/** What every rotation function may do: keep its journal and write its log. */
export function allowFunction(role: IRole, tableArn: string, logGroupArn: string): void {
  allow(role, [tableArn], 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query');
  allow(role, [logGroupArn], 'logs:CreateLogStream', 'logs:PutLogEvents');
}

/** What the function that only looks may do beside looking at secrets and keys: read the journal, and write its own log. */
export function allowViewer(role: IRole, tableArn: string, logGroupArn: string): void {
  allow(role, [tableArn], 'dynamodb:GetItem', 'dynamodb:Query');
  allow(role, [logGroupArn], 'logs:CreateLogStream', 'logs:PutLogEvents');
}

/** Of what a rotation needs: what changes nothing. */
const reading: ReadonlySet<string> = new Set([
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'iam:ListAccessKeys',
  'iam:GetAccessKeyLastUsed',
  'kms:Decrypt',
]);

/** To tell people: with the topic's key, when it has one that is known. */
export function allowNotices(role: IRole, { topicArn, masterKey }: ITopic): void {
  allow(role, [topicArn], 'sns:Publish');
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  if (masterKey === undefined) return;
  const { keyArn } = keyOf('topic.masterKey', masterKey, Stack.of(role));
  const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
  role.addToPrincipalPolicy(new PolicyStatement({ resources: [keyArn], actions, conditions: through('sns', role) }));
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
    'AwsSolutions-IAM5[Resource::*]',
    'Lambda makes network interfaces in subnets of its choice; these actions of EC2 take no ARN',
  );
}

/** CDK moves whole statements to further policies when the inline one, of 10,000 bytes, is full, and has 6,000 bytes for each. Bytes. */
const roomInStatement = 5_900;
/** Of a role, and characters of each: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. */
const [mostPolicies, roomInPolicy] = [10, 6_144];

/** What is wrong with the role of a function when the whole tree is there, CDK's further policies among it. */
export function policyProblems(scope: Construct, viewer: Construct | undefined): string[] {
  const others = scope.node.children.filter((child) => child !== viewer); // its role may do less, and has no more policies
  const policies = others.flatMap(({ node }) => node.findAll()).filter((child) => child instanceof ManagedPolicy);
  if (policies.length <= mostPolicies) return [];
  return [
    `what the function may do takes ${policies.length} managed policies of ${roomInPolicy} characters beside the inline one, and a role has room for ${mostPolicies}: share the rotations between several functions`,
  ];
}

/** What the rotations of secrets need, on the ARNs in question: those of one kind share statements. */
export class RotationPermissions {
  readonly #open = new Map<string, PolicyStatement>();
  readonly #given = new Set<string>();

  /** @param looksOnly whether the role is given the reading part only, and follows no mirrored secret */
  constructor(
    private readonly role: IRole,
    private readonly looksOnly = false,
  ) {}

  add(secret: ISecret, { source, targets }: RotationOptions): void {
    const { user, mirrored } = source;
    const read = 'secretsmanager:GetSecretValue';
    const describe = 'secretsmanager:DescribeSecret';
    const start = mirrored === undefined ? [] : ['secretsmanager:RotateSecret'];
    this.#allow(
      completeArn('secret', secret),
      describe,
      read,
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
      ...start,
    );
    for (const { connectionSecret } of targets) this.#allow(completeArn('connectionSecret', connectionSecret), read);
    if (user !== undefined)
      this.#allow(
        user.userArn,
        'iam:CreateAccessKey',
        'iam:ListAccessKeys',
        'iam:UpdateAccessKey',
        'iam:DeleteAccessKey',
        'iam:GetAccessKeyLastUsed',
      );
    if (mirrored !== undefined)
      this.#allow(completeArn('source', mirrored), ...(this.looksOnly ? [] : [describe]), read);
    this.#allowKey('secret', secret.encryptionKey, 'kms:Decrypt', 'kms:GenerateDataKey');
    for (const { connectionSecret } of targets)
      this.#allowKey('connectionSecret', connectionSecret.encryptionKey, 'kms:Decrypt');
    this.#allowKey('source', mirrored?.encryptionKey, 'kms:Decrypt');
  }

  #allowKey(prop: string, key: IKey | undefined, ...actions: string[]): void {
    if (key !== undefined) this.#allow(keyOf(`${prop}.encryptionKey`, key, Stack.of(this.role)).keyArn, ...actions);
  }

  #allow(arn: string, ...needed: string[]): void {
    const actions = needed.filter((action) => !this.looksOnly || reading.has(action));
    const kind = actions.join();
    if (this.#given.has(`${kind} ${arn}`)) return;
    this.#given.add(`${kind} ${arn}`);
    const conditions = kind.startsWith('kms:') ? through('secretsmanager', this.role) : {};
    const open = this.#open.get(kind);
    if (open !== undefined && deployedSize([[...open.resources, arn], actions, conditions]) <= roomInStatement) {
      open.addResources(arn);
      return;
    }
    const statement = new PolicyStatement({ resources: [arn], actions, conditions });
    this.#open.set(kind, statement);
    this.role.addToPrincipalPolicy(statement);
  }
}

/**
 * Whoever starts a rotation must be allowed to invoke the rotation function: this one starts those that follow a mirrored
 * secret. A policy of its own, since the function waits for the role's others, and this one waits for the function. A managed
 * one, since all inline policies of a role share 10,240 characters.
 */
export function allowStarting(scope: Construct, rotator: Function): () => void {
  let isAllowed = false;
  return () => {
    if (isAllowed) return;
    isAllowed = true;
    new ManagedPolicy(scope, 'MayStartRotations', {
      description: 'The rotation function starts the rotations that follow a mirrored secret',
      roles: rotator.role === undefined ? [] : [rotator.role],
      statements: [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [rotator.functionArn] })],
    });
  };
}

/** For cdk-nag: a rule that does not fit here, and why. */
export function acknowledge(scope: Construct | IRole, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason });
}
