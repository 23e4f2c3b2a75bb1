import { CfnParameter, Duration, type Stack } from 'aws-cdk-lib';
import { User } from 'aws-cdk-lib/aws-iam';
import { Alias, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type LinkRotationProps, RotationSource } from '../../infra';
import { parseLinkPattern } from '../../lambda/core/names';
import { arn, build, connection, type Given, imported, rotated, synth } from './given';

/* What would fail halfway through a deployment, or at night, fails at synth. */

describe('synth refuses', () => {
  const far = arn('far-AbCdEf', 'eu-west-1');
  const target = (stack: Stack, links: string[]) => ({ connectionSecret: imported(stack, connection), links });
  const port = (number: number, message: string): [Given, string] => [
    (stack) => ({ targets: [{ ...target(stack, ['a.b']), port: number }] }),
    message,
  ];

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
      (stack) => ({ secret: imported(stack, far) }),
      `'secret' must be in the stack's Region, us-east-1, got a secret in eu-west-1`,
    ],
    [
      'a connection secret of another Region',
      (stack) => ({ targets: [{ connectionSecret: imported(stack, far), links: ['a.b'] }] }),
      `'connectionSecret' must be in the stack's Region, us-east-1, got a secret in eu-west-1`,
    ],
    [
      'to mirror a secret of another Region',
      (stack) => ({ source: RotationSource.mirror(imported(stack, far)) }),
      `'source' must be in the stack's Region, us-east-1, got a secret in eu-west-1`,
    ],
    [
      'a secret of another account',
      (stack) => ({ secret: imported(stack, rotated.replace('111122223333', '444455556666')) }),
      `'secret' must be in the stack's account, 111122223333, got a secret in 444455556666`,
    ],
    [
      'to mirror a secret known only by name',
      (stack) => ({ source: RotationSource.mirror(Secret.fromSecretNameV2(stack, 'ByName', 'prod/by-name')) }),
      `'source' must be a secret whose complete ARN is known, such as Secret.fromSecretCompleteArn, got 'prod/by-name'`,
    ],
    ...(['secret', 'connectionSecret', 'source'] as const).flatMap((prop) => {
      const given = (secretArn: string, message: string): [string, Given, string] => [
        `${secretArn} as ${prop}`,
        (stack) => {
          const theirs = imported(stack, secretArn);
          return {
            secret: { secret: theirs },
            connectionSecret: { targets: [{ connectionSecret: theirs, links: ['a.b'] }] },
            source: { source: RotationSource.mirror(theirs) },
          }[prop];
        },
        message,
      ];
      const inChina = arn('x-AbCdEf').replace('arn:aws:', 'arn:aws-cn:');
      const parameter = 'arn:aws:ssm:us-east-1:111122223333:parameter:x-AbCdEf';
      return [
        given(inChina, `'${prop}' must be in the stack's partition, aws, got '${inChina}'`),
        given(parameter, `'${prop}' must have an ARN of secretsmanager, got '${parameter}'`),
      ];
    }),
    [
      'a user of another partition',
      (stack) => ({
        source: RotationSource.iamUser(User.fromUserArn(stack, 'Far', 'arn:aws-cn:iam::111122223333:user/ingest')),
      }),
      `'source' must be in the stack's partition, aws, got 'arn:aws-cn:iam::111122223333:user/ingest'`,
    ],
    [
      'a queue as topic',
      (stack) => ({ topic: Topic.fromTopicArn(stack, 'Queue', 'arn:aws:sqs:us-east-1:111122223333:alarms') }),
      `'topic' must have an ARN of sns, got 'arn:aws:sqs:us-east-1:111122223333:alarms'`,
    ],
    ...(
      [
        [{ logRetention: 12 }, `'logRetention' must be one of RetentionDays, got 12`],
        [{ architecture: 'arm64' }, `'architecture' must be an Architecture, got 'arm64'`],
        [{ statusPage: 'false' }, `'statusPage' must be true or false, got "false"`],
        [{ network: 'vpc-0a' }, `'network' must be a VPC and where in it, { vpc, … }, got 'vpc-0a'`],
        [{ network: { vpc: 'vpc-0a' } }, `'network.vpc' must be a VPC of CDK, got 'vpc-0a'`],
      ] as const
    ).map<[string, Given, string]>(([given, message]) => [
      `from who calls without types, ${JSON.stringify(given)}`,
      () => given as unknown as Partial<LinkRotationProps>,
      message,
    ]),
    [
      'a secret that mirrors itself',
      (stack) => ({ source: RotationSource.mirror(imported(stack, rotated)) }),
      `'source' must be another secret than the one that is rotated, got '${rotated}'`,
    ],
    [
      'a user of another account',
      (stack) => ({
        source: RotationSource.iamUser(User.fromUserArn(stack, 'Theirs', 'arn:aws:iam::444455556666:user/ingest')),
      }),
      `'source' must be in the stack's account, 111122223333, got a user in 444455556666`,
    ],
    [
      'a secret that is its own connection secret',
      (stack) => ({ secret: imported(stack, connection) }),
      `'connectionSecret' must be another secret than the one that is rotated, got '${connection}'`,
    ],
    [
      'a user that IAM cannot have',
      (stack) => ({ source: RotationSource.iamUser(User.fromUserName(stack, 'Odd', 'in gest')) }),
      `'source' must be a user whose name is one of IAM's, got 'in gest'`,
    ],
    ['no address', () => ({ email: '' }), `'email' must be an e-mail address, got ''`],
    ['a port of none', ...port(0, `'port' must be a whole number from 1 to 65535, got 0`)],
    [
      'a new key for a secret that is given',
      (stack) => ({ secretKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/1') }),
      `'secretKey' is of a new secret, and 'secret' is given: got 'arn:aws:kms:us-east-1:111122223333:key/1'`,
    ],
    [
      'an alarm before the watchdog comes',
      () => ({ alarmThresholds: { oldestPause: Duration.seconds(59) } }),
      `'alarmThresholds.oldestPause' must be a whole number from 60 to 86400, got 59`,
    ],
    [
      'an alarm that no invocation lives to see',
      () => ({ alarmThresholds: { durationShare: 1 } }),
      `'alarmThresholds.durationShare' must be from 0.1 to 0.99, got 1`,
    ],
    [
      'an alarm on half hours that are measured in whole ones',
      () => ({ alarmThresholds: { oldKeyUsed: Duration.minutes(90) } }),
      `'alarmThresholds.oldKeyUsed' must be a whole number from 1 to 168, got 1.5`,
    ],
    ['a memory of none', () => ({ memorySize: 255 }), `'memorySize' must be a whole number from 256 to 10240, got 255`],
    [
      'a short timeout',
      () => ({ timeout: Duration.seconds(179) }),
      `'timeout' must be a whole number from 180 to 900, got 179`,
    ],
    ...(
      [
        ['drainSeconds', 0, 600],
        ['drainSeconds', 601, 600],
        ['drainSeconds', 1.5, 600],
        ['proofSeconds', 0, 600],
        ['proofSeconds', 601, 600],
        ['connections', 0, 64],
        ['connections', 65, 64],
      ] as const
    ).map<[string, Given, string]>(([name, value, highest]) => [
      `limits.${name} ${value}`,
      () => ({ limits: { [name]: value } }),
      `'limits.${name}' must be a whole number from 1 to ${highest}, got ${value}`,
    ]),
    [
      'a limit of another name',
      () => ({ limits: { drain: 1 } as object }),
      `'limits' may have drainSeconds, proofSeconds, connections, got 'drain'`,
    ],
    [
      'fields of another name',
      () => ({ fields: { creds: {} } as object }),
      `'fields' may have credentials, config, got 'creds'`,
    ],
    ...(
      [
        ['credentials', { a: '' }],
        ['credentials', { '': 'x' }],
        ['config', { a: '' }],
        ['config', { good: 'x', a: 1 as never }],
      ] as const
    ).map<[string, Given, string]>(([name, mapping]) => [
      `fields.${name} ${JSON.stringify(mapping)}`,
      () => ({ fields: { [name]: mapping } }),
      `'fields.${name}' must give a key of the secret for each key, got ${JSON.stringify(Object.fromEntries(Object.entries(mapping).slice(-1)))}`,
    ]),
    ...[-1, 8761, NaN].map<[string, Given, string]>((value) => [
      `retireAfterHours ${value}`,
      () => ({ retireAfterHours: value }),
      `'retireAfterHours' must be from 0 to 8760, got ${value}`,
    ]),
    ...(['drainSeconds', 'proofSeconds'] as const).map<[string, Given, string]>((name) => [
      `${name} that do not fit the timeout`,
      () => ({ limits: { [name]: 211 }, timeout: Duration.minutes(5) }),
      `'limits.${name}' must leave 90 s of the function's timeout: 211 s do not fit 5 minutes`,
    ]),
    [
      'a key that lives as long as its interval',
      () => ({ schedule: 'rate(1 day)', retireAfterHours: 22 }),
      `'retireAfterHours' must be shorter than the schedule's interval without its window, or a rotation may find both key slots taken: 'rate(1 day)' may come 21 hours after a window of 3 hours, got 22`,
    ],
    [
      'the default of that, too',
      () => ({ schedule: 'cron(0 4,16 * * ? *)' }),
      `'retireAfterHours' must be shorter than the schedule's interval without its window, or a rotation may find both key slots taken: 'cron(0 4,16 * * ? *)' may come 9 hours after a window of 3 hours, got 24`,
    ],
    [
      'a number in quotes',
      () => ({ retireAfterHours: '24' as never }),
      `'retireAfterHours' must be from 0 to 8760, got '24'`,
    ],
    [
      'notices of no kind',
      () => ({ notices: 'sometimes' as never }),
      `'notices' must be one of failures, all, none, got 'sometimes'`,
    ],
    [
      'a level of no log',
      () => ({ logLevel: 'DEBUG' as never }),
      `'logLevel' must be one of INFO, WARN, ERROR, got 'DEBUG'`,
    ],
    [
      'a yes for a true',
      () => ({ restartAfterCredentialError: 'yes' as never }),
      `'restartAfterCredentialError' must be true or false, got "yes"`,
    ],
    ...['', 'a b*', 'x'.repeat(513)].map<[string, Given, string]>((secretName) => [
      `the name '${secretName.slice(0, 9)}' for a secret`,
      () => ({ secret: undefined, secretName }),
      `'secretName' must be 1 to 512 letters, digits and /_+=.@-, got '${secretName}'`,
    ]),
    ...(
      [
        ['source', undefined, `RotationSource.iamUser(…) or RotationSource.mirror(…), got undefined`],
        ['source', 'ingest', `RotationSource.iamUser(…) or RotationSource.mirror(…), got 'ingest'`],
        ['targets', undefined, 'an array of { connectionSecret, links }, got undefined'],
        ['targets', 'a.b', `an array of { connectionSecret, links }, got 'a.b'`],
        ['targets', [null], 'an array of { connectionSecret, links }, got null'],
        ['window', 3, 'a Duration, such as Duration.hours(3), got 3'],
        ['timeout', 900, 'a Duration, such as Duration.hours(3), got 900'],
        ['schedule', { hour: 3 }, 'a string, got [Object]'],
      ] as const
    ).map<[string, Given, string]>(([name, value, message]) => [
      `without a compiler: ${name} ${JSON.stringify(value)}`,
      () => ({ [name]: value }),
      `'${name}' must be ${message}`,
    ]),
    [
      'without a compiler: a link for a list',
      (stack) => ({ targets: [target(stack, 'a.b' as never)] }),
      `'links' must be an array of names, such as ["database.link"], got 'a.b'`,
    ],
    [
      'without a compiler: the name of a connection secret',
      () => ({ targets: [{ connectionSecret: 'prod/singlestore' as never, links: ['a.b'] }] }),
      `'connectionSecret' must be a secret of CDK, got 'prod/singlestore'`,
    ],
    [
      'without a compiler: an age without its unit',
      () => ({ alarmThresholds: { oldestPause: 300 as never } }),
      `'alarmThresholds.oldestPause' must be a Duration, such as Duration.hours(3), got 300`,
    ],
    ...(
      [
        ['alarmThresholds.durationShare', (durationShare) => ({ alarmThresholds: { durationShare } })],
        ['alarmThresholds.oldestPause', (number) => ({ alarmThresholds: { oldestPause: Duration.seconds(number) } })],
        ['alarmThresholds.oldKeyUsed', (number) => ({ alarmThresholds: { oldKeyUsed: Duration.hours(number) } })],
        ['timeout', (number) => ({ timeout: Duration.seconds(number) })],
      ] as [string, (number: number) => Partial<LinkRotationProps>][]
    ).map<[string, Given, string]>(([name, given]) => [
      `a parameter as ${name}`,
      (stack) => given(new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber),
      `'${name}' must be known at synth, got a value that is known only when deployed`,
    ]),
    ['no cluster', () => ({ targets: [] }), `'targets' must name at least one cluster, got []`],
    [
      'a cluster without links',
      (stack) => ({ targets: [target(stack, [])] }),
      `'links' must name at least one link of prod/singlestore, got []`,
    ],
    ...['analytics', 'a.b.c', '.b', 'a.', 'a b.c', '`a.b', '`a`b.c', 'a*b.c', 'a.b*'].map<[string, Given, string]>(
      (link) => [
        `the link ${link}`,
        (stack) => ({ targets: [target(stack, [link])] }),
        `'links' must be database.link or database.*, quoted as in SQL, got '${link}'`,
      ],
    ),
  ])('%s', (_what, given, message) => {
    expect(() => build(given)).toThrow(new Error(message));
  });

  test.each(['analytics.*', '`a.b`.`c d`', '`a``b`.c', 'Ünï.l-1'])('not the link %s', (link) => {
    expect(() => build((stack) => ({ targets: [target(stack, [link])] }))).not.toThrow();
    expect(parseLinkPattern(link)).not.toBeNull();
  });
});

