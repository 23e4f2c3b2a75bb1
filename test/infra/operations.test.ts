import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';

import { RotationSource } from '../../infra';
import {
  actionsOn,
  all,
  build,
  deployed,
  env,
  type Given,
  imported,
  only,
  type Resource,
  rotated,
  statements,
  statementsOf,
  synth,
  variables,
} from './given';

/* What tells people, and what it tells them: log, topic, alarms, dashboard. */

const template = synth(() => ({ email: 'on-call@example.com' }));
const [key, keyResource] = only(template, 'AWS::KMS::Key');
const [topic] = only(template, 'AWS::SNS::Topic');
const [rotator] = only(template, 'AWS::Lambda::Function');

/** Actions and condition of what a policy allows a service. */
const allowed = (policy: Resource, service: string, where = 'PolicyDocument') =>
  statementsOf(policy, where)
    .filter(({ Effect, Principal }) => Effect === 'Allow' && [Principal?.Service].flat().includes(service))
    .map(({ Action, Condition }) => [Action, deployed(Condition)]);

describe('the log', () => {
  const [, { Properties }] = only(template, 'AWS::Logs::LogGroup');
  const masks = (
    Properties['DataProtectionPolicy'] as {
      Configuration: { CustomDataIdentifier: { Name: string; Regex: string }[] };
      Statement: { DataIdentifier: unknown[]; Operation: object }[];
    }
  ).Configuration.CustomDataIdentifier;
  const masked = (line: string) =>
    masks.reduce((text, { Regex }) => text.replaceAll(new RegExp(Regex, 'g'), '*'), line);

  test('is kept for a year, or as long as is said, with its key, also when the stack goes; not when it never came about', () => {
    template.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 365 },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    synth(() => ({ logRetention: RetentionDays.ONE_WEEK })).hasResourceProperties('AWS::Logs::LogGroup', {
      RetentionInDays: 7,
    });
  });

  test('is encrypted with a key that turns and lets the log in, for log groups of this account only', () => {
    expect(deployed(Properties['KmsKeyId'])).toBe(`${key}.Arn`);
    expect(keyResource.Properties).toMatchObject({ EnableKeyRotation: true });
    expect(allowed(keyResource, 'logs.us-east-1.amazonaws.com', 'KeyPolicy')).toEqual([
      [
        ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': 'arn:AWS::Partition:logs:us-east-1:111122223333:log-group:*',
          },
        },
      ],
    ]);
  });

  test.each([
    'aws_secret_access_key',
    'aws_session_token',
    'secret_key',
    'account_key',
    'sasl.password',
    'password',
    'SecretAccessKey',
  ])('masks %s as it may stand there: in a line, in JSON within JSON, in SQL within that', (name) => {
    const value = 'wJalr/Xu+tnFEMI!"\'@K7MDENG=';
    const json = JSON.stringify({ [name]: value, next: 1 });
    const sql = JSON.stringify({ message: `ALTER LINK a.b SET CREDENTIALS = '${json}'` });
    for (const line of [json, `{"${name}": ${JSON.stringify(value)}}`, JSON.stringify({ message: json }), sql]) {
      expect(line).toMatch(/wJalr.*K7MDENG/);
      expect(masked(line)).not.toMatch(/wJalr|Xu|tnFEMI|K7MDENG/);
    }
  });

  test('masks the key in what IAM answers', () => {
    expect(masked('<SecretAccessKey>wJalrXUtnFEMI</SecretAccessKey><Status>')).not.toContain('wJalr');
  });

  test('masks the token of a rotation', () => {
    expect(masked('{"Step":"createSecret","RotationToken":"a1b2c3"}')).toBe('{"Step":"createSecret","*');
  });

  test('leaves the lines alone that the function writes', () => {
    const line =
      '{"level":"ERROR","action":"failed","code":"LOGIN_REFUSED","message":"prod/singlestore: the login was refused"}';
    expect(masked(line)).toBe(line);
  });

  test('masks with expressions that CloudWatch takes: at most ten, of its characters, at most 200 of them', () => {
    expect(masks.length).toBeLessThanOrEqual(10);
    for (const { Name, Regex } of masks) {
      expect(Name).toMatch(/^[\w-]{1,128}$/);
      expect(Regex).toMatch(/^[\w#=@/;,\- ^$?[\]{}|\\*+.]{1,200}$/);
    }
  });

  test('audits and masks the same, AWS secret keys of any name among it', () => {
    const { Statement: both } = Properties['DataProtectionPolicy'] as { Statement: { DataIdentifier: unknown[] }[] };
    for (const { DataIdentifier } of both)
      expect(DataIdentifier.map(deployed)).toEqual([
        'arn:AWS::Partition:dataprotection::aws:data-identifier/AwsSecretKey',
        ...masks.map(({ Name }) => Name),
      ]);
    expect(both).toMatchObject([{ Operation: { Audit: {} } }, { Operation: { Deidentify: {} } }]);
  });
});

