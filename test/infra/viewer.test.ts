import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotationSource } from '../../infra';
import type { Status } from '../../lambda/core/status';
import { deployedFrom, example, type Deployed } from '../support/deployed';
import { closeAll, failure, hasEffect, opener } from '../support/rotating';
import { addToJournal, rewriteJournal, type Sockets } from '../support/sockets';
import { all, arn, deployed, type Given, imported, inVpc, only, type Resource, statementsOf, synth } from './given';
import { shapes } from './shapes';

/* The second function: what it is, and that its role may look and do nothing else. */

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

const page: Given = () => ({ statusPage: true });
const template = synth(page);

function functionOf(handler: string, from = template): Resource {
  const found = all(from, 'AWS::Lambda::Function').find(({ Properties }) => Properties['Handler'] === handler);
  return found!;
}
const roleOf = ({ Properties }: Resource): string =>
  (Properties['Role'] as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];

/** What the second function's role may do, each as `action resource`. */
function allowedIn(from = template): string[] {
  const role = roleOf(functionOf('index.widget', from));
  const policies = [...all(from, 'AWS::IAM::Policy'), ...all(from, 'AWS::IAM::ManagedPolicy')];
  const own = policies.filter(({ Properties }) => JSON.stringify(Properties['Roles']).includes(`"${role}"`));
  return own
    .flatMap((policy) => statementsOf(policy))
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((on) => `${action} ${String(deployed(on))}`)),
    )
    .sort();
}

describe('its role', () => {
  test('may read the journal, the secrets and the keys, write its log, and nothing else', () => {
    const [journal] = only(template, 'AWS::DynamoDB::Table');
    const [log] = only(template, 'AWS::Logs::LogGroup');
    const user = 'arn:AWS::Partition:iam::111122223333:user/singlestore-ingest';
    expect(allowedIn()).toEqual([
      `dynamodb:GetItem ${journal}.Arn`,
      `dynamodb:Query ${journal}.Arn`,
      `iam:GetAccessKeyLastUsed ${user}`,
      `iam:ListAccessKeys ${user}`,
      `logs:CreateLogStream ${log}.Arn`,
      `logs:PutLogEvents ${log}.Arn`,
      `secretsmanager:DescribeSecret ${example.secret}`,
      `secretsmanager:GetSecretValue ${example.secret}`,
      `secretsmanager:GetSecretValue ${example.connection}`,
    ]);
  });

  const of = (name: string) => `arn:aws:kms:us-east-1:111122223333:key/of-${name}`;
  const shapes: [string, Given][] = [
    ['a mirrored secret', (stack) => ({ source: RotationSource.mirror(imported(stack, arn('prod/upstream-AbCdEf'))) })],
    [
      'secrets under keys',
      (stack) => ({
        secret: Secret.fromSecretAttributes(stack, 'Own', {
          secretCompleteArn: example.secret,
          encryptionKey: Key.fromKeyArn(stack, 'OwnKey', of('secret')),
        }),
      }),
    ],
    ['a topic that is told everything', () => ({ notices: 'all' })],
    [
      'many links',
      (stack) => ({
        targets: [{ connectionSecret: imported(stack, example.connection), links: Array<string>(150).fill('a.b') }],
      }),
    ],
  ];
  test.each(shapes)('with %s may write nowhere, either', (_, given) => {
    const allowed = allowedIn(synth((stack) => ({ ...page(stack), ...given(stack) })));
    const actions = new Set(allowed.map((said) => said.split(' ')[0] ?? ''));
    for (const action of actions)
      expect(action).toMatch(
        /^(?:\w+:(?:Get|List|Describe|Query)(?!Random|SessionToken)\w*|kms:Decrypt|logs:(?:CreateLogStream|PutLogEvents))$/,
      );
  });
});

