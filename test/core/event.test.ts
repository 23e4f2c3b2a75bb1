import { RotationError } from '../../lambda/core/errors';
import { parseEvent, rotationSteps } from '../../lambda/core/event';

const canary = 'CANARY';
const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-AbCdEf';
const sent = { Step: 'setSecret', SecretId: arn, ClientRequestToken: 'v2' };
const read = { type: 'rotation', step: 'setSecret', secretId: arn, version: 'v2' };

const refused = (event: unknown): string => {
  try {
    parseEvent(event);
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError);
    expect(error).toHaveProperty('code', 'EVENT_INVALID');
    return (error as Error).message;
  }
  return 'accepted';
};

test.each(rotationSteps)('Secrets Manager asks for %s', (step) => {
  expect(parseEvent({ ...sent, Step: step })).toEqual({ ...read, step });
});

test.each([
  ['create_secret', 'createSecret'],
  ['set_secret', 'setSecret'],
  ['test_secret', 'testSecret'],
  ['finish_secret', 'finishSecret'],
])('%s is %s', (spelled, step) => {
  expect(parseEvent({ ...sent, Step: spelled })).toEqual({ ...read, step });
});

test('a rotation token is passed on, an empty one is none', () => {
  expect(parseEvent({ ...sent, RotationToken: 'r' })).toEqual({ ...read, rotationToken: 'r' });
  expect(parseEvent({ ...sent, RotationToken: '' })).toEqual(read);
  expect(parseEvent({ ...sent, RotationToken: null })).toEqual(read);
});

test('what nobody asked for is let be', () => {
  expect(parseEvent({ ...sent, action: 'recover', more: 1 })).toEqual(read);
  expect(parseEvent({ action: 'recover', 'detail-type': 'Scheduled Event' })).toEqual({
    type: 'recover',
    dryRun: false,
  });
  expect(parseEvent({ action: 'plan', secretId: 'prod/s3' })).toEqual({ type: 'plan', secretId: 'prod/s3' });
});

test('an operator asks for the status of one secret or of all', () => {
  expect(parseEvent({ action: 'status' })).toEqual({ type: 'status' });
  expect(parseEvent({ action: 'status', secretId: 'prod/s3' })).toEqual({ type: 'status', secretId: 'prod/s3' });
});

test.each(['recover', 'retire'])('%s may be asked for without being done', (action) => {
  const event = { action, secretId: 'prod/s3', now: true };
  expect(parseEvent(event)).toMatchObject({ type: action, dryRun: false });
  expect(parseEvent({ ...event, dryRun: true })).toMatchObject({ type: action, dryRun: true });
});

describe('a custom widget', () => {
  const plain = { type: 'widget', describe: false, document: false, context: null };

  test('asks for its documentation', () => {
    for (const left of [{}, { action: '' }, { action: null }])
      expect(parseEvent({ describe: true, ...left })).toEqual({ ...plain, describe: true });
    for (const action of ['', null]) expect(refused({ action })).toContain('neither a "Step" nor a known "action"');
  });

  test('is drawn for the dashboard that shows it, with the parameters beside its context', () => {
    const context = { theme: 'dark', width: 588 };
    expect(parseEvent({ widgetContext: context, secretId: 'prod/s3' })).toEqual({
      ...plain,
      secretId: 'prod/s3',
      context,
    });
  });

  test.each(['', null])('takes a parameter that is %j for none', (empty) => {
    const parameters = { secretId: empty, document: empty, describe: empty };
    expect(parseEvent({ widgetContext: {}, ...parameters })).toEqual({ ...plain, context: {} });
  });

  test.each([{ action: 'status' }, { action: 'recover' }, { Step: 'setSecret' }, { source: 'aws.secretsmanager' }])(
    'stays a widget whatever its parameters are called: %j',
    (parameters) => {
      expect(parseEvent({ widgetContext: {}, ...parameters })).toEqual({ ...plain, context: {} });
    },
  );

  test.each<[unknown, boolean]>([
    [true, true],
    ['true', true],
    ['True', true],
    [false, false],
    ['false', false],
  ])('with the parameter document %j is wanted as a document: %j', (given, document) => {
    expect(parseEvent({ widgetContext: {}, document: given })).toEqual({ ...plain, document, context: {} });
  });

  test.each(['yes', 1, 'constructor'])('with the parameter document %j is refused', (given) => {
    expect(refused({ widgetContext: {}, document: given })).toContain('"document" is neither true nor false');
  });
});

