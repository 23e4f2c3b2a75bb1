import { App, Stack, Validations } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { LinkRotationFunction, RotationSource } from '../../infra';
import { parseEvent } from '../../lambda/core/event';
import { parseDefinitions } from '../../lambda/edge/config';
import { all, arn, code, deployed, env, only, type Resource, statements, templateOf, variables } from './given';

/* One function for many secrets of all kinds: within the limits of AWS, and to cdk-nag's liking. */

const count = 100;
const name = (kind: string, at: number) => arn(`production/department-of-data/team-of-ingestion/${kind}-${at}-AbCdEf`);
const mirrors = (at: number) => at % 2 === 1;

/** A function in isolated subnets that rotates `secrets` secrets, every second of them a mirror, and one that it makes. */
function share(stack: Stack, secrets: number, link = 'link'): void {
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0a',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: ['us-east-1a'],
    isolatedSubnetIds: ['subnet-0a'],
    isolatedSubnetRouteTableIds: ['rtb-0a'],
  });
  const encryptionKey = Key.fromKeyArn(
    stack,
    'Key',
    'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  );
  const shared = new LinkRotationFunction(stack, 'Shared', {
    code,
    network: { vpc, subnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, endpoints: 'create' },
  });
  const known = (secretCompleteArn: string) =>
    Secret.fromSecretAttributes(stack, `Known${stack.node.children.length}`, { secretCompleteArn, encryptionKey });
  shared.rotate('Made', {
    source: RotationSource.iamUser(new User(stack, 'User')),
    targets: [{ connectionSecret: known(name('cluster', 0)), links: ['a.b'] }],
  });
  for (let at = 0; at < secrets; at++)
    shared.rotate(`Rotation${at}`, {
      secret: known(name('ingest', at)),
      source: mirrors(at)
        ? RotationSource.mirror(known(name('mirrored', at)))
        : RotationSource.iamUser(User.fromUserName(stack, `User${at}`, `singlestore-ingest-${at}`)),
      targets: [{ connectionSecret: known(name('cluster', at)), links: [`database_${at}.${link}`] }],
    });
}

/** As deployed, where what becomes known only then may be this long. */
function sizeOf(value: unknown): number {
  const known = JSON.stringify(value)
    .replaceAll(/\{"Ref":"AWS::\w+"\}/g, '"us-east-1"')
    .replaceAll(/\{"(?:Ref|Fn::GetAtt)":[^}]*\}/g, `"${'x'.repeat(120)}"`);
  return JSON.stringify(deployed(JSON.parse(known))).length;
}

/** What cdk-nag finds. */
function findings(app: App): string[] {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
    return [];
  } catch (error) {
    return String(error).match(/AwsSolutions-\w+/g) ?? [String(error)];
  }
}

const app = new App();
const stack = new Stack(app, 'Stack', { env });
share(stack, count);
const found = findings(app); // before anything else synthesises the stack: nothing is looked at twice

describe('cdk-nag', () => {
  test('finds nothing in a function in a VPC for 100 secrets with keys, mirrored ones among them', () => {
    expect(found).toEqual([]);
  });

  test('is told a reason for each thing that it is to let pass', () => {
    const acknowledged = stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY))
      .flatMap(({ data }) => Object.entries(data as Record<string, string>));
    expect(acknowledged.map(([rule]) => rule.replace(/^.*::(?=AwsSolutions)/, '')).sort()).toEqual([
      'AwsSolutions-IAM5[Resource::*]',
      'AwsSolutions-IAM5[Resource::*]', // of each of the two functions
      'AwsSolutions-SMG4',
    ]);
    for (const [, reason] of acknowledged) expect(reason).toMatch(/\w+ \w+ \w+ \w+/);
  });

  test('would find what is wrong', () => {
    const wrong = new App();
    new Bucket(new Stack(wrong, 'Stack', { env }), 'Bucket');
    expect(findings(wrong)).toContain('AwsSolutions-S1');
  });
});

