import { App } from 'aws-cdk-lib';
import { readSettings } from '../../infra/settings';

const read = (context: Record<string, unknown>) => readSettings(new App({ context }).node);

const given = {
  secretId: 'arn:aws:secretsmanager:eu-central-1:444455556666:secret:ingest-AbCdEf',
  userName: 'ingest',
  connectionSecretId: 'arn:aws:secretsmanager:eu-central-1:444455556666:secret:cluster-AbCdEf',
  links: 'a.b,c.*',
};

test('without context it is the example, in the account that documentation uses', () => {
  expect(read({})).toEqual({
    secretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf',
    userName: 'singlestore-ingest',
    connectionSecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf',
    links: ['analytics.analytics_link'],
    env: { account: '111122223333', region: 'us-east-1' },
  });
});

test('links may be given with commas, and the stack goes where the secret is', () => {
  expect(read(given)).toEqual({
    ...given,
    links: ['a.b', 'c.*'],
    env: { account: '444455556666', region: 'eu-central-1' },
  });
});

test('a new secret has a name instead of an ARN, and the stack goes where the connection secret is', () => {
  const { secretId: _, ...rest } = given;
  expect(read({ ...rest, secretName: 'prod/new' })).toEqual({
    ...rest,
    links: ['a.b', 'c.*'],
    secretName: 'prod/new',
    env: { account: '444455556666', region: 'eu-central-1' },
  });
  expect(() => read({ ...given, secretName: 'prod/new' })).toThrow('or -c secretName=… for a new one, not both');
  expect(() => read({ secretName: 'prod/new' })).toThrow(
    new Error('Missing context: -c userName=… -c connectionSecretId=… -c links=…'),
  );
});

test.each([
  ['`a,b`.c', ['`a,b`.c']],
  ['a.b, c.*', ['a.b', 'c.*']],
  ['`a``,b`.`c,`,d.e', ['`a``,b`.`c,`', 'd.e']],
  ['a.b,', ['a.b', '']], // refused with the rotation
])('links are read as in SQL: %s', (links, each) => {
  expect(read({ ...given, links }).links).toEqual(each);
});

test('links may be an array, as in cdk.json', () => {
  expect(read({ ...given, links: ['`a,b`.c'] }).links).toEqual(['`a,b`.c']);
});

test('a user under a path is given by its ARN', () => {
  const userName = 'arn:aws:iam::444455556666:user/etl/ingest';
  expect(read({ ...given, userName }).userName).toBe(userName);
});

test.each([
  ['schedule', 'rate(10 days)'],
  ['email', 'on-call@example.com'],
  ['notices', 'all'],
  ['notices', 'none'],
  ['kmsKey', 'arn:aws:kms:eu-central-1:444455556666:key/1234abcd'],
  ['stackName', 'KafkaLinkRotation'],
])('%s is handed on, and left to its default where it is not given', (key, value) => {
  expect(read({ ...given, [key]: value })).toHaveProperty(key, value);
  expect(read(given)).not.toHaveProperty(key);
});

test.each(['rate(2 days)', 'cron(0 22 1 * ? *)', 'cron(0 0 ? * MON,THU *)'])(
  'the schedule %s leaves room for what cannot be given here',
  (schedule) => {
    expect(read({ ...given, schedule }).schedule).toBe(schedule);
  },
);

test.each([
  ['rate(1 day)', 21],
  ['cron(0 23 * * ? *)', 23],
  ['cron(0 /8 * * ? *)', 5],
])('%s is refused for the life of an old key, which cannot be given here', (schedule, hours) => {
  expect(() => read({ ...given, schedule })).toThrow(
    new Error(
      `'schedule' must leave 24 hours from a window's end to the next rotation, in which an old key stays active: ` +
        `got '${schedule}', which leaves ${hours}. A shorter life (retireAfterHours) takes an app of your own`,
    ),
  );
});