describe('a key', () => {
  const far = 'arn:aws:kms:eu-west-1:111122223333:key/1';
  const elsewhere = 'arn:aws-cn:kms:us-east-1:111122223333:key/1';
  const alias = 'arn:aws:kms:us-east-1:111122223333:alias/mine';
  const places: [string, (stack: Stack, key: IKey) => Partial<LinkRotationProps>][] = [
    ['secretKey', (_, secretKey) => ({ secret: undefined, secretKey })],
    ['encryptionKey', (_, encryptionKey) => ({ encryptionKey })],
    ['topic.masterKey', (stack, masterKey) => ({ topic: new Topic(stack, 'Theirs', { masterKey }) })],
    ['secret.encryptionKey', (stack, key) => ({ secret: keyed(stack, rotated, key) })],
    [
      'connectionSecret.encryptionKey',
      (stack, key) => ({ targets: [{ connectionSecret: keyed(stack, connection, key), links: ['a.b'] }] }),
    ],
    ['source.encryptionKey', (stack, key) => ({ source: RotationSource.mirror(keyed(stack, arn('m-AbCdEf'), key)) })],
  ];
  const keyed = (stack: Stack, secretCompleteArn: string, encryptionKey: IKey) =>
    Secret.fromSecretAttributes(stack, 'Keyed', { secretCompleteArn, encryptionKey });

  test.each(places)('%s must be in the Region and partition of the stack', (prop, given) => {
    const of = (keyArn: string) => () => build((stack) => given(stack, Key.fromKeyArn(stack, 'Key', keyArn)));
    expect(of(far)).toThrow(new Error(`'${prop}' must be in the stack's Region, us-east-1, got '${far}'`));
    expect(of(elsewhere)).toThrow(new Error(`'${prop}' must be in the stack's partition, aws, got '${elsewhere}'`));
    expect(of('arn:aws:kms:us-east-1:111122223333:key/1')).not.toThrow();
  });

  test.each(places)('%s is no alias that does not know its key', (prop, given) => {
    expect(() => build((stack) => given(stack, Key.fromKeyArn(stack, 'Key', alias)))).toThrow(
      new Error(
        `'${prop}' must be a key, or an alias that knows its key, since policies take no alias: got '${alias}'`,
      ),
    );
    expect(() => build((stack) => given(stack, Alias.fromAliasName(stack, 'Alias', 'alias/mine')))).toThrow(
      /^'[\w.]+' must be a key, .* got 'arn:.*:kms:us-east-1:111122223333:alias\/mine'$/,
    );
  });

  test.each(places)('%s may be an alias that does: the key is named, by policies and the log', (_, given) => {
    const template = synth((stack) => given(stack, new Key(stack, 'Key').addAlias('mine')));
    const named = JSON.stringify([
      template.findResources('AWS::IAM::Policy'),
      template.findResources('AWS::Logs::LogGroup'),
      template.findResources('AWS::SecretsManager::Secret'),
    ]);
    expect(named).toMatch(/"Fn::GetAtt":\["Key[0-9A-F]{8}","Arn"\]/);
    expect(named).not.toMatch(/alias|KeyAlias/);
  });
});
