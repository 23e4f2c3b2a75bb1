import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc, type VpcAttributes } from 'aws-cdk-lib/aws-ec2';
import { User } from 'aws-cdk-lib/aws-iam';
import {
  LinkRotationFunction,
  type LinkRotationFunctionProps,
  type RotationNetwork,
  RotationSource,
} from '../../infra';
import { all, arn, code, deployed, env, imported } from './given';

/* Several functions in one VPC: what one of them makes must do for the others. */

const attributes: VpcAttributes = {
  vpcId: 'vpc-0a',
  vpcCidrBlock: '10.0.0.0/16',
  availabilityZones: ['us-east-1a'],
  isolatedSubnetIds: ['subnet-1a'],
  isolatedSubnetRouteTableIds: ['rtb-1a'],
};
const isolated = { subnets: { subnetType: SubnetType.PRIVATE_ISOLATED } };

type Role = 'create' | 'existing';

/** Two functions of one app, the first of which makes the endpoints: built in the order that is asked for. */
function two(
  order: readonly Role[],
  given: Partial<Record<Role, Partial<LinkRotationFunctionProps>>>,
  {
    attributesOf = {},
    rotates = false,
    region = true,
  }: { attributesOf?: Partial<Record<Role, VpcAttributes>>; rotates?: boolean; region?: boolean } = {},
): Stack {
  const stack = new Stack(new App(), 'Stack', region ? { env } : {});
  for (const endpoints of order) {
    const vpc = Vpc.fromVpcAttributes(stack, `${endpoints}Vpc`, attributesOf[endpoints] ?? attributes);
    const network = { vpc, ...isolated, endpoints };
    const made = new LinkRotationFunction(stack, endpoints, { code, network, statusPage: false, ...given[endpoints] });
    if (rotates && endpoints === 'existing')
      made.rotate('Rotation', {
        secret: imported(stack, arn('a-AbCdEf')),
        source: RotationSource.iamUser(User.fromUserName(stack, 'User', 'ingest')),
        targets: [{ connectionSecret: imported(stack, arn('b-AbCdEf')), links: ['a.b'] }],
      });
  }
  return stack;
}

/** The subnets' route tables in which the gateways that are made have routes, each once. */
function routesOf(stack: Stack): unknown[] {
  const gateways = all(Template.fromStack(stack), 'AWS::EC2::VPCEndpoint').filter(
    ({ Properties }) => Properties['VpcEndpointType'] === 'Gateway',
  );
  expect(gateways).toHaveLength(2);
  return [...new Set(gateways.map(({ Properties }) => JSON.stringify(deployed(Properties['RouteTableIds']))))].map(
    (routes) => JSON.parse(routes) as unknown,
  );
}

test('the gateways are reached from all subnets that have no way out, so that a function elsewhere may say existing', () => {
  // GIVEN
  const stack = new Stack(new App(), 'Stack', { env });
  const subnetConfiguration = (['app', 'data'] as const).map((name) => ({
    name,
    subnetType: SubnetType.PRIVATE_ISOLATED,
  }));
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 1, subnetConfiguration });
  // WHEN
  for (const [subnetGroupName, endpoints] of [
    ['app', 'create'],
    ['data', 'existing'],
  ] as const)
    new LinkRotationFunction(stack, endpoints, { code, network: { vpc, subnets: { subnetGroupName }, endpoints } });
  // THEN
  expect(routesOf(stack)).toEqual([
    vpc.isolatedSubnets.map(({ routeTable }) => deployed(stack.resolve(routeTable.routeTableId))),
  ]);
  expect(vpc.isolatedSubnets).toHaveLength(2);
});

test('subnets with a NAT gateway are left alone, and such whose route table is unknown', () => {
  const stack = new Stack(new App(), 'Stack', { env });
  const network = (id: string, more: Partial<VpcAttributes>, selection: RotationNetwork['subnets']) => ({
    vpc: Vpc.fromVpcAttributes(stack, id, { ...attributes, ...more }),
    subnets: selection,
    endpoints: 'create' as const,
  });
  const natted = { privateSubnetIds: ['subnet-0a'], privateSubnetRouteTableIds: ['rtb-0a'] };
  new LinkRotationFunction(stack, 'Maker', { code, network: network('Vpc', natted, isolated.subnets) });
  expect(routesOf(stack)).toEqual([['rtb-1a']]);
});

test('a function whose own route table is unknown makes none', () => {
  const unknown = { ...attributes, isolatedSubnetRouteTableIds: undefined };
  expect(() => two(['create'], {}, { attributesOf: { create: unknown as unknown as VpcAttributes } })).toThrow(
    new Error(
      `'network.vpc' must tell the route tables of its subnets, which lead to the gateways that are made, got subnet-1a without one`,
    ),
  );
});

describe.each([[['create', 'existing']], [['existing', 'create']]] as const)('built in the order %j', (order) => {
  const needs = (what: string, remedy: string) =>
    new Error(
      `'network.endpoints' of vpc-0a, as this app makes them, have no ${what}, which Stack/existing needs: ${remedy}`,
    );

  test('a function that needs nothing else says existing', () => {
    expect(() => two(order, {}, { rotates: true })).not.toThrow();
  });

  test('one that tells people is refused beside endpoints without SNS, and says existing where it tells nobody', () => {
    expect(() => two(order, { create: { notices: 'none' } })).toThrow(
      needs(
        'SNS',
        `let this one say 'create' and the one that makes them 'existing', or give this one notices: 'none'`,
      ),
    );
    expect(() => two(order, { create: { notices: 'none' }, existing: { notices: 'none' } })).not.toThrow();
    expect(() => two(order, { existing: { notices: 'none' } })).not.toThrow();
  });

  test('one with an IAM user is refused where the Region is not known to have an endpoint of IAM', () => {
    expect(() => two(order, {}, { rotates: true, region: false })).toThrow(
      needs('IAM', `it is made where the stack of the one that makes them is known to be in us-east-1`),
    );
  });

  test('one in subnets that the maker does not know of is refused, unless they share a route table', () => {
    const elsewhere = (routeTable: string) => ({
      attributesOf: {
        existing: { ...attributes, isolatedSubnetIds: ['subnet-2a'], isolatedSubnetRouteTableIds: [routeTable] },
      },
    });
    expect(() => two(order, {}, elsewhere('rtb-2a'))).toThrow(
      needs(
        'route from subnet-2a to DynamoDB and S3',
        `name that subnet and its route table in the VPC that is given to the one that makes them`,
      ),
    );
    expect(() => two(order, {}, elsewhere('rtb-1a'))).not.toThrow();
  });
});

test('where nobody of the app makes them, who says that they are there is believed', () => {
  expect(() => two(['existing'], {}, { rotates: true, region: false })).not.toThrow();
});

test('one in subnets with a NAT gateway needs none of them', () => {
  const natted = {
    vpcId: 'vpc-0a',
    availabilityZones: ['us-east-1a'],
    privateSubnetIds: ['subnet-0a'],
    privateSubnetRouteTableIds: ['rtb-0a'],
  };
  const stack = two(['create'], { create: { notices: 'none' } });
  const vpc = Vpc.fromVpcAttributes(stack, 'Natted', natted);
  expect(
    () => new LinkRotationFunction(stack, 'Natted1', { code, network: { vpc, endpoints: 'existing' } }),
  ).not.toThrow();
});
