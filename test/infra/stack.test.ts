import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../infra/bundle';
import { readSettings } from '../../infra/settings';
import { LinkRotationStack } from '../../infra/stack';
import { actionsOn, all, type Resource, statements, templateOf, variables } from './given';

/* The app of `npm run synth`, with the example of the README. */

let app: App;
let stack: LinkRotationStack;
beforeAll(async () => {
  await bundle(); // before the stack takes its hash
  app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  stack = new LinkRotationStack(app, 'SingleStoreLinkRotation', readSettings(app.node));
});

test('cdk-nag finds nothing, and nothing had to be acknowledged', () => {
  expect(() => app.synth()).not.toThrow();
  expect(JSON.stringify(stack.node.findAll().flatMap(({ node }) => node.metadata))).not.toContain('AwsSolutions');
});

test('the outputs name what an operator looks for: the function, its log group, the journal, the dashboard and the topic', () => {
  const template = Template.fromStack(stack);
  const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
  const types = Object.entries(template.findOutputs('*')).map(([name, { Value }]) => [
    name,
    Resources[(Value as { Ref: string }).Ref]?.Type,
  ]);
  expect(Object.fromEntries(types)).toEqual({
    FunctionName: 'AWS::Lambda::Function',
    StatusFunctionName: 'AWS::Lambda::Function',
    LogGroupName: 'AWS::Logs::LogGroup',
    JournalTableName: 'AWS::DynamoDB::Table',
    DashboardName: 'AWS::CloudWatch::Dashboard',
    TopicArn: 'AWS::SNS::Topic',
  });
});

describe('what outlives a deployment', () => {
  const { env, secretId: _, ...example } = readSettings(new App().node);
  const fresh = new LinkRotationStack(new App(), 'Stack', { ...example, env, secretName: 'prod/new' });
  const { Resources } = Template.fromStack(fresh).toJSON() as {
    Resources: Record<string, Resource & { Type: string }>;
  };

  test('keeps the id that it is deployed under: another id would be another one, and an upgrade would begin anew', () => {
    const stateful = /::(Table|Secret|LogGroup|Topic|Key)$/;
    const ids = Object.entries(Resources).filter(([, { Type }]) => stateful.test(Type));
    expect(Object.fromEntries(ids.map(([id, { Type }]) => [id, Type]))).toEqual({
      LinkRotationSharedJournal3FFB3A02: 'AWS::DynamoDB::Table',
      LinkRotationSharedKey1F9555F7: 'AWS::KMS::Key',
      LinkRotationSharedLogFBE742FC: 'AWS::Logs::LogGroup',
      LinkRotationSharedTopic71C76589: 'AWS::SNS::Topic',
      LinkRotationSharedRotationSecretF006D75A: 'AWS::SecretsManager::Secret',
    });
  });

  test('has no name of its own but the secret, so that beside what a removal has kept another deployment finds every name free', () => {
    const ofOthers = ['MetricName', 'PolicyName']; // of an alarm's metric, and within a role
    const named = Object.values(Resources).flatMap(({ Type, Properties }) =>
      Object.entries(Properties)
        .filter(([key, value]) => key.endsWith('Name') && typeof value === 'string' && !ofOthers.includes(key))
        .map(([, value]) => [Type, value]),
    );
    expect(named).toEqual([['AWS::SecretsManager::Secret', 'prod/new']]);
  });
});

test('a second one, for another secret, stands beside the first under the name that is given', () => {
  const { env, ...example } = readSettings(new App().node);
  const second = new App({ context: { ...example, stackName: 'KafkaLinkRotation' } });
  const { stackName, account } = new LinkRotationStack(second, 'SingleStoreLinkRotation', readSettings(second.node));
  expect({ stackName, account }).toEqual({ stackName: 'KafkaLinkRotation', account: env?.account });
  expect(stack.stackName).toBe('SingleStoreLinkRotation'); // where none is given
});

test('of a user under a path, given by its ARN, the role is allowed that ARN, and the function asks for the name', () => {
  const userName = 'arn:aws:iam::111122223333:user/etl/eu/ingest';
  const template = templateOf(new LinkRotationStack(new App(), 'Stack', { ...readSettings(new App().node), userName }));
  const ofIam = statements(template).filter(({ Action }) => String(Action).includes('iam:'));
  expect(ofIam.map(({ Resource }) => Resource)).toEqual([userName]);
  expect(variables(template)['ROTATIONS']).toContain('"source":{"type":"iam-user","userName":"ingest"}');
});

test('nobody deletes it by mistake, with its watchdog', () => {
  expect(stack.terminationProtection).toBe(true);
});

test('whom to tell and when to rotate is as given', () => {
  const given = new App({ context: { schedule: 'rate(10 days)', email: 'on-call@example.com', notices: 'all' } });
  const { env, ...example } = readSettings(new App().node);
  for (const [key, value] of Object.entries(example)) given.node.setContext(key, value);
  const template = Template.fromStack(new LinkRotationStack(given, 'Stack', readSettings(given.node)));
  expect(env).toEqual({ account: '111122223333', region: 'us-east-1' });
  template.hasResourceProperties('AWS::SNS::Subscription', { Endpoint: 'on-call@example.com' });
  expect(JSON.stringify(template.findResources('AWS::Lambda::Function'))).toContain('"NOTICES":"all"');
  template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
    RotationRules: { ScheduleExpression: 'rate(10 days)' },
  });
});

test.each(['secretId', 'secretName'])('the key of both secrets is used where one is given, beside %s', (which) => {
  const kmsKey = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd';
  const { secretId, ...example } = readSettings(new App().node);
  const secret = which === 'secretId' ? { secretId } : { secretName: 'prod/new' };
  const keyed = new LinkRotationStack(new App(), 'Stack', { ...example, ...secret, kmsKey });
  const template = templateOf(keyed);
  expect(actionsOn(template, (resource) => resource === JSON.stringify(kmsKey))).toEqual([
    'kms:Decrypt',
    'kms:Decrypt',
    'kms:GenerateDataKey',
  ]);
  if (which === 'secretName')
    template.hasResourceProperties('AWS::SecretsManager::Secret', { Name: 'prod/new', KmsKeyId: kmsKey });
});

test('another folder and another process make the same template, with the same hash of the code', () => {
  // GIVEN
  const root = join(__dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  try {
    for (const part of ['infra', 'lambda', 'cli', 'package.json', 'tsconfig.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    // WHEN
    const outdir = join(folder, 'cdk.out');
    execFileSync(process.execPath, [join(root, 'node_modules/tsx/dist/cli.mjs'), 'infra/app.ts'], {
      cwd: folder,
      env: { ...process.env, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // THEN
    const there: unknown = JSON.parse(readFileSync(join(outdir, `${stack.stackName}.template.json`), 'utf8'));
    const here = Template.fromStack(stack);
    expect(there).toEqual(here.toJSON());
    const keys = all(here, 'AWS::Lambda::Function').map(
      ({ Properties }) => (Properties['Code'] as { S3Key: string }).S3Key,
    );
    expect(new Set(keys).size).toBe(1); // two functions from one bundle
    expect(keys[0]).toMatch(/^[\da-f]{64}\.zip$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