describe('the topic', () => {
  const [, policy] = only(template, 'AWS::SNS::TopicPolicy');

  test('is encrypted with a key that alarms and events may use', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } });
    for (const service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com'])
      expect(allowed(keyResource, service, 'KeyPolicy')).toEqual([
        [['kms:Decrypt', 'kms:GenerateDataKey*'], undefined],
      ]);
  });

  test('admits the alarms of this account, and events', () => {
    expect(allowed(policy, 'cloudwatch.amazonaws.com')).toEqual([
      ['sns:Publish', { StringEquals: { 'aws:SourceAccount': '111122223333' } }],
    ]);
    expect(allowed(policy, 'events.amazonaws.com')).toEqual([['sns:Publish', undefined]]);
  });

  test('admits nobody without TLS', () => {
    const denied = statementsOf(policy).filter(({ Effect }) => Effect === 'Deny');
    expect(denied).toMatchObject([
      { Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } }, Principal: '*' },
    ]);
  });

  test('tells the address that was given', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'on-call@example.com',
      TopicArn: { Ref: topic },
    });
  });

  const warnings = (stack: ReturnType<typeof build>) =>
    stack.node.findAll().flatMap(({ node }) => node.metadata.filter(({ type }) => type === 'aws:cdk:warning'));

  test('warns at synth when it tells nobody', () => {
    expect(JSON.stringify(warnings(build()).map(({ data }) => data as unknown))).toMatch(
      'nobody is told of alarms and failed rotations: give an e-mail or a topic',
    );
    expect(warnings(build(() => ({ email: 'a@b' })))).toEqual([]);
    expect(warnings(build((stack) => ({ topic: new Topic(stack, 'Theirs') })))).toEqual([]);
  });

  test.each(['same', 'other'])(
    'may be one of this app, whose policy and key admit alarms and events: %s stack',
    (where) => {
      // GIVEN
      const made: Stack[] = [];
      const stack = build((own) => {
        const home = where === 'same' ? own : new Stack(own, 'Home', { env });
        made.push(home);
        return { topic: new Topic(home, 'Theirs', { masterKey: new Key(home, 'TheirKey') }) };
      });
      // THEN
      expect(warnings(stack)).toEqual([]);
      const home = Template.fromStack(made[0]!);
      const [, theirPolicy] = only(home, 'AWS::SNS::TopicPolicy');
      expect(allowed(theirPolicy, 'cloudwatch.amazonaws.com')).toEqual(allowed(policy, 'cloudwatch.amazonaws.com'));
      expect(allowed(theirPolicy, 'events.amazonaws.com')).toEqual([['sns:Publish', undefined]]);
      const [theirKey] = all(home, 'AWS::KMS::Key').filter((found) => JSON.stringify(found).includes('cloudwatch.'));
      for (const service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com'])
        expect(allowed(theirKey!, service, 'KeyPolicy')).toEqual([
          [['kms:Decrypt', 'kms:GenerateDataKey*'], undefined],
        ]);
    },
  );

  describe('warns at synth when it or its key is imported: what their policies must say, CDK cannot', () => {
    const topicArn = 'arn:aws:sns:us-east-1:111122223333:on-call';
    const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/1';
    const named =
      '; and the key must be named, so that the role is granted them: Topic.fromTopicAttributes(…, { topicArn, keyArn })';
    test.each<[string, string, Given]>([
      ['by its ARN alone', named, (stack) => ({ topic: Topic.fromTopicArn(stack, 'Theirs', topicArn) })],
      ['with its key', '', (stack) => ({ topic: Topic.fromTopicAttributes(stack, 'Theirs', { topicArn, keyArn }) })],
      [
        'made with a key that is imported',
        '',
        (stack) => ({ topic: new Topic(stack, 'Ours', { masterKey: Key.fromKeyArn(stack, 'Key', keyArn) }) }),
      ],
    ])('%s', (_, more, given) => {
      const [said, ...others] = warnings(build(given)).map(({ data }) => String(data));
      expect(others).toEqual([]);
      expect(said).toMatch(
        /must allow sns:Publish to cloudwatch.amazonaws.com and events.amazonaws.com, and that of its key, if it has one, kms:Decrypt and kms:GenerateDataKey\* to both/,
      );
      expect(said).toContain(
        `For the function's own notices, that key's policy must leave kms:GenerateDataKey and kms:Decrypt to IAM, as the default one does, or allow them to the function's role${more}`,
      );
      expect(said?.includes('Topic.fromTopicAttributes')).toBe(more !== '');
    });
  });

  test.each<[string, Given, string]>([
    [
      'in another Region',
      (stack) => ({ topic: Topic.fromTopicArn(stack, 'Far', 'arn:aws:sns:eu-west-1:111122223333:on-call') }),
      `'topic' must be in the stack's Region, us-east-1, got 'arn:aws:sns:eu-west-1:111122223333:on-call'`,
    ],
    [
      'in another account',
      (stack) => ({ topic: Topic.fromTopicArn(stack, 'Theirs', 'arn:aws:sns:us-east-1:444455556666:on-call') }),
      `'topic' must be in the stack's account, 111122223333, got 'arn:aws:sns:us-east-1:444455556666:on-call' in 444455556666: that one's policy would have to name the function's role, which has no name before it is deployed, or its notices are denied`,
    ],
    [
      'that is FIFO',
      (stack) => ({ topic: Topic.fromTopicArn(stack, 'Fifo', 'arn:aws:sns:us-east-1:111122223333:on-call.fifo') }),
      `'topic' must be a standard one, which alarms can tell, got 'arn:aws:sns:us-east-1:111122223333:on-call.fifo', which is FIFO`,
    ],
    [
      'that is made FIFO',
      (stack) => ({ topic: new Topic(stack, 'Fifo', { fifo: true }) }),
      `'topic' must be a standard one, which alarms can tell, got 'Stack/Fifo', which is FIFO`,
    ],
  ])('is refused %s', (_, given, message) => {
    expect(() => build(given)).toThrow(new Error(message));
  });

  test('may be one whose account is known only when deployed', () => {
    const topicArn = (stack: Stack) => new CfnParameter(stack, 'Arn').valueAsString;
    expect(() => build((stack) => ({ topic: Topic.fromTopicArn(stack, 'Theirs', topicArn(stack)) }))).not.toThrow();
    const known = 'arn:aws:sns:us-east-1:444455556666:on-call';
    const open = (stack: Stack) => ({ topic: Topic.fromTopicArn(stack, 'Theirs', known) });
    expect(() => build(open, { env: { region: env.region } })).not.toThrow();
  });

  test('may be one that is there, with its own policy, told of one address once', () => {
    // WHEN
    const given = synth((stack) => {
      const theirs = Topic.fromTopicArn(stack, 'Theirs', 'arn:aws:sns:us-east-1:111122223333:on-call');
      theirs.addSubscription({ bind: () => ({ protocol: 'email' as never, endpoint: 'a@b', subscriberId: 'a@b' }) });
      return { topic: theirs, email: 'a@b' };
    });
    // THEN
    given.resourceCountIs('AWS::SNS::Topic', 0);
    given.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    given.resourceCountIs('AWS::SNS::Subscription', 1);
    given.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: ['arn:aws:sns:us-east-1:111122223333:on-call'],
    });
  });

  test.each([
    ['a topic of its own', () => ({}), 1],
    ['a topic that is given', (stack: Stack) => ({ topic: new Topic(stack, 'Theirs') }), 0],
  ])('an imported key must admit the log, which is said at synth, with %s', (_, more, others) => {
    const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/1';
    const given: Given = (stack) => ({
      email: 'a@b',
      encryptionKey: Key.fromKeyArn(stack, 'Key', keyArn),
      ...more(stack),
    });
    const said = warnings(build(given)).map(({ data }) => String(data));
    expect(said).toHaveLength(1 + others);
    const [, principal, condition] =
      /^CDK cannot change the policy of an imported key: that of arn:aws:kms:us-east-1:111122223333:key\/1 must allow kms:Encrypt, kms:Decrypt, kms:ReEncrypt\*, kms:GenerateDataKey\*, kms:Describe\* to (\S+), at most with the condition (\S+), or the log group cannot be made/.exec(
        said[0] ?? '',
      ) ?? [];
    expect(principal).toBe('logs.us-east-1.amazonaws.com');
    expect(condition).toBe(
      '{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"arn:PARTITION:logs:us-east-1:111122223333:log-group:*"}}',
    );
    const [anywhere] = warnings(build(given, {})).map(({ data }) => String(data));
    expect(anywhere).toMatch(/ to logs\.REGION\.DOMAIN, .*:logs:REGION:ACCOUNT:log-group/);
  });

  test('may have a key that is given, which is told to admit log and publishers where CDK can tell it', () => {
    const own = synth((stack) => ({ encryptionKey: new Key(stack, 'Own') }));
    const [, ownKey] = only(own, 'AWS::KMS::Key');
    for (const service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'logs.us-east-1.amazonaws.com'])
      expect(allowed(ownKey, service, 'KeyPolicy')).toHaveLength(1);
  });
});

