import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { User } from 'aws-cdk-lib/aws-iam';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { LinkRotation, type LinkRotationProps, RotationSource } from '../../infra';
import { resourcesOf } from '../support/deployed';

/* What the claims about infra/ are made of: a stack around one rotation, and ways to look into its template. */

export const env = { account: '111122223333', region: 'us-east-1' };
export const arn = (name: string, region = env.region) =>
  `arn:${RegionInfo.get(region).partition}:secretsmanager:${region}:111122223333:secret:${name}`;
export const rotated = arn('prod/s3-ingest-AbCdEf');
export const connection = arn('prod/singlestore-AbCdEf');

export const code = Code.fromInline('exports.handler = () => {}');

export function imported(stack: Stack, secretArn: string): ISecret {
  return Secret.fromSecretCompleteArn(stack, `Secret${stack.node.children.length}`, secretArn);
}

export type Given = (stack: Stack) => Partial<LinkRotationProps>;

/** In private subnets, from which there is a way out, of a VPC that is there. */
export const inVpc: Given = (stack) => ({
  network: {
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0a',
      availabilityZones: ['us-east-1a'],
      privateSubnetIds: ['subnet-0a'],
    }),
    subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
  },
});

/** A stack with one rotation; not synthesised yet. */
export function build(given: Given = () => ({}), props: StackProps = { env }): Stack {
  const stack = new Stack(new App(), 'Stack', props);
  new LinkRotation(stack, 'Rotation', {
    secret: imported(stack, rotated),
    source: RotationSource.iamUser(User.fromUserName(stack, 'User', 'singlestore-ingest')),
    targets: [{ connectionSecret: imported(stack, connection), links: ['analytics.analytics_link'] }],
    code,
    statusPage: false, // the second function has claims of its own
    ...given(stack),
  });
  return stack;
}

/** A stack's template, as far as it is about the function that rotates or, by its handler, the other. */
export const templateOf = (stack: Stack, handler = 'index.handler'): Template => {
  const template = Template.fromStack(stack).toJSON();
  return Template.fromJSON({ ...template, Resources: resourcesOf(template, handler) });
};

export const synth = (given?: Given, props?: StackProps): Template => Template.fromStack(build(given, props));

export type Resource = { Properties: Record<string, unknown>; DependsOn?: string[] };

/** The only resource of a type, as [logical id, resource]. */
export function only(template: Template, type: string): [string, Resource] {
  const found = Object.entries(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0] as [string, Resource];
}

export function all(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as Resource[];
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Principal?: { Service?: string | string[] };
  Condition?: unknown;
}

export const statementsOf = ({ Properties }: Resource, key = 'PolicyDocument'): Statement[] =>
  (Properties[key] as { Statement: Statement[] }).Statement;

/** All that the function's role may do. */
export function statements(template: Template): Statement[] {
  const policies = [...all(template, 'AWS::IAM::Policy'), ...all(template, 'AWS::IAM::ManagedPolicy')];
  return policies.flatMap((policy) => statementsOf(policy));
}

/** What the role may do with the resources that `matches` picks. */
export function actionsOn(template: Template, matches: (resource: string) => boolean): string[] {
  return statements(template)
    .filter(({ Resource }) => [Resource].flat().some((resource) => matches(JSON.stringify(resource))))
    .flatMap(({ Action }) => Action)
    .sort();
}

/** A value of the template as it may be deployed: what becomes known only then is written by its logical name. */
export function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed);
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return Ref;
  if (Array.isArray(attribute)) return attribute.join('.');
  if (Array.isArray(joined)) return (deployed(joined[1]) as string[]).join(String(joined[0]));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deployed(inner)]));
}

export function variables(template: Template): Record<string, unknown> {
  const [, rotator] = only(template, 'AWS::Lambda::Function');
  return (deployed(rotator.Properties['Environment']) as { Variables: Record<string, unknown> }).Variables;
}