describe('the function', () => {
  const { Properties } = functionOf('index.widget');

  test('is of the same code, time limit, log and definitions as the one that rotates, and tells nobody', () => {
    const same = ['Code', 'Runtime', 'Architectures', 'Timeout', 'MemorySize', 'LoggingConfig'];
    const rotator = functionOf('index.handler').Properties;
    for (const name of same) expect(Properties[name]).toEqual(rotator[name]);
    const {
      NOTICES_TOPIC: _topic,
      NOTICES: _notices,
      ...shared
    } = (rotator['Environment'] as { Variables: Record<string, unknown> }).Variables;
    const { ROTATION_FUNCTION: _rotator, ...own } = (
      Properties['Environment'] as { Variables: Record<string, unknown> }
    ).Variables;
    expect(own).toEqual(shared);
  });

  test('knows the name of the one that rotates: the commands that it tells are for that one', () => {
    const [rotator] = Object.entries(template.findResources('AWS::Lambda::Function')).find(([, found]) =>
      JSON.stringify(found).includes('index.handler'),
    )!;
    expect(Properties['Environment']).toMatchObject({ Variables: { ROTATION_FUNCTION: { Ref: rotator } } });
  });

  test('stands in the same place of the network', () => {
    const both = synth((stack) => ({ ...page(stack), ...inVpc(stack) }));
    const [one, other] = all(both, 'AWS::Lambda::Function').map((found) => found.Properties['VpcConfig']);
    expect(one).toBeDefined();
    expect(other).toEqual(one);
    expect(allowedIn(both)).toContain('ec2:CreateNetworkInterface *');
  });

  test('waits for the endpoints, and is called once a day: two weeks without a call would make it inactive', () => {
    const isolated = synth((stack) => ({
      ...page(stack),
      network: { vpc: new Vpc(stack, 'Vpc', { natGateways: 0 }), endpoints: 'create' },
    }));
    const { DependsOn } = functionOf('index.widget', isolated);
    expect(DependsOn).toEqual(expect.arrayContaining(Object.keys(isolated.findResources('AWS::EC2::VPCEndpoint'))));
    const [viewer] = Object.entries(isolated.findResources('AWS::Lambda::Function')).find(([, found]) =>
      JSON.stringify(found).includes('index.widget'),
    )!;
    isolated.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 day)',
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [viewer, 'Arn'] },
          Input: '{"describe":true}',
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        },
      ],
    });
  });

  test('is, outside a VPC, called by nobody but those who are allowed to', () => {
    const [viewer] = Object.entries(template.findResources('AWS::Lambda::Function')).find(([, found]) =>
      JSON.stringify(found).includes('index.widget'),
    )!;
    for (const type of ['AWS::Lambda::Permission', 'AWS::Events::Rule', 'AWS::Lambda::Url'])
      expect(JSON.stringify(template.findResources(type))).not.toContain(viewer);
  });

  test('draws the status on the dashboard', () => {
    const body = deployed(only(template, 'AWS::CloudWatch::Dashboard')[1].Properties['DashboardBody']) as string;
    const { widgets } = JSON.parse(body) as { widgets: { type: string; properties: Record<string, unknown> }[] };
    const [widget] = widgets.filter(({ type }) => type === 'custom');
    expect(widget?.properties).toEqual({
      title: 'Status',
      endpoint: expect.stringMatching(/Viewer.*\.Arn$/) as string,
      updateOn: { refresh: true, resize: true, timeRange: false },
    });
  });

  test('is left out when nobody wants it', () => {
    const without = synth();
    only(without, 'AWS::Lambda::Function');
    only(without, 'AWS::IAM::Role');
    expect(JSON.stringify(without.findResources('AWS::CloudWatch::Dashboard'))).not.toContain('custom');
  });
});