describe('what the function itself tells', () => {
  test('is what failed or needs a person, unless all is asked for', () => {
    expect(variables(template)).toMatchObject({ NOTICES_TOPIC: topic, NOTICES: 'failures' });
    expect(variables(synth(() => ({ notices: 'all' })))).toMatchObject({ NOTICES: 'all' });
  });

  test('may be nothing: then it has no topic, and may publish nowhere', () => {
    const silent = synth(() => ({ notices: 'none' }));
    expect(Object.keys(variables(silent)).filter((name) => name.startsWith('NOTICES'))).toEqual([]);
    expect(JSON.stringify(statements(silent))).not.toMatch(/sns:|kms:/);
  });

  test('goes to a topic that is given, with its key where CDK knows it', () => {
    const [topicArn, keyArn] = [
      'arn:aws:sns:us-east-1:111122223333:on-call',
      'arn:aws:kms:us-east-1:111122223333:key/1',
    ];
    const given = synth((stack) => ({ topic: Topic.fromTopicAttributes(stack, 'Theirs', { topicArn, keyArn }) }));
    expect(variables(given)).toMatchObject({ NOTICES_TOPIC: topicArn });
    expect(actionsOn(given, (resource) => resource.includes(topicArn))).toEqual(['sns:Publish']);
    expect(statements(given).filter(({ Resource }) => Resource === keyArn)).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: keyArn,
        Condition: { StringEquals: { 'kms:ViaService': 'sns.us-east-1.amazonaws.com' } }, // through SNS only
      },
    ]);
    const unkeyed = synth((stack) => ({ topic: Topic.fromTopicArn(stack, 'Theirs', topicArn) }));
    expect(JSON.stringify(statements(unkeyed))).not.toContain('kms:');
  });
});

