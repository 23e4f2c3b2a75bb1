import type { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type LinkRotationProps, RotationSource } from '../../infra';
import { example } from '../support/deployed';
import { type Given, inVpc } from './given';

/* The shapes of a stack that differ in what its roles may do. */

const keys = Object.fromEntries(
  Object.entries(example).map(([name, secret]) => [secret, `arn:aws:kms:us-east-1:111122223333:key/of-${name}`]),
);
function withKey(stack: Stack, secretCompleteArn: string): ISecret {
  const id = `Secret${stack.node.children.length}`;
  const encryptionKey = Key.fromKeyArn(stack, `${id}Key`, keys[secretCompleteArn] ?? '');
  return Secret.fromSecretAttributes(stack, id, { secretCompleteArn, encryptionKey });
}
/** Soon at its end, on a machine that all share. */
const quick: Partial<LinkRotationProps> = {
  retireAfterHours: 0,
  limits: { connections: 4 },
  notices: 'all',
};
const link = 'analytics.analytics_link';
const underKeys = (stack: Stack): Partial<LinkRotationProps> => ({
  ...quick,
  secret: withKey(stack, example.secret),
  targets: [{ connectionSecret: withKey(stack, example.connection), links: [link] }],
});

export interface Shape {
  readonly what: string;
  readonly given: Given;
  /** Whether a rotation comes about by a change of the mirrored secret. */
  readonly mirrors?: true;
  readonly keys?: Readonly<Record<string, string>>;
  /** Of the function that rotates: some that must be among what is allowed, so that the shape is what it says. */
  readonly among: RegExp;
}

export const shapes: readonly Shape[] = [
  { what: 'access keys of a user', given: () => quick, among: /^sns:Publish .*:topic$/ },
  {
    what: 'access keys of a user, in a VPC, with keys of KMS, and definitions that are stored',
    given: (stack) => ({
      ...underKeys(stack),
      ...inVpc(stack),
      targets: [{ connectionSecret: withKey(stack, example.connection), links: Array<string>(150).fill(link) }],
    }),
    keys,
    among: /^secretsmanager:GetSecretValue .*Definitions/,
  },
  {
    what: 'a mirrored secret, with keys of KMS',
    given: (stack) => ({
      ...underKeys(stack),
      source: RotationSource.mirror(withKey(stack, example.mirrored), { overlap: true }),
    }),
    mirrors: true,
    keys,
    among: /^kms:Decrypt .*key\/of-mirrored$/,
  },
];
