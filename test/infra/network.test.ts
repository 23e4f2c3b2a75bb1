import { App, Stack, Stage, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Peer, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AwsSolutionsChecks } from 'cdk-nag';
import { LinkRotation, LinkRotationFunction, type RotationNetwork, RotationSource } from '../../infra';
import {
  all,
  build,
  code,
  connection,
  deployed,
  env,
  type Given,
  imported,
  only,
  rotated,
  statements,
  synth,
} from './given';

/* Where the function runs, and what it can reach from there. */

const attributes = {
  vpcId: 'vpc-0a',
  vpcCidrBlock: '10.0.0.0/16',
  availabilityZones: ['us-east-1a', 'us-east-1b'],
  privateSubnetIds: ['subnet-0a', 'subnet-0b'],
  privateSubnetRouteTableIds: ['rtb-0a', 'rtb-0b'],
  isolatedSubnetIds: ['subnet-1a', 'subnet-1b'],
  isolatedSubnetRouteTableIds: ['rtb-1a', 'rtb-1b'],
};
const inVpc =
  (network: Omit<RotationNetwork, 'vpc'> = {}, more: Given = () => ({})): Given =>
  (stack) => ({ network: { vpc: Vpc.fromVpcAttributes(stack, 'Vpc', attributes), ...network }, ...more(stack) });
const isolated = { subnets: { subnetType: SubnetType.PRIVATE_ISOLATED } };

/** Where the function's place is said. */
const placeOf = (template: Template) =>
  deployed(only(template, 'AWS::Lambda::Function')[1].Properties['VpcConfig']) as
    { SubnetIds: string[]; SecurityGroupIds: string[] } | undefined;
const services = (template: Template) =>
  all(template, 'AWS::EC2::VPCEndpoint').map(({ Properties }) => String(deployed(Properties['ServiceName'])));
const own = (template: Template) =>
  all(template, 'AWS::EC2::SecurityGroup').find(
    ({ Properties }) => Properties['GroupDescription'] === 'Rotation of SingleStore links',
  );
const egress = (template: Template) =>
  (own(template)?.Properties['SecurityGroupEgress'] as { CidrIp: string; FromPort: number; ToPort: number }[]).map(
    ({ CidrIp, FromPort, ToPort }) => `${CidrIp} ${FromPort}-${ToPort}`,
  );
const ofNetworkInterfaces = (template: Template) =>
  statements(template).filter(({ Action }) => JSON.stringify(Action).includes('ec2:'));

test('outside a VPC the function has no place in one, and nothing to do with network interfaces', () => {
  const template = synth();
  expect(placeOf(template)).toBeUndefined();
  expect(ofNetworkInterfaces(template)).toEqual([]);
  template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
});