test('who starts a rotation by hand is told to the function, where a trail tells it', () => {
  const [rule] = all(template, 'AWS::Events::Rule').filter(({ Properties }) =>
    JSON.stringify(Properties).includes('RotateSecret'),
  );
  expect(rule?.Properties).toMatchObject({
    EventPattern: {
      source: ['aws.secretsmanager'],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: { eventName: ['RotateSecret'], requestParameters: { secretId: [rotated] } },
    },
    Targets: [{ Arn: { 'Fn::GetAtt': [rotator, 'Arn'] } }],
  });
});

test.each([
  ['111122223333', 1, []],
  [
    '444455556666',
    0,
    [
      expect.stringMatching(
        /^'source' is in another account, arn:aws:secretsmanager:us-east-1:444455556666:secret:up-AbCdEf: no event tells of its change, which the five-minute look finds; .* kms:Decrypt/,
      ),
    ],
  ],
])(
  'a mirrored secret of account %s has %i rules for its change, which its own account alone is told',
  (account, count, said) => {
    const upstream = `arn:aws:secretsmanager:us-east-1:${account}:secret:up-AbCdEf`;
    const stack = build((own) => ({ email: 'a@b', source: RotationSource.mirror(imported(own, upstream)) }));
    const rules = all(Template.fromStack(stack), 'AWS::Events::Rule');
    expect(rules.filter((rule) => JSON.stringify(rule).includes('Secret Label Updated'))).toHaveLength(count);
    const warned = stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type.endsWith('warning')));
    expect(warned.map(({ data }) => data as unknown)).toEqual(said);
  },
);

describe('a rotation that fails, is abandoned or would fail', () => {
  test('is told to the topic', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.secretsmanager'],
        detail: {
          eventName: ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
          additionalEventData: {
            SecretId: ['arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf'],
          },
        },
      },
      Targets: [{ Arn: { Ref: topic }, Id: 'Target' }],
    });
  });
});
