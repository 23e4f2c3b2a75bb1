import { CfnParameter, Duration, type Stack, Stage } from 'aws-cdk-lib';
import { User } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { type LinkRotationProps, RotationSource } from '../../infra';
import { arn, build, connection, type Given, imported } from './given';

/* What is not known before the deployment, or before CDK has looked it up, is let through. */

describe('synth lets pass', () => {
  test.each<[string, Given]>([
    ['the bounds', () => ({ limits: { drainSeconds: 600, proofSeconds: 1, connections: 64 }, retireAfterHours: 0 })],
    [
      'the bounds of alarms',
      () => ({
        alarmThresholds: { oldestPause: Duration.days(1), durationShare: 0.1, oldKeyUsed: Duration.days(7) },
      }),
    ],
    ['fields', () => ({ fields: { credentials: { aws_access_key_id: 'id' }, config: { region: 'region' } } })],
    ['a drain that just fits', () => ({ limits: { drainSeconds: 210 }, timeout: Duration.minutes(5) })],
    ['a key that is retired when the next may come', () => ({ schedule: 'rate(1 day)', retireAfterHours: 21 })],
    [
      'a value that is retired later than it is replaced, where there is no key',
      (stack) => ({ source: RotationSource.mirror(imported(stack, arn('m-AbCdEf'))), schedule: 'rate(4 hours)' }),
    ],
    [
      'what is known only when deployed',
      (stack) => {
        const parameter = (id: string, type = 'String') => new CfnParameter(stack, id, { type });
        return {
          secret: imported(stack, parameter('SecretArn').valueAsString),
          source: RotationSource.iamUser(User.fromUserName(stack, 'Ingest', parameter('UserName').valueAsString)),
          targets: [
            {
              connectionSecret: imported(stack, parameter('ConnectionArn').valueAsString),
              links: [parameter('Link').valueAsString],
              port: parameter('Port', 'Number').valueAsNumber,
            },
          ],
          schedule: parameter('Schedule').valueAsString,
          email: parameter('Email').valueAsString,
          limits: { drainSeconds: parameter('Drain', 'Number').valueAsNumber },
          retireAfterHours: parameter('Retire', 'Number').valueAsNumber,
        };
      },
    ],
  ])('%s', (_what, given) => {
    expect(() => build(given, {})).not.toThrow();
  });

  test.each<[string, (stack: Stack, value: string) => Partial<LinkRotationProps>]>([
    ['email', (_, email) => ({ email })],
    ['links', (stack, link) => ({ targets: [{ connectionSecret: imported(stack, connection), links: [link] }] })],
    ['schedule', (_, schedule) => ({ schedule })],
    ['user', (stack, name) => ({ source: RotationSource.iamUser(User.fromUserName(stack, 'Ingest', name)) })],
  ])('%s that CDK looks up, and has a dummy for until the first synth has ended', (name, given) => {
    const stack = build((own) => given(own, StringParameter.valueFromLookup(own, `/ingest/${name}`)));
    const missing = Stage.of(stack)?.synth().manifest.missing ?? [];
    expect(missing.map(({ provider }) => provider)).toEqual(['ssm']);
  });
});
