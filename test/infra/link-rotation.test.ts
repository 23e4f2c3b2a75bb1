import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { User } from 'aws-cdk-lib/aws-iam';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { LinkRotation, type LinkRotationProps, RotationSource } from '../../infra';

const env = { account: '111122223333', region: 'us-east-1' };
const arn = (name: string, region = env.region) => `arn:aws:secretsmanager:${region}:111122223333:secret:${name}`;
const rotated = arn('prod/s3-ingest-AbCdEf');
const connection = arn('prod/singlestore-AbCdEf');

type Given = (stack: Stack) => Partial<LinkRotationProps>;

function synth(given: Given = () => ({})): Template {
  const stack = new Stack(new App(), 'Stack', { env });
  new LinkRotation(stack, 'Rotation', {
    secret: imported(stack, rotated),
    source: RotationSource.iamUser(User.fromUserName(stack, 'User', 'singlestore-ingest')),
    targets: [{ connectionSecret: imported(stack, connection), links: ['analytics.analytics_link'] }],
    code: Code.fromInline('exports.handler = () => {}'),
    ...given(stack),
  });
  return Template.fromStack(stack);
}

function imported(stack: Stack, secretArn: string): ISecret {
  return Secret.fromSecretCompleteArn(stack, `Secret${stack.node.children.length}`, secretArn);
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/** The only resource of a type, as [logical id, resource]. */
function only(
  template: Template,
  type: string,
): [string, { Properties: Record<string, unknown>; DependsOn?: string[] }] {
  const found = Object.entries(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0] as ReturnType<typeof only>;
}

function statements(template: Template): Statement[] {
  const [, policy] = only(template, 'AWS::IAM::Policy');
  return (policy.Properties['PolicyDocument'] as { Statement: Statement[] }).Statement;
}

/** What the role may do with the resources that `matches` picks. */
function actionsOn(template: Template, matches: (resource: string) => boolean): string[] {
  return statements(template)
    .filter(({ Resource }) => matches(JSON.stringify(Resource)))
    .flatMap(({ Action }) => Action)
    .sort();
}

describe('the role', () => {
  const template = synth();

  test('may read, fill and label versions of the rotated secret, and nothing else with it', () => {
    expect(actionsOn(template, (resource) => resource === JSON.stringify(rotated))).toEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ]);
  });

  test('may only read the connection secret', () => {
    expect(actionsOn(template, (resource) => resource === JSON.stringify(connection))).toEqual([
      'secretsmanager:GetSecretValue',
    ]);
  });

  test('may manage the access keys of the one user', () => {
    expect(actionsOn(template, (resource) => resource.includes(':iam::111122223333:user/singlestore-ingest"'))).toEqual(
      [
        'iam:CreateAccessKey',
        'iam:DeleteAccessKey',
        'iam:GetAccessKeyLastUsed',
        'iam:ListAccessKeys',
        'iam:UpdateAccessKey',
      ],
    );
  });

  test('may read and write items of its own journal', () => {
    const [journal] = only(template, 'AWS::DynamoDB::Table');
    expect(actionsOn(template, (resource) => resource.includes(journal))).toEqual([
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ]);
  });

  test('may write to its own log group', () => {
    const [log] = only(template, 'AWS::Logs::LogGroup');
    expect(actionsOn(template, (resource) => resource.includes(log))).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
  });

  test('has no statement beyond these five', () => {
    expect(statements(template)).toHaveLength(5);
  });

  test('has no wildcard in an action or a resource', () => {
    expect(JSON.stringify(statements(template))).not.toContain('*');
  });

  test('has no managed policy and no inline policy', () => {
    const [, role] = only(template, 'AWS::IAM::Role');
    expect(Object.keys(role.Properties)).toEqual(['AssumeRolePolicyDocument']);
  });

  test('may read every connection secret when there are several clusters', () => {
    // GIVEN
    const second = arn('prod/second-AbCdEf');
    // WHEN
    const clusters = synth((stack) => ({
      targets: [
        { connectionSecret: imported(stack, connection), links: ['a.b'] },
        { connectionSecret: imported(stack, second), links: ['c.d'] },
      ],
    }));
    // THEN
    const read = statements(clusters).find(({ Action }) => Action === 'secretsmanager:GetSecretValue');
    expect(read?.Resource).toEqual([connection, second]);
  });
});