describe.each(shapes)('of $what', ({ given, keys }) => {
  afterAll(closeAll);

  test('its role is denied nothing that is asked for, and all that it is allowed is used', async () => {
    const stack = deployedFrom(synth((own) => ({ ...given(own), ...page(own) })).toJSON(), keys, 'index.widget');
    let role: Deployed | undefined;
    const viewed = { ...stack, in: (...names: Parameters<typeof stack.in>) => (role = stack.in(...names)) };
    const sockets = await opener(viewed)({ lambda: { env: { _HANDLER: 'index.widget' } } });
    for (const event of [{ action: 'plan', secretId: sockets.arn }, { action: 'status' }, { describe: true }])
      expect(await sockets.invoke(event)).toMatchObject({ ok: true });
    expect([...(role?.denied ?? ['?'])]).toEqual([]);
    expect(role?.allowed.filter((said) => !role?.used.has(said))).toEqual([]);
  });
});

describe('deployed', () => {
  let role: Deployed;
  let sockets: Sockets;
  beforeAll(async () => {
    const stack = deployedFrom(template.toJSON(), {}, 'index.widget');
    sockets = await opener({ ...stack, in: (...names) => (role = stack.in(...names)) })({
      lambda: { env: { _HANDLER: 'index.widget' } },
    });
  });
  afterAll(closeAll);

  const questions = { status: { action: 'status' }, page: { widgetContext: { theme: 'dark', width: 588 } } };
  test('it answers with what its role is allowed, needs all of it, and changes nothing', async () => {
    const before = [sockets.snapshot(), await sockets.account.journal()];
    const plan = await sockets.invoke({ action: 'plan', secretId: sockets.arn });
    expect(plan).toMatchObject({ ok: true, value: { blockers: [] } });
    for (const question of Object.values(questions)) expect(await sockets.invoke(question)).toMatchObject({ ok: true });
    expect([...role.denied]).toEqual([]);
    expect(role.allowed.filter((said) => !role.used.has(said))).toEqual([]);
    expect([sockets.snapshot(), await sockets.account.journal()]).toEqual(before);
    expect(sockets.server.statements.filter(hasEffect)).toEqual([]);
  });

  test('what mends a stuck secret is told of the function that rotates, in the status and on the page', async () => {
    const record = {
      ...{ cluster: 'gone:3306', link: '`a`.`b`', secretId: sockets.arn, connectionSecretId: example.connection },
      ...{ fence: 1, lease: null, connections: [], holds: [{ version: 'lost' }], bracket: null },
    };
    await addToJournal(sockets.account, 'link', 'gone:3306/`a`.`b`', record);
    const { value } = (await sockets.invoke(questions.status)) as { value: Status };
    const command = value.secrets[0]?.stuck?.command ?? '';
    expect(command).toMatch(/ recover --function RotationSharedFunction\w+$/); // as the template calls it
    expect(((await sockets.invoke(questions.page)) as { value: string }).value).toContain(command);
    await rewriteJournal(sockets.account, () => undefined);
  });

  test('the page names what there is', async () => {
    const { value } = (await sockets.invoke(questions.page)) as { value: string };
    for (const name of ['analytics.analytics_link', 'analytics.clicks', 'sales.orders', 'sales.refunds'])
      expect(value).toContain(name);
    expect(value).toContain('slr-dark');
    const file = await sockets.invoke({ widgetContext: {}, document: true });
    expect(file).toMatchObject({ value: expect.stringMatching(/^<!doctype html>/) as string });
    expect(await sockets.invoke({ describe: true })).toMatchObject({
      value: { markdown: expect.any(String) as string },
    });
  });

  test.each([
    { action: 'recover' },
    { action: 'recover', dryRun: true },
    { action: 'retire', secretId: 'x', now: true },
    { Step: 'createSecret', SecretId: 'x', ClientRequestToken: 'v' },
    { source: 'aws.secretsmanager', resources: ['arn:aws:secretsmanager:us-east-1:111122223333:secret:x'] },
  ])('it refuses %j, before anything is asked of AWS', async (event) => {
    const { requests, iam } = sockets.account.aws;
    const asked = (): object[] => requests.filter(({ accessKeyId }) => accessKeyId === iam.role.accessKeyId);
    const before = asked();
    expect(await sockets.invoke(event)).toEqual(failure('EVENT_INVALID', /this function only looks/));
    expect(asked()).toEqual(before);
  });
});