describe('a function for 100 secrets', () => {
  const template = templateOf(stack);
  const definitionsSecret = Object.entries(template.findResources('AWS::SecretsManager::Secret')).find(([, resource]) =>
    String((resource as Resource).Properties['Description']).startsWith('Definitions'),
  ) as [string, Resource];
  const text = String(deployed(definitionsSecret[1].Properties['SecretString']));

  test('is told where its definitions are, in less than 4 KB', () => {
    const given = variables(template);
    expect(given['ROTATIONS']).toBe(definitionsSecret[0]);
    expect(Buffer.byteLength(JSON.stringify(given))).toBeLessThan(4_096);
  });

  test('reads there 101 definitions that it understands, with the defaults of its own', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(65_536);
    const parsed = parseDefinitions(text);
    expect(parsed).not.toHaveProperty('problems');
    const { definitions } = parsed as Exclude<typeof parsed, { problems: unknown }>;
    expect(definitions.map(({ secretId, source }) => [secretId, source.type])).toEqual([
      [expect.stringContaining('Made'), 'iam-user'],
      ...Array.from({ length: count }, (_, at) => [name('ingest', at), mirrors(at) ? 'mirror' : 'iam-user']),
    ]);
    expect(definitions[1]).toMatchObject({
      targets: [{ connectionSecretId: name('cluster', 0), links: [{ database: 'database_0', link: 'link' }] }],
      limits: { drainSeconds: 60 },
      retireAfterHours: 24,
    });
  });

  test('may read that secret', () => {
    const readable = statements(template).filter(({ Action }) => Action === 'secretsmanager:GetSecretValue');
    expect(JSON.stringify(readable)).toContain(JSON.stringify({ Ref: definitionsSecret[0] }));
  });

  test('has a schedule for each', () => {
    expect(all(template, 'AWS::SecretsManager::RotationSchedule')).toHaveLength(count + 1);
  });

  test('has a role within the limits: 10,240 characters inline, ten managed policies of 6,144', () => {
    const inline = all(template, 'AWS::IAM::Policy').map(({ Properties }) => sizeOf(Properties['PolicyDocument']));
    const managed = all(template, 'AWS::IAM::ManagedPolicy').map(({ Properties }) =>
      sizeOf(Properties['PolicyDocument']),
    );
    expect(inline.reduce((sum, size) => sum + size)).toBeLessThan(10_240);
    expect(managed.length).toBeLessThanOrEqual(10);
    expect(Math.max(...managed)).toBeLessThan(6_144);
  });

  test('may do with each secret what it may with one, and nothing with others', () => {
    const on = (resource: string) =>
      statements(template)
        .filter(({ Resource }) => [Resource].flat().includes(resource))
        .flatMap(({ Action }) => Action);
    for (let at = 0; at < count; at++) {
      expect(on(name('ingest', at))).toHaveLength(mirrors(at) ? 5 : 4);
      expect(on(name('cluster', at))).toEqual(['secretsmanager:GetSecretValue']);
      expect(on(name('mirrored', at))).toHaveLength(mirrors(at) ? 2 : 0);
    }
    const wild = statements(template).filter(({ Resource }) => JSON.stringify(Resource).includes('*'));
    expect(wild.flatMap(({ Action }) => Action).filter((action) => !action.startsWith('ec2:'))).toEqual([]);
  });

  test('is in place when its role may do all that, but for invoking itself', () => {
    const policies = [
      ...Object.keys(template.findResources('AWS::IAM::Policy')),
      ...Object.keys(template.findResources('AWS::IAM::ManagedPolicy')),
    ].filter((id) => !id.includes('MayStart'));
    expect(only(template, 'AWS::Lambda::Function')[1].DependsOn).toEqual(expect.arrayContaining(policies));
  });

  test('has a resource policy within its 20 KB', () => {
    expect(sizeOf(all(template, 'AWS::Lambda::Permission'))).toBeLessThan(20_480);
  });

  describe('hears of', () => {
    const rules = all(template, 'AWS::Events::Rule').filter(({ Properties }) => 'EventPattern' in Properties);
    const hearing = (event: object) =>
      rules
        .filter(({ Properties }) => matches(deployed(Properties['EventPattern']), event))
        .flatMap(({ Properties }) => Properties['Targets'] as object[]);

    test('events by patterns of at most 2,048 characters', () => {
      expect(rules.length).toBeGreaterThan(2);
      for (const { Properties } of rules) expect(sizeOf(Properties['EventPattern'])).toBeLessThanOrEqual(2_048);
    });

    /** The example of the service's guide. */
    const labelMoved = (secretArn: string, labelUpdated = 'AWSCURRENT') => ({
      version: '0',
      id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
      'detail-type': 'Secret Label Updated',
      source: 'aws.secretsmanager',
      account: '111122223333',
      region: 'us-east-1',
      resources: [secretArn],
      detail: { name: 'mySecret', labelUpdated, versionId: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111' },
    });

    test('each change of a mirrored secret, once, in a shape that it reads', () => {
      for (let at = 1; at < count; at += 2) {
        const event = labelMoved(name('mirrored', at));
        expect(hearing(event)).toEqual([{ Arn: expect.anything() as unknown, Id: 'Target' }]);
        expect(parseEvent(event)).toEqual({ type: 'secret-changed', secretId: name('mirrored', at) });
      }
    });

    test('no other label and no other secret', () => {
      expect(hearing(labelMoved(name('mirrored', 1), 'mine'))).toEqual([]);
      expect(hearing(labelMoved(name('ingest', 1)))).toEqual([]);
    });

    /** After an event that CloudTrail was seen to write. */
    const serviceEvent = (eventName: string, SecretId: string) => ({
      'detail-type': 'AWS Service Event via CloudTrail',
      source: 'aws.secretsmanager',
      detail: {
        eventSource: 'secretsmanager.amazonaws.com',
        eventName,
        requestParameters: null,
        responseElements: null,
        additionalEventData: { SecretId },
        errorMessage: 'Error when executing lambda during createSecret step',
      },
    });

    test.each(['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'])(
      '%s of each secret, for people',
      (event) => {
        const [topic] = only(template, 'AWS::SNS::Topic');
        for (let at = 0; at < count; at++)
          expect(hearing(serviceEvent(event, name('ingest', at)))).toEqual([{ Arn: { Ref: topic }, Id: 'Target' }]);
      },
    );

    test('no rotation that succeeds or is of others', () => {
      expect(hearing(serviceEvent('RotationSucceeded', name('ingest', 0)))).toEqual([]);
      expect(hearing(serviceEvent('RotationFailed', name('cluster', 0)))).toEqual([]);
    });

    test('them because each rule, and no other, may call the function', () => {
      const callers = all(template, 'AWS::Lambda::Permission').filter(
        ({ Properties }) =>
          Properties['Principal'] === 'events.amazonaws.com' &&
          JSON.stringify(Properties['FunctionName']).includes('SharedFunction'),
      );
      const calling = Object.entries(template.findResources('AWS::Events::Rule')).filter(([, rule]) =>
        JSON.stringify((rule as Resource).Properties['Targets']).includes('SharedFunction'),
      );
      expect(callers.map(({ Properties }) => deployed(Properties['SourceArn'])).sort()).toEqual(
        calling.map(([id]) => `${id}.Arn`).sort(),
      );
    });
  });
});

test('a definition that changes where it is stored starts the function anew, and only that', () => {
  const digest = (link?: string) => {
    const another = new Stack(new App(), 'Stack', { env });
    share(another, 12, link);
    return variables(templateOf(another))['ROTATIONS_DIGEST'];
  };
  const first = digest();
  expect(first).toMatch(/^[\da-f]{12}$/);
  expect(digest()).toBe(first);
  expect(digest('other')).not.toBe(first);
});

/** As EventBridge matches the patterns used here: every field that the pattern names has one of its values. */
function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return [event].flat().some((value) => pattern.includes(value));
  if (typeof event !== 'object' || event === null) return false;
  return Object.entries(pattern as object).every(([key, inner]) =>
    matches(inner, (event as Record<string, unknown>)[key]),
  );
}