describe('who started a rotation', () => {
  const call = { eventName: 'RotateSecret', requestParameters: { secretId: arn } };
  const said = (detail: object): unknown => parseEvent({ source: 'aws.secretsmanager', detail });

  test('is known where a trail tells', () => {
    const userIdentity = { type: 'AssumedRole', arn: 'arn:aws:sts::1:assumed-role/ops/ann', accessKeyId: canary };
    expect(said({ ...call, userIdentity })).toEqual({
      type: 'secret-changed',
      secretId: arn,
      requestedBy: 'arn:aws:sts::1:assumed-role/ops/ann',
    });
  });

  test.each<[string, object]>([
    ['of another call', { eventName: 'PutSecretValue', userIdentity: { arn: 'a' } }],
    ['without an ARN', { userIdentity: { type: 'AWSService' } }],
    ['with an ARN that is no text', { userIdentity: { arn: [canary] } }],
    ['without an identity', {}],
  ])('is not known from an event %s', (_, more) => {
    expect(said({ ...call, ...more })).toEqual({ type: 'secret-changed', secretId: arn });
  });
});

test.each<[string, object]>([
  ['an API call that names it in its request', { requestParameters: { secretId: arn } }],
  ['an API call that names it in its answer', { requestParameters: null, responseElements: { aRN: arn, name: 'x' } }],
  [
    'an event of the service',
    { additionalEventData: { SecretId: arn }, requestParameters: {}, responseElements: null },
  ],
  [
    'places with other things in them',
    { additionalEventData: { SecretId: 7, mySecretId: 'x', arnold: 'x', secretId: '', ARN: arn } },
  ],
])('%s is about that secret', (_, detail) => {
  const event = { source: 'aws.secretsmanager', detail };
  expect(parseEvent(event)).toEqual({ type: 'secret-changed', secretId: arn });
});

test('an event that Secrets Manager sends by itself is about the secret among its resources', () => {
  const event = { source: 'aws.secretsmanager', 'detail-type': 'Secret Label Updated', detail: { name: 's3' } };
  expect(parseEvent({ ...event, resources: [arn] })).toEqual({ type: 'secret-changed', secretId: arn });
  for (const resources of [undefined, arn, [], [7], ['arn:aws:lambda:us-east-1:111122223333:function:f']])
    expect(refused({ ...event, resources })).toContain('names no secret');
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', arn],
  ['no secret', { requestParameters: { token: canary } }],
  ['a place that is a text', { requestParameters: canary }],
])('an event of Secrets Manager with %s as detail names no secret', (_, detail) => {
  const said = refused({ source: 'aws.secretsmanager', detail });
  expect(said).toContain('the event of Secrets Manager names no secret; accepted are {"Step","SecretId",');
  expect(said).toContain(
    '; {"describe":true} and {"widgetContext":…} of a CloudWatch custom widget; events of EventBridge with source aws',
  );
  expect(said).not.toContain(canary);
});

test('an event of another service is none of ours', () => {
  expect(refused({ source: 'aws.s3', detail: { requestParameters: { secretId: arn } } })).toContain('neither a "Step"');
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'the event is not an object'],
  ['null', null, 'the event is not an object'],
  ['a text', canary, 'the event is not an object'],
  ['a list', [canary], 'neither a "Step" nor a known "action"'],
  ['an empty object', {}, 'neither a "Step" nor a known "action"'],
  ['an unknown action', { action: canary }, 'neither a "Step" nor a known "action"'],
  ['an action that is not a text', { action: { recover: canary } }, 'neither a "Step" nor a known "action"'],
  ['a plan without a secret', { action: 'plan', SecretId: canary }, '"secretId" is missing or not a text'],
  ['a dry run that is a text', { action: 'recover', dryRun: canary }, '"dryRun" is neither true nor false'],
  ['a status of no text', { action: 'status', secretId: [canary] }, '"secretId" is missing or not a text'],
  ['a retirement that need not be now', { action: 'retire', secretId: canary }, '"retire" needs "now":true'],
  ['a retirement not now', { action: 'retire', secretId: canary, now: false }, '"retire" needs "now":true'],
  ['a retirement of nothing', { action: 'retire', now: true, canary }, '"secretId" is missing or not a text'],
  ['an unknown step', { ...sent, Step: canary, RotationToken: canary }, '"Step" is not a rotation step'],
  ['a step in other letters', { ...sent, Step: 'SetSecret', RotationToken: canary }, '"Step" is not a rotation step'],
  ['a step that is not a text', { ...sent, Step: [canary] }, '"Step" is missing or not a text'],
  ['an empty step', { ...sent, Step: '' }, '"Step" is missing or not a text'],
  ['no secret', { ...sent, SecretId: undefined, RotationToken: canary }, '"SecretId" is missing or not a text'],
  ['a secret that is not a text', { ...sent, SecretId: { canary } }, '"SecretId" is missing or not a text'],
  [
    'no version',
    { ...sent, ClientRequestToken: '', RotationToken: canary },
    '"ClientRequestToken" is missing or not a text',
  ],
])('%s is refused with the accepted shapes, and not repeated', (_, event, problem) => {
  const said = refused(event);
  expect(said).toContain(problem);
  expect(said).toContain('createSecret, setSecret, testSecret, finishSecret; {"action":"recover"}; {"action":"plan"');
  expect(said).not.toContain(canary);
});
