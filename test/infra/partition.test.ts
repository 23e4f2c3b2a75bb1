import type { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { arn, connection, deployed, env, type Given, imported, rotated, statements, synth } from './given';

/* In a partition that is not the commercial one: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html */

const region = 'cn-north-1';
const inChina = (commercial: string): string =>
  commercial.replace('arn:aws:', 'arn:aws-cn:').replace(env.region, region);
const keyArn = `arn:aws-cn:kms:${region}:111122223333:key/of-secret`;
const given: Given = (stack) => ({
  secret: Secret.fromSecretAttributes(stack, 'Own', {
    secretCompleteArn: inChina(rotated),
    encryptionKey: Key.fromKeyArn(stack, 'OwnKey', keyArn),
  }),
  targets: [{ connectionSecret: imported(stack, inChina(connection)), links: ['a.b'] }],
  statusPage: true,
});

/** The principals that are services, and the services that keys are used through. */
const principals = (template: Template): string[] =>
  [...JSON.stringify(deployed(template.toJSON())).matchAll(/"(?:Service|Principal)":("[^"]+"|\[[^\]]+\])/g)]
    .flatMap(([, named = '']) => JSON.parse(named) as string | string[])
    .filter((named, at, all) => named.includes('.') && all.indexOf(named) === at)
    .sort();

describe('in China', () => {
  const template = synth(given, { env: { ...env, region } });

  test('no ARN is of the commercial partition', () => {
    const text = JSON.stringify(template.toJSON());
    expect(text).not.toContain('arn:aws:');
    expect(text).toContain(inChina(arn('prod/s3-ingest-AbCdEf')));
  });

  test('services have their one name, but CloudWatch Logs, which has one in each Region', () => {
    expect(principals(template)).toEqual([
      'cloudwatch.amazonaws.com',
      'events.amazonaws.com',
      'lambda.amazonaws.com',
      `logs.${region}.amazonaws.com.cn`,
      'secretsmanager.amazonaws.com',
    ]);
  });

  test('the key of a secret is used through Secrets Manager, by either of its names', () => {
    const conditions = statements(template)
      .filter(({ Resource }) => [Resource].flat().includes(keyArn))
      .map(({ Condition }) => Condition);
    const names = ['amazonaws.com', 'amazonaws.com.cn'].map((domain) => `secretsmanager.${region}.${domain}`);
    expect(conditions).toEqual(Array(2).fill({ StringEquals: { 'kms:ViaService': names } }));
  });
});

test('in a Region that is known only when deployed, so is the domain', () => {
  expect(principals(synth(undefined, {}))).toContain('logs.AWS::Region.AWS::URLSuffix');
});