describe('in a VPC with NAT', () => {
  const template = synth(
    inVpc({}, (stack: Stack) => {
      const target = (port: number | undefined, cidr?: string) => ({
        connectionSecret: imported(stack, connection),
        links: ['a.b'],
        ...(port === undefined ? {} : { port }),
        ...(cidr === undefined ? {} : { peer: Peer.ipv4(cidr) }),
      });
      return { targets: [target(undefined), target(3306), target(3307, '10.0.0.0/8'), target(3306, '10.1.0.0/16')] };
    }),
  );

  test('the function is in the private subnets, with a group of its own', () => {
    expect(placeOf(template)).toEqual({
      SubnetIds: ['subnet-0a', 'subnet-0b'],
      SecurityGroupIds: [expect.stringMatching(/SecurityGroup.*\.GroupId$/)],
    });
  });

  test('that group lets out HTTPS and the clusters, each once, and nobody in', () => {
    expect(egress(template)).toEqual([
      '0.0.0.0/0 443-443',
      '0.0.0.0/0 3306-3306',
      '10.0.0.0/8 3307-3307',
      '10.1.0.0/16 3306-3306',
    ]);
    expect(own(template)?.Properties).not.toHaveProperty('SecurityGroupIngress');
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('the role may do what Lambda does with network interfaces, and nothing else in EC2', () => {
    expect(ofNetworkInterfaces(template)).toEqual([
      {
        Effect: 'Allow',
        Resource: '*',
        Action: [
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
      },
    ]);
    expect(only(template, 'AWS::IAM::Role')[1].Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('no endpoint is made', () => {
    expect(services(template)).toEqual([]);
  });
});

test.each([{}, isolated, { endpoints: 'create' as const }])(
  'a VPC that CDK has yet to look up is taken as it comes in the first pass of synth: %j',
  (network) => {
    const looked = (): Template =>
      synth((stack) => ({ network: { vpc: Vpc.fromLookup(stack, 'Vpc', { vpcId: 'vpc-0a' }), ...network } }));
    expect(looked).not.toThrow();
  },
);

describe('in isolated subnets with endpoints on request', () => {
  const template = synth(inVpc({ ...isolated, endpoints: 'create' }));
  const endpoints = Object.entries(template.findResources('AWS::EC2::VPCEndpoint'));

  test('there is a way to each service that the function calls', () => {
    expect(services(template).sort()).toEqual([
      'com.amazonaws.AWS::Region.dynamodb',
      'com.amazonaws.AWS::Region.s3',
      'com.amazonaws.iam',
      'com.amazonaws.us-east-1.secretsmanager',
      'com.amazonaws.us-east-1.sns',
      'com.amazonaws.us-east-1.sts',
    ]);
  });

  test('there is none to SNS when the function tells nobody', () => {
    const silent = synth((stack) => ({ ...inVpc({ ...isolated, endpoints: 'create' })(stack), notices: 'none' }));
    expect(services(silent)).not.toContain('com.amazonaws.us-east-1.sns');
  });

  test.each([
    ['Interface', { SubnetIds: ['subnet-1a', 'subnet-1b'], PrivateDnsEnabled: true }, 4],
    ['Gateway', { RouteTableIds: ['rtb-1a', 'rtb-1b'] }, 2],
  ])('each of type %s is reached from these subnets', (VpcEndpointType, properties, count) => {
    const found = Object.keys(
      template.findResources('AWS::EC2::VPCEndpoint', { Properties: { VpcEndpointType, ...properties } }),
    );
    expect(found).toHaveLength(count);
  });

  test('the endpoints admit HTTPS from all of the VPC, whose names lead to them, and from the function', () => {
    const [group] = placeOf(template)?.SecurityGroupIds ?? [];
    const admitted = all(template, 'AWS::EC2::SecurityGroupIngress').map(({ Properties }) => deployed(Properties));
    expect(admitted).toEqual(
      Array(4).fill(expect.objectContaining({ SourceSecurityGroupId: group, FromPort: 443, ToPort: 443 })),
    );
    const ingress = all(template, 'AWS::EC2::SecurityGroup').flatMap(
      ({ Properties }) => Properties['SecurityGroupIngress'] ?? [],
    );
    expect(ingress).toEqual(
      Array(4).fill({ CidrIp: '10.0.0.0/16', IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Description: 'The VPC' }),
    );
  });

  test('those with security groups are at hand, to let others in', () => {
    const stack = build(inVpc({ ...isolated, endpoints: 'create' }));
    const rotation = stack.node.findAll().find((child) => child instanceof LinkRotation);
    rotation?.endpoints.forEach(({ connections }) => {
      connections.allowDefaultPortFrom(Peer.ipv4('10.9.0.0/16'));
    });
    expect(JSON.stringify(Template.fromStack(stack).toJSON()).match(/10\.9\.0\.0\/16"/g)).toHaveLength(4);
  });

  test('cdk-nag, which cannot read the addresses of a VPC that is yet to be made, finds nothing in them', () => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const stack = new Stack(app, 'Stack', { env });
    const network = { vpc: new Vpc(stack, 'Vpc', { natGateways: 0 }), endpoints: 'create' as const };
    new LinkRotationFunction(stack, 'Function', { code, network });
    let found = '';
    try {
      app.synth();
    } catch (error) {
      found = String(error);
    }
    expect([...new Set(found.match(/AwsSolutions-\w+/g))]).toEqual(['AwsSolutions-VPC7']); // the VPC's own: no flow log
  });

  test('a VPC that does not tell its addresses is refused', () => {
    const silent: Given = (stack) => ({
      network: {
        ...isolated,
        vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { ...attributes, vpcCidrBlock: undefined }),
        endpoints: 'create',
      },
    });
    expect(() => synth(silent)).toThrow(
      new Error(
        `'network.vpc' must tell its vpcCidrBlock, which the endpoints that are made admit, got vpc-0a without one`,
      ),
    );
  });

  test('a second function in the VPC uses them, in this stack or another, and none is made twice', () => {
    // GIVEN
    const app = new App();
    const network = (stack: Stack, id: string, endpoints: 'create' | 'existing') => ({
      vpc: Vpc.fromVpcAttributes(stack, id, attributes),
      ...isolated,
      endpoints,
    });
    const [first, other] = ['First', 'Other'].map((id) => new Stack(app, id, { env })) as [Stack, Stack];
    new LinkRotationFunction(first, 'Maker', { code, network: network(first, 'A', 'create') });
    for (const stack of [first, other]) {
      // THEN
      const second = (endpoints: 'create' | 'existing') => () =>
        new LinkRotationFunction(stack, endpoints, { code, network: network(stack, `B${endpoints}`, endpoints) });
      expect(second('existing')).not.toThrow();
      expect(second('create')).toThrow(
        new Error(
          `'network.endpoints' of a VPC are made once, and serve all of it: another function in it says 'existing', got 'create' a second time for vpc-0a`,
        ),
      );
    }
  });

  test.each([['create', 'existing'] as const, ['existing', 'create'] as const])(
    'stages of one app, which wait for no other, synthesise in the order %s, %s',
    (...order) => {
      const app = new App();
      for (const endpoints of order) {
        const stack = new Stack(new Stage(app, endpoints, { env }), 'Stack');
        const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', attributes);
        new LinkRotationFunction(stack, 'Function', { code, network: { vpc, ...isolated, endpoints } });
      }
      expect(() => app.synth()).not.toThrow();
    },
  );

  test.each([
    ['before', false],
    ['after', true],
  ])('a function that uses them waits for them, in their stack and in another, built %s them', (_, makerFirst) => {
    const app = new App();
    const [first, other] = ['First', 'Other'].map((id) => new Stack(app, id, { env })) as [Stack, Stack];
    const make = (stack: Stack, id: string, endpoints: 'create' | 'existing') =>
      new LinkRotationFunction(stack, id, {
        code,
        network: {
          vpc: Vpc.fromVpcAttributes(stack, `${id}Vpc`, attributes),
          securityGroups: [SecurityGroup.fromSecurityGroupId(stack, `${id}Group`, 'sg-0a')],
          ...isolated,
          endpoints,
        },
      });
    if (makerFirst) make(first, 'Maker', 'create');
    for (const stack of [first, other]) make(stack, 'User', 'existing');
    if (!makerFirst) make(first, 'Maker', 'create');
    const template = Template.fromStack(first);
    const functions = Object.entries(template.findResources('AWS::Lambda::Function')) as [
      string,
      { DependsOn?: string[] },
    ][];
    const users = functions.filter(([id]) => id.startsWith('User'));
    expect(users).toHaveLength(2);
    for (const [, { DependsOn }] of users)
      expect(DependsOn).toEqual(expect.arrayContaining(Object.keys(template.findResources('AWS::EC2::VPCEndpoint'))));
    expect(other.dependencies).toEqual([first]);
    expect(first.dependencies).toEqual([]);
  });

  test('the function comes after them: its first call is a minute away, and the pre-flight sooner', () => {
    const { DependsOn } = only(template, 'AWS::Lambda::Function')[1];
    expect(DependsOn).toEqual(expect.arrayContaining(endpoints.map(([id]) => id)));
    expect(DependsOn).toEqual(
      expect.arrayContaining(Object.keys(template.findResources('AWS::EC2::SecurityGroupIngress'))),
    );
  });
});

describe('in isolated subnets', () => {
  test('outside us-east-1 no endpoint for IAM is made: there is none', () => {
    const region = 'eu-west-1';
    const far = (arn: string) => arn.replace(env.region, region);
    const template = synth(
      inVpc({ ...isolated, endpoints: 'create' }, (stack) => ({
        secret: imported(stack, far(rotated)),
        targets: [{ connectionSecret: imported(stack, far(connection)), links: ['a.b'] }],
        source: RotationSource.mirror(imported(stack, far(connection).replace('singlestore', 'mirrored'))),
      })),
      { env: { ...env, region } },
    );
    expect(services(template).join()).not.toContain('iam');
    expect(services(template)).toHaveLength(5);
  });

  test('with endpoints that are there none is made', () => {
    const template = synth(inVpc({ ...isolated, endpoints: 'existing' }));
    expect(placeOf(template)?.SubnetIds).toEqual(['subnet-1a', 'subnet-1b']);
    expect(services(template)).toEqual([]);
  });
});

test('subnets that are none, and endpoints that are neither, are refused', () => {
  expect(() => synth(inVpc({ subnets: { availabilityZones: ['us-east-1z'] } }))).toThrow(
    new Error(
      `'network.subnets' must select at least one of the VPC's, got none by {"availabilityZones":["us-east-1z"]}`,
    ),
  );
  expect(() => synth(inVpc({ ...isolated, endpoints: 'Create' as never }))).toThrow(
    new Error(`'network.endpoints' must be 'create' or 'existing', got 'Create'`),
  );
});

test.each([0, 1])(
  'private subnets of this app with %d NAT gateways: without, synth warns that IAM may be out of reach',
  (natGateways) => {
    const subnetType = SubnetType.PRIVATE_WITH_EGRESS;
    const subnetConfiguration = [SubnetType.PUBLIC, subnetType].map((type) => ({ name: type, subnetType: type }));
    const stack = build((own) => ({
      network: { vpc: new Vpc(own, 'Vpc', { natGateways, subnetConfiguration }), subnets: { subnetType } },
    }));
    const said = JSON.stringify(
      stack.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => data as unknown)),
    );
    expect(said.includes(`no route to a NAT gateway`)).toBe(natGateways === 0);
  },
);

test('no groups at all are refused', () => {
  expect(() => synth(inVpc({ securityGroups: [] }))).toThrow(
    new Error(`'network.securityGroups' must have at least one, or be left out for one that is made, got []`),
  );
});

test('groups that are given are used as they are, and admitted by the endpoints that are made', () => {
  const template = synth((stack) => ({
    ...inVpc({
      ...isolated,
      endpoints: 'create',
      securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Theirs', 'sg-0a', { mutable: false })],
    })(stack),
  }));
  expect(placeOf(template)?.SecurityGroupIds).toEqual(['sg-0a']);
  expect(own(template)).toBeUndefined();
  const admitted = all(template, 'AWS::EC2::SecurityGroupIngress').map(({ Properties }) => Properties);
  expect(admitted).toEqual(Array(4).fill(expect.objectContaining({ SourceSecurityGroupId: 'sg-0a' })));
});
