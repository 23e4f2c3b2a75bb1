import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotationSource } from '../../infra';
import { actionsOn, arn, connection, env, imported, only, rotated, statements, synth, variables } from './given';

/* One secret and its function. */

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

  test('may publish to the topic, with its key, and to no other', () => {
    const [topic] = only(template, 'AWS::SNS::Topic');
    const [key] = only(template, 'AWS::KMS::Key');
    const on = (resource: unknown) => actionsOn(template, (given) => given === JSON.stringify(resource));
    expect(on({ Ref: topic })).toEqual(['sns:Publish']);
    expect(on({ 'Fn::GetAtt': [key, 'Arn'] })).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });

  test('has no statement beyond these seven', () => {
    expect(statements(template)).toHaveLength(7);
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

  test('may manage the keys of a user with a path, or of one that the stack makes', () => {
    // WHEN
    const withPath = synth((stack) => ({
      source: RotationSource.iamUser(User.fromUserArn(stack, 'Path', 'arn:aws:iam::111122223333:user/ingest/s3')),
    }));
    const made = synth((stack) => ({ source: RotationSource.iamUser(new User(stack, 'Made')) }));
    // THEN
    expect(actionsOn(withPath, (resource) => resource === '"arn:aws:iam::111122223333:user/ingest/s3"')).toHaveLength(
      5,
    );
    const [user] = only(made, 'AWS::IAM::User');
    expect(actionsOn(made, (resource) => resource === JSON.stringify({ 'Fn::GetAtt': [user, 'Arn'] }))).toHaveLength(5);
  });
});

describe('the role of a rotation that mirrors, with keys', () => {
  const key = (name: string) => `arn:aws:kms:us-east-1:111122223333:key/${name}`;
  const mirrored = arn('prod/confluent-AbCdEf');
  const template = synth((stack) => {
    const withKey = (id: string, secretCompleteArn: string) =>
      Secret.fromSecretAttributes(stack, id, {
        secretCompleteArn,
        encryptionKey: Key.fromKeyArn(stack, `${id}Key`, key(id)),
      });
    return {
      secret: withKey('rotated', rotated),
      source: RotationSource.mirror(withKey('mirrored', mirrored)),
      targets: [{ connectionSecret: withKey('connection', connection), links: ['a.b'] }],
    };
  });
  const on = (text: string) => actionsOn(template, (resource) => resource === JSON.stringify(text));

  test('may read the mirrored secret and learn its version, and change nothing of it', () => {
    expect(on(mirrored)).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
  });

  test('may start the rotation of the secret that follows, which takes the right to invoke the function', () => {
    const [rotator] = only(template, 'AWS::Lambda::Function');
    expect(on(rotated)).toContain('secretsmanager:RotateSecret');
    expect(actionsOn(template, (resource) => resource.includes(rotator))).toEqual(['lambda:InvokeFunction']);
  });

  test('may not start anything where nothing is mirrored', () => {
    const actions = statements(synth()).flatMap(({ Action }) => Action);
    expect(actions).not.toContain('secretsmanager:RotateSecret');
    expect(actions).not.toContain('lambda:InvokeFunction');
  });

  test('may start them by a policy that waits for the function, not the function for it', () => {
    const [policy, { Properties }] = only(template, 'AWS::IAM::ManagedPolicy');
    const [role] = only(template, 'AWS::IAM::Role');
    expect(Properties['Roles']).toEqual([{ Ref: role }]);
    expect(only(template, 'AWS::Lambda::Function')[1].DependsOn).not.toContain(policy);
  });

  test('may do nothing in IAM', () => {
    expect(JSON.stringify(statements(template))).not.toContain('iam:');
  });

  test.each([
    ['rotated', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['connection', ['kms:Decrypt']],
    ['mirrored', ['kms:Decrypt']],
  ])('may use the key of the %s secret for %j, through Secrets Manager only', (name, actions) => {
    expect(on(key(name))).toEqual(actions);
    const conditions = statements(template)
      .filter(({ Resource }) => [Resource].flat().includes(key(name)))
      .map(({ Condition }) => Condition);
    expect(conditions).toEqual([{ StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } }]);
  });

  test('has no wildcard', () => {
    expect(JSON.stringify(statements(template))).not.toContain('*');
  });
});

describe('a secret that was not given', () => {
  const template = synth(() => ({ secret: undefined }));
  const [secret, resource] = only(template, 'AWS::SecretsManager::Secret');

  test('is made with an empty object, so that there is nothing to go back to', () => {
    expect(resource.Properties).toMatchObject({ SecretString: '{}' });
    expect(resource.Properties).not.toHaveProperty('GenerateSecretString');
  });

  test('is kept when the stack goes, and nobody is denied anything with it', () => {
    template.hasResource('AWS::SecretsManager::Secret', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    template.resourceCountIs('AWS::SecretsManager::ResourcePolicy', 0);
  });

  test('is under a key where one is given, which the function may use', () => {
    // WHEN
    const keyed = synth((stack) => ({ secret: undefined, secretKey: new Key(stack, 'Own') }));
    // THEN
    const [own] = Object.keys(keyed.findResources('AWS::KMS::Key')).filter((id) => id.startsWith('Own'));
    const arn = { 'Fn::GetAtt': [own, 'Arn'] };
    keyed.hasResourceProperties('AWS::SecretsManager::Secret', { KmsKeyId: arn });
    expect(actionsOn(keyed, (resource) => resource === JSON.stringify(arn))).toEqual([
      'kms:Decrypt',
      'kms:GenerateDataKey',
    ]);
  });

  test('is the one that is rotated, by the function that knows it', () => {
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', { SecretId: { Ref: secret } });
    expect(actionsOn(template, (arn) => arn === JSON.stringify({ Ref: secret }))).toHaveLength(4);
    expect(variables(template)['ROTATIONS']).toContain(`"secretId":"${secret}"`);
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

  test('is told its rotations, its journal, its log level and whom to tell, and nothing else', () => {
    // GIVEN
    const [journal] = only(template, 'AWS::DynamoDB::Table');
    const [topic] = only(template, 'AWS::SNS::Topic');
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
      NOTICES_TOPIC: { Ref: topic },
      NOTICES: 'failures',
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

  test('outlives the stack, and cannot be deleted by mistake', () => {
    template.hasResource('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    template.hasResourceProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
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