describe('the function', () => {
  const template = synth();

  test('runs the bundle on Node.js 24 for as long as Lambda allows', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 900,
      MemorySize: 512,
    });
  });

  test('is told its rotations, its journal and its log level, and nothing else', () => {
    // GIVEN
    const [journal] = only(template, 'AWS::DynamoDB::Table');
    // WHEN
    const [, rotator] = only(template, 'AWS::Lambda::Function');
    // THEN
    const { Variables } = rotator.Properties['Environment'] as { Variables: Record<string, unknown> };
    expect({ ...Variables, ROTATIONS: JSON.parse(String(Variables['ROTATIONS'])) as unknown }).toEqual({
      ROTATIONS: [
        {
          secretId: rotated,
          source: { type: 'iam-user', userName: 'singlestore-ingest' },
          targets: [{ connectionSecretId: connection, links: ['analytics.analytics_link'] }],
        },
      ],
      JOURNAL_TABLE: { Ref: journal },
      LOG_LEVEL: 'INFO',
    });
  });

  test('logs to its own group', () => {
    const [log] = only(template, 'AWS::Logs::LogGroup');
    template.hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { Ref: log } } });
  });

  test('is not made before its role may act', () => {
    const [policy] = only(template, 'AWS::IAM::Policy');
    expect(only(template, 'AWS::Lambda::Function')[1].DependsOn).toContain(policy);
  });

  test('takes a secret of the same stack, whose ARN is known only when deployed', () => {
    // WHEN
    const owned = synth((stack) => ({ secret: new Secret(stack, 'Owned') }));
    // THEN
    const [secret] = only(owned, 'AWS::SecretsManager::Secret');
    expect(actionsOn(owned, (resource) => resource.includes(secret))).toContain('secretsmanager:PutSecretValue');
    owned.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { ROTATIONS: { 'Fn::Join': ['', Match.arrayWith([{ Ref: secret }])] } } },
    });
  });
});

describe('the journal', () => {
  const template = synth();

  test('has the keys of the journal and forgets what has expired', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  test('is billed on demand', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', { BillingMode: 'PAY_PER_REQUEST' });
  });

  test('is encrypted and can be restored to a point in time', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test('outlives the stack', () => {
    template.hasResource('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });
});

describe('Secrets Manager', () => {
  const template = synth();

  test('rotates on the first of the month in a window of three hours, if nothing else is said', () => {
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      SecretId: rotated,
      RotationRules: { ScheduleExpression: 'cron(0 3 1 * ? *)', Duration: '3h' },
    });
  });

  test('rotates when it is told to', () => {
    const told = synth(() => ({ schedule: 'rate(10 days)', window: Duration.hours(6) }));
    told.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '6h' },
    });
  });

  test('never rotates because of a deployment', () => {
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotateImmediatelyOnUpdate: false });
  });

  test('may call the function only for secrets of this account', () => {
    // WHEN
    const callers = template.findResources('AWS::Lambda::Permission', {
      Properties: { Principal: 'secretsmanager.amazonaws.com' },
    });
    // THEN
    expect(Object.values(callers)).toEqual([
      expect.objectContaining({
        Properties: expect.objectContaining({
          Action: 'lambda:InvokeFunction',
          SourceAccount: env.account,
        }) as unknown,
      }),
    ]);
  });

  test('gets the schedule only after the permission to call', () => {
    const [permission] = Object.keys(
      template.findResources('AWS::Lambda::Permission', { Properties: { Principal: 'secretsmanager.amazonaws.com' } }),
    );
    expect(only(template, 'AWS::SecretsManager::RotationSchedule')[1].DependsOn).toContain(permission);
  });
});

describe('the watchdog', () => {
  const template = synth();

  test('is called every minute to recover', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [Match.objectLike({ Input: '{"action":"recover"}' })],
    });
  });

  test('is not called again for a minute that was missed', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } })],
    });
  });

  test('is not repeated by Lambda either', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });
});

describe('synth refuses', () => {
  const target = (stack: Stack, links: string[]) => ({ connectionSecret: imported(stack, connection), links });

  test.each<[string, Given, string]>([
    [
      'a secret known only by name',
      (stack) => ({ secret: Secret.fromSecretNameV2(stack, 'ByName', 'prod/by-name') }),
      `'secret' must be a secret whose complete ARN is known, such as Secret.fromSecretCompleteArn, got 'prod/by-name'`,
    ],
    [
      'a connection secret known only by name',
      (stack) => ({
        targets: [{ connectionSecret: Secret.fromSecretNameV2(stack, 'ByName', 'prod/by-name'), links: ['a.b'] }],
      }),
      `'connectionSecret' must be a secret whose complete ARN is known, such as Secret.fromSecretCompleteArn, got 'prod/by-name'`,
    ],
    [
      'a secret of another Region',
      (stack) => ({ secret: imported(stack, arn('far-AbCdEf', 'eu-west-1')) }),
      `'secret' must be in the stack's Region, us-east-1, got a secret in eu-west-1`,
    ],
    ['no cluster', () => ({ targets: [] }), `'targets' must name at least one cluster, got []`],
    [
      'a cluster without links',
      (stack) => ({ targets: [target(stack, [])] }),
      `'links' must name at least one link of prod/singlestore, got []`,
    ],
    ...['analytics', 'a.b.c', '.b', 'a.', 'a b.c', '`a.b', '`a`b.c'].map<[string, Given, string]>((link) => [
      `the link ${link}`,
      (stack) => ({ targets: [target(stack, [link])] }),
      `'links' must be database.link or database.*, quoted as in SQL, got '${link}'`,
    ]),
  ])('%s', (_what, given, message) => {
    expect(() => synth(given)).toThrow(new Error(message));
  });

  test.each(['analytics.*', '`a.b`.`c d`', '`a``b`.c', 'Ünï.l-1'])('not the link %s', (link) => {
    expect(() => synth((stack) => ({ targets: [target(stack, [link])] }))).not.toThrow();
  });
});
