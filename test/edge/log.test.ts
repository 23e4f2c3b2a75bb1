import { logAddress, ofRequest, openLog } from '../../lambda/edge/log';
import { openMetrics } from '../../lambda/edge/metrics';

const now = () => Date.UTC(2026, 10, 22, 10);
const lines = (act: (write: (line: string) => void) => void): unknown[] => {
  const written: string[] = [];
  act((line) => written.push(line));
  return written.map((line) => {
    expect(line).not.toContain('\n');
    return JSON.parse(line) as unknown;
  });
};

test('an action is one JSON line, with its level, time and fields', () => {
  expect(
    lines((write) => {
      openLog(undefined, now, write).warn('drain exceeded', {
        link: '`a`.`b`',
        pipelines: ['x\n', 'y'],
        seconds: 60,
        at: null,
      });
    }),
  ).toEqual([
    {
      level: 'WARN',
      action: 'drain exceeded',
      time: '2026-11-22T10:00:00.000Z',
      link: '`a`.`b`',
      pipelines: ['x\n', 'y'],
      seconds: 60,
      at: null,
    },
  ]);
});

test.each([
  [undefined, ['INFO', 'WARN', 'ERROR']],
  ['info', ['INFO', 'WARN', 'ERROR']],
  ['Warn', ['WARN', 'ERROR']],
  ['ERROR', ['ERROR']],
  ['debug', ['INFO', 'WARN', 'ERROR']],
  ['silent', ['INFO', 'WARN', 'ERROR']],
  ['', ['INFO', 'WARN', 'ERROR']],
])('LOG_LEVEL %j lets %j through', (level, through) => {
  const written = lines((write) => {
    const log = openLog(level, now, write);
    log.info('a');
    log.warn('a');
    log.error('a');
  }) as { level: string }[];
  expect(written.map((line) => line.level)).toEqual(through);
});

test('without a writer of its own, the log and the metrics go to standard output', () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  openLog(undefined, now).info('a');
  openMetrics(now, undefined).put('Heartbeat', 1, 'Count');
  const written = write.mock.calls.map(([chunk]) => String(chunk));
  write.mockRestore();
  expect(written.map((chunk) => chunk.split('\n'))).toEqual([
    [expect.stringContaining('"INFO"'), ''],
    [expect.stringContaining('"Heartbeat"'), ''],
  ]);
});

test('a metric has the name of its function as dimension, where there is one', () => {
  const [line] = lines((write) => {
    openMetrics(now, 'rotator', write).put('Heartbeat', 1, 'Count');
  });
  expect(line).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Dimensions: [['FunctionName']] }] },
    FunctionName: 'rotator',
    Heartbeat: [1],
  });
});

test('a metric is one line in embedded metric format', () => {
  expect(
    lines((write) => {
      openMetrics(now, undefined, write).put('PipelinePauseMilliseconds', [812, 0.5], 'Milliseconds');
    }),
  ).toEqual([
    {
      _aws: {
        Timestamp: now(),
        CloudWatchMetrics: [
          {
            Namespace: 'SingleStoreLinkRotation',
            Dimensions: [[]],
            Metrics: [{ Name: 'PipelinePauseMilliseconds', Unit: 'Milliseconds' }],
          },
        ],
      },
      PipelinePauseMilliseconds: [812, 0.5],
    },
  ]);
});

test.each([
  [0, []],
  [1, [1]],
  [100, [100]],
  [101, [100, 1]],
  [250, [100, 100, 50]],
])('%d values stand in lines of %j', (count, sizes) => {
  const values = Array.from({ length: count }, (_, index) => index);
  const written = lines((write) => {
    openMetrics(now, undefined, write).put('PipelinePauseMilliseconds', values, 'Milliseconds');
  }) as { PipelinePauseMilliseconds: number[] }[];
  expect(written.map((line) => line.PipelinePauseMilliseconds.length)).toEqual(sizes);
  expect(written.flatMap((line) => line.PipelinePauseMilliseconds)).toEqual(values);
});

test('each line of an invocation has its id, and outside Lambda nothing is added', () => {
  const written = (id: string | undefined) =>
    lines((write) => {
      ofRequest(openLog(undefined, now, write), id).error('failed', { code: 'INTERNAL' });
    });
  expect(written('r-1')).toMatchObject([{ level: 'ERROR', action: 'failed', code: 'INTERNAL', requestId: 'r-1' }]);
  expect(written(undefined)).toEqual([
    { level: 'ERROR', action: 'failed', code: 'INTERNAL', time: '2026-11-22T10:00:00.000Z' },
  ]);
});

const inLambda = {
  AWS_REGION: 'eu-west-1',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/r',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]ab12',
};

test("the address of an invocation's log opens its stream in the console, searched for its id", () => {
  const address = logAddress(inLambda, 'r-1') ?? '';
  expect(address).toBe(
    'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fr/log-events/2026$252F11$252F22$252F$255B$2524LATEST$255Dab12$3FfilterPattern$3D$2522r-1$2522',
  );
  const read = decodeURIComponent(decodeURIComponent(address.replaceAll('$', '%')));
  expect(read).toContain('log-group//aws/lambda/r/log-events/2026/11/22/[$LATEST]ab12?filterPattern="r-1"');
});

test.each([
  ['cn-north-1', 'https://cn-north-1.console.amazonaws.cn/'],
  ['us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
])('the console of %s is its own', (AWS_REGION, beginning) => {
  expect(logAddress({ ...inLambda, AWS_REGION }, 'r-1')?.startsWith(beginning)).toBe(true);
});

test.each([...Object.keys(inLambda), 'requestId'])('without %s there is no address', (missing) => {
  const env = Object.fromEntries(Object.entries(inLambda).filter(([name]) => name !== missing));
  expect(logAddress(env, missing === 'requestId' ? undefined : 'r-1')).toBeNull();
});
