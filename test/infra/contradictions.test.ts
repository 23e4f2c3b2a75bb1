import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { User } from 'aws-cdk-lib/aws-iam';

import { LinkRotationFunction, RotationSource } from '../../infra';

import { arn, build, code, connection, env, type Given, imported } from './given';

/* What would fail halfway through a deployment, or at night, fails at synth. */

/* What single settings do not tell: rotations of one app, and ways out of a VPC. */

describe('what the rotations of one app share', () => {
  const shared = (props: StackProps = { env }) => {
    const app = new App();
    const stack = new Stack(app, 'Shared', props);
    const rotator = new LinkRotationFunction(stack, 'Function', { code });
    const another = new Stack(app, 'Another', props);
    const rotate = (id: string, secret: string, source: RotationSource, links = [`${id}.link`], by = rotator) =>
      by.rotate(id, {
        secret: imported(stack, arn(secret)),
        source,
        targets: [{ connectionSecret: imported(stack, connection), links }],
      });
    return { stack, rotate, elsewhere: new LinkRotationFunction(another, 'Function', { code }) };
  };
  const user = (stack: Stack, id: string) => RotationSource.iamUser(User.fromUserName(stack, id, 'ingest'));
  const mirror = (stack: Stack) => RotationSource.mirror(imported(stack, arn('m-AbCdEf')));

  test('is not the same secret, by one function or by two', () => {
    const { stack, rotate, elsewhere } = shared();
    rotate('First', 'a-AbCdEf', user(stack, 'User'));
    for (const by of [undefined, elsewhere])
      expect(() => rotate(`Second${String(by)}`, 'a-AbCdEf', mirror(stack), ['a.b'], by)).toThrow(
        new Error(`'secret' must be of one rotation only, got '${arn('a-AbCdEf')}' a second time`),
      );
  });

  test('is not the same user', () => {
    const { stack, rotate, elsewhere } = shared();
    rotate('First', 'a-AbCdEf', user(stack, 'User'));
    for (const [secret, by] of [['b-AbCdEf'], ['c-AbCdEf', elsewhere]] as const)
      expect(() => rotate(secret, secret, user(stack, secret), ['a.b'], by)).toThrow(
        new Error(`'source' must be of one rotation only, got 'ingest' a second time`),
      );
  });

  test('is not a user whose name differs in its case only: IAM takes them for one', () => {
    const { stack, rotate, elsewhere } = shared();
    rotate('First', 'a-AbCdEf', user(stack, 'User'));
    const source = RotationSource.iamUser(User.fromUserName(stack, 'Same', 'Ingest'));
    for (const [secret, by] of [['b-AbCdEf'], ['c-AbCdEf', elsewhere]] as const)
      expect(() => rotate(secret, secret, source, ['a.b'], by)).toThrow(
        new Error(`'source' must be of one rotation only, got 'Ingest' a second time`),
      );
  });

  test('is not the name of a secret that is made, but in stacks that may go to different places', () => {
    const making = (props: StackProps) => {
      const { stack, elsewhere } = shared(props);
      const make = (by: LinkRotationFunction, link: string) =>
        by.rotate(link, {
          secretName: 'prod/new',
          source: mirror(stack),
          targets: [{ connectionSecret: imported(stack, connection), links: [`a.${link}`] }],
        });
      make(elsewhere, 'first');
      return () => make(new LinkRotationFunction(stack, 'Other', { code }), 'second');
    };
    expect(making({ env })).toThrow(
      new Error(`'secretName' must be of one rotation only, got 'prod/new' a second time`),
    );
    for (const props of [{}, { env: { account: env.account } }]) expect(making(props)).not.toThrow();
  });

  test('is not a secret that one rotates and another logs in with, whichever comes first', () => {
    const login = arn('login-AbCdEf');
    const by = (id: string, secret: string, connectionSecret: string, rotator: LinkRotationFunction, stack: Stack) =>
      rotator.rotate(id, {
        secret: imported(stack, secret),
        source: RotationSource.mirror(imported(stack, arn('m-AbCdEf'))),
        targets: [{ connectionSecret: imported(stack, connectionSecret), links: [`${id}.link`] }],
      });
    for (const first of ['rotated', 'read']) {
      const { stack, elsewhere } = shared();
      const [rotates, reads] = [
        () => by('Rotates', login, connection, elsewhere, stack),
        () => by('Reads', arn('b-AbCdEf'), login, elsewhere, stack),
      ];
      if (first === 'rotated') {
        rotates();
        expect(reads).toThrow(
          `'connectionSecret' must be a secret that no rotation of this app changes, got '${login}'`,
        );
      } else {
        reads();
        expect(rotates).toThrow(`'secret' must be no connection secret of this app, got '${login}'`);
      }
    }
  });

  test('is no circle of mirrors', () => {
    const { stack, rotate, elsewhere } = shared();
    const of = (name: string) => RotationSource.mirror(imported(stack, arn(`${name}-AbCdEf`)));
    rotate('First', 'a-AbCdEf', of('b'));
    rotate('Second', 'b-AbCdEf', of('c'));
    expect(() => rotate('Third', 'c-AbCdEf', of('a'), ['a.b'], elsewhere)).toThrow(
      new Error(`'source' must not come back to the secret that mirrors it, got '${arn('a-AbCdEf')}'`),
    );
  });

  test('may be the name of a user in stacks that may go to different accounts', () => {
    const { stack, rotate, elsewhere } = shared({});
    rotate('First', 'a-AbCdEf', user(stack, 'User'));
    expect(() => rotate('Second', 'b-AbCdEf', user(stack, 'Again'), ['a.b'], elsewhere)).not.toThrow();
  });

  test.each([
    ['a.b', 'a.b'],
    ['a.b', '`a`.`b`'],
    ['a.*', 'a.b'],
    ['`a`.b', 'a.*'],
    ['a.*', 'a.*'],
  ])('is not a link of one cluster: %s beside %s', (first, second) => {
    const { stack, rotate, elsewhere } = shared();
    rotate('First', 'a-AbCdEf', mirror(stack), [first]);
    for (const [secret, by] of [['b-AbCdEf'], ['c-AbCdEf', elsewhere]] as const)
      expect(() => rotate(secret, secret, mirror(stack), [second], by)).toThrow(
        new Error(
          `'links' must be of one rotation only, or two secrets overwrite each other: got '${second}' beside '${first}'`,
        ),
      );
  });

  test('may be a database, a link twice in one rotation, and a mirrored secret', () => {
    const { stack, rotate } = shared();
    rotate('First', 'a-AbCdEf', mirror(stack), ['a.b', 'a.b', 'b.*', 'b.c']);
    expect(() => rotate('Second', 'b-AbCdEf', mirror(stack), ['a.c', 'a.`*`', 'A.b'])).not.toThrow();
  });

  test('is no more than a secret has room for', () => {
    const { stack, rotate } = shared();
    const many = () => {
      for (let at = 0; at < 500; at++)
        rotate(`Secret${at}`, `${at}-AbCdEf`, RotationSource.mirror(imported(stack, arn(`m${at}-AbCdEf`))));
    };
    expect(many).toThrow(
      /^The definitions of \d+ rotations may have \d+ bytes, and a secret has room for 65536: share/,
    );
  });
});