test.each([
  [{ userName: 'ingest' }, 'Missing context: -c secretId=… -c connectionSecretId=… -c links=…'],
  [{ ...given, links: '' }, 'Missing context: -c links=…'],
  [{ email: 'on-call@example.com' }, 'Missing context: -c secretId=… -c userName=… -c connectionSecretId=… -c links=…'],
  [{ schedule: 'rate(10 days)' }, 'Missing context: -c secretId=… -c userName=… -c connectionSecretId=… -c links=…'],
])('of %j it says what is missing', (context, message) => {
  expect(() => read(context)).toThrow(new Error(message));
});

test('what is to be deployed must be given: there the example is refused', () => {
  expect(() => read({ example: 'false' })).toThrow(
    new Error('Missing context: -c secretId=… -c userName=… -c connectionSecretId=… -c links=…'),
  );
  expect(read({ ...given, example: 'false' }).userName).toBe('ingest');
});

test.each([
  ['secretid', 'secretId'],
  ['secretArn', 'secretId'],
  ['connection-secret', 'connectionSecretId'],
  ['user', 'userName'],
  ['link', 'links'],
  ['scheduel', 'schedule'],
  ['mail', 'email'],
  ['notice', 'notices'],
  ['e-mail', 'email'],
  ['eMail', 'email'],
  ['emal', 'email'],
])('%s is taken for a misspelt %s', (key, meant) => {
  expect(() => read({ ...given, [meant]: undefined, [key]: 'x' })).toThrow(
    new Error(`Unknown context: -c ${key}=…, did you mean -c ${meant}=…?`),
  );
});

test.each(['vpc', 'stage', 'retireAfterHours'])(
  '%s, which nobody would read, is refused with what is accepted',
  (key) => {
    const message =
      `Unknown context: -c ${key}=…. Accepted are secretId, userName, connectionSecretId, links, secretName, schedule, email, ` +
      'notices, kmsKey, stackName, example; whatever else a rotation may have takes an app of your own';
    expect(() => read({ ...given, [key]: 'x' })).toThrow(new Error(message));
    expect(() => read({ [key]: 'x' })).toThrow(new Error(message));
  },
);

test('a misspelt key is refused beside the one that was meant, too', () => {
  expect(() => read({ ...given, userName: 'me', username: 'you' })).toThrow(
    'Unknown context: -c username=…. Accepted are',
  );
  expect(() => read({ ...given, secretname: 'prod/new' })).toThrow('did you mean -c secretName=…?');
});

test("CDK's own context is left alone", () => {
  const own = {
    'cli-telemetry': false,
    'acknowledged-issue-numbers': [1],
    '@aws-cdk/core:links': true,
    'aws-cdk:enableDiffNoFail': true,
    'aws:cdk:bundling-stacks': ['**'],
    'availability-zones:account=111122223333:region=us-east-1': ['us-east-1a'],
  };
  expect(read({ ...given, ...own }).links).toEqual(['a.b', 'c.*']);
});

test.each([
  [
    'secretId',
    'ingest',
    `'secretId' must be the complete ARN of a secret, with the six characters at its end, got 'ingest'`,
  ],
  [
    'connectionSecretId',
    'arn:aws:secretsmanager:eu-central-1:444455556666:secret:cluster',
    `'connectionSecretId' must be the complete ARN of a secret, with the six characters at its end, got 'arn:aws:secretsmanager:eu-central-1:444455556666:secret:cluster'`,
  ],
  ['kmsKey', 'alias/mine', `'kmsKey' must be the ARN of a KMS key, arn:aws:kms:…:key/…, got 'alias/mine'`],
  ['notices', 'some', `'notices' must be one of failures, all, none, got 'some'`],
  ...['path/ingest', 'arn:aws:iam::444455556666:role/path/ingest'].map((userName) => [
    'userName',
    userName,
    `'userName' must be the name of an IAM user, or the ARN of one under a path, arn:aws:iam::…:user/path/name, got '${userName}'`,
  ]),
])('%s %s is refused and quoted', (key, value, message) => {
  expect(() => read({ ...given, [key]: value })).toThrow(new Error(message));
});

test.each(['no', 'False', 0])('example=%s, which might be taken for either, is refused', (example) => {
  expect(() => read({ example })).toThrow(new Error(`'example' must be true or false, got '${example}'`));
});
