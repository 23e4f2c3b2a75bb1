import { openLog } from '../../lambda/edge/log';
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