describe('IAM from a VPC', () => {
  const network = (stack: Stack, isolated: boolean, endpoints?: 'create' | 'existing') => {
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0a',
      vpcCidrBlock: '10.0.0.0/16',
      availabilityZones: ['a'],
      ...(isolated
        ? { isolatedSubnetIds: ['subnet-0a'], isolatedSubnetRouteTableIds: ['rtb-0a'] }
        : { privateSubnetIds: ['subnet-0a'], privateSubnetRouteTableIds: ['rtb-0a'] }),
    });
    const subnetType = isolated ? SubnetType.PRIVATE_ISOLATED : SubnetType.PRIVATE_WITH_EGRESS;
    return { vpc, subnets: { subnetType }, ...(endpoints && { endpoints }) };
  };
  const ireland = { env: { ...env, region: 'eu-west-1' } };
  const inRegion =
    (region: string, endpoints?: 'create' | 'existing', isolated = true): Given =>
    (stack) => ({
      network: network(stack, isolated, endpoints),
      secret: imported(stack, arn('a-AbCdEf', region)),
      targets: [{ connectionSecret: imported(stack, arn('b-AbCdEf', region)), links: ['a.b'] }],
    });
  const inIreland = (endpoints?: 'create' | 'existing', isolated = true) => inRegion('eu-west-1', endpoints, isolated);

  test.each(['create', 'existing'] as const)(
    'is out of reach outside us-east-1 with endpoints that %s',
    (endpoints) => {
      expect(() => build(inIreland(endpoints), ireland)).toThrow(
        new Error(
          `'source' is an IAM user, and IAM has an endpoint in us-east-1 only: from a VPC in eu-west-1 it takes subnets with a NAT gateway`,
        ),
      );
    },
  );

  test.each([undefined, 'create', 'existing'] as const)(
    'is within reach there through NAT, endpoints: %s',
    (endpoints) => {
      expect(() => build(inIreland(endpoints, false), ireland)).not.toThrow();
    },
  );

  test.each(['us-gov-west-1', 'cn-north-1'])('is in %s within reach of whoever has an endpoint', (region) => {
    const there = { env: { ...env, region } };
    expect(() => build(inRegion(region, 'existing'), there)).not.toThrow();
    expect(() => build(inRegion(region, 'create'), there)).toThrow(`from a VPC in ${region} it takes subnets`);
  });

  test('is not needed for a secret that is mirrored', () => {
    const mirrors: Given = (stack) => ({
      ...inIreland('create')(stack),
      source: RotationSource.mirror(imported(stack, arn('m-AbCdEf', 'eu-west-1'))),
    });
    expect(() => build(mirrors, ireland)).not.toThrow();
  });

  test('is not promised in a Region that is known only when deployed', () => {
    expect(() => build((stack) => ({ network: network(stack, true, 'create') }), {})).toThrow(
      'from a VPC in a Region that is known only when deployed it takes subnets with a NAT gateway',
    );
    expect(() => build((stack) => ({ network: network(stack, true, 'existing') }), {})).not.toThrow();
  });

  test('is, like all of AWS, out of reach of isolated subnets without endpoints', () => {
    expect(() => build((stack) => ({ network: network(stack, true) }))).toThrow(
      new Error(
        `'network.subnets' are isolated: the function would reach no AWS service. Give network.endpoints: 'create' or 'existing', or subnets with a NAT gateway`,
      ),
    );
  });

  test('is out of reach of public subnets', () => {
    expect(() =>
      build((stack) => ({
        network: {
          vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
            vpcId: 'vpc-0a',
            availabilityZones: ['a'],
            publicSubnetIds: ['subnet-0a'],
          }),
        },
      })),
    ).toThrow(/public subnet/);
  });
});
