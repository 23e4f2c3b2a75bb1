import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LinkRotation } from '../../infra';
import { all, build, deployed, only, synth } from './given';

/* What tells people by itself: each alarm, and what it says. */

const lambda = join(__dirname, '../../lambda');
const template = synth(() => ({ email: 'on-call@example.com' }));
const [topic] = only(template, 'AWS::SNS::Topic');
const [rotator] = only(template, 'AWS::Lambda::Function');

describe('the alarm', () => {
  interface AlarmProperties {
    MetricName: string;
    Namespace: string;
    Statistic: string;
    Dimensions: unknown;
    Period: number;
    EvaluationPeriods: number;
    Threshold: number;
    ComparisonOperator: string;
    TreatMissingData: string;
    AlarmDescription: string;
    AlarmActions: unknown;
    OKActions: unknown;
  }
  const alarms = all(template, 'AWS::CloudWatch::Alarm').map(
    ({ Properties }) => Properties as unknown as AlarmProperties,
  );
  const above = 'GreaterThanThreshold';

  test('sounds by the thresholds that are given, and says them', () => {
    // WHEN
    const given = synth(() => ({
      alarmThresholds: { oldestPause: Duration.minutes(2), durationShare: 0.55, oldKeyUsed: Duration.hours(12) },
    }));
    // THEN
    const about = (MetricName: string, says: string, more: object) => {
      given.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName,
        AlarmDescription: Match.stringLikeRegexp(says),
        ...more,
      });
    };
    about('OldestPauseAgeSeconds', 'older than 2 minutes', { Threshold: 120 });
    about('Duration', 'more than 55 % of its time limit', { Threshold: 495_000 });
    about('OldKeyStillUsed', 'Move that user', { Period: 3_600, EvaluationPeriods: 12 });
  });

  test.each([
    ['PipelinesLeftPaused', 'Maximum', 60, 2, above, 0, 'ignore', 'START PIPELINE IF NOT RUNNING'],
    ['OldestPauseAgeSeconds', 'Maximum', 60, 1, above, 300, 'ignore', 'START PIPELINE IF NOT RUNNING'],
    ['Heartbeat', 'Sum', 300, 3, 'LessThanOrEqualToThreshold', 0, 'breaching', 'invoke it with {"action":"recover"}'],
    ['RecoverFailed', 'Sum', 900, 1, above, 2, 'notBreaching', '"recover-failed" or "failed" says what'],
    ['RotationFailed', 'Sum', 300, 1, above, 0, 'notBreaching', 'The log line "failed" has the code'],
    ['VersionGivenUp', 'Sum', 300, 1, above, 0, 'notBreaching', 'then rotate again'],
    ['OldKeyStillUsed', 'Maximum', 3600, 1, above, 0, 'notBreaching', 'Move that user to the new key'],
    ['Errors', 'Sum', 300, 1, above, 0, 'notBreaching', 'look for "Task timed out"'],
    ['Throttles', 'Sum', 300, 1, above, 0, 'notBreaching', 'Remove the reserve or raise the limit'],
    ['Duration', 'Maximum', 300, 1, above, 810_000, 'notBreaching', 'Lower limits.drainSeconds'],
  ])('on %s (%s of %d s, %d in a row) goes off when %s %d; silence is %s; it says "%s"', (name, ...rest) => {
    const [statistic, period, periods, operator, threshold, silence, says] = rest;
    const found = alarms.filter(({ MetricName }) => MetricName === name);
    expect(found).toMatchObject([
      {
        Statistic: statistic,
        Period: period,
        EvaluationPeriods: periods,
        ComparisonOperator: operator,
        Threshold: threshold,
        TreatMissingData: silence,
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: rotator } }],
        AlarmActions: [{ Ref: topic }],
        OKActions: [{ Ref: topic }],
      },
    ]);
    expect(found[0]?.AlarmDescription).toContain(says);
    expect(found[0]?.AlarmDescription.length).toBeLessThanOrEqual(1_024);
  });

  test('is one of these ten', () => {
    expect(alarms).toHaveLength(10);
  });

  test('and the dashboard are at hand, so that others can do more with them', () => {
    const stack = build();
    const rotation = stack.node.findAll().find((child) => child instanceof LinkRotation);
    const made = stack.node.findAll().filter((child) => child instanceof Alarm);
    expect(rotation?.alarms).toHaveLength(10);
    expect(rotation?.alarms).toEqual(made);
    expect(stack.node.findAll()).toContain(rotation?.dashboard);
  });

  describe('and the dashboard', () => {
    const own = alarms.filter(({ Namespace }) => Namespace === 'SingleStoreLinkRotation');
    const sources = readdirSync(lambda, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(lambda, file), 'utf8'))
      .join('\n');
    const [, union = ''] = /export type MetricName =([^;]*);/.exec(sources) ?? [];
    const known = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name!);
    const [, { Properties }] = only(template, 'AWS::CloudWatch::Dashboard');
    const body = String(deployed(Properties['DashboardBody']));
    const shown = [...body.matchAll(/"SingleStoreLinkRotation","(\w+)"/g)].map(([, name]) => name!);

    test('know the namespace of the metrics', () => {
      expect(sources).toContain(`Namespace: 'SingleStoreLinkRotation'`);
      expect(own.length + 3).toBe(alarms.length);
    });

    test('watch metrics only that the function puts', () => {
      const put = [...sources.matchAll(/metrics\.put\(\s*'(\w+)'/g)].map(([, name]) => name!);
      expect([...new Set(put)].sort()).toEqual([...known].sort());
      for (const name of [...own.map(({ MetricName }) => MetricName), ...shown]) expect(put).toContain(name);
    });

    test('leave out none of them', () => {
      expect([...new Set([...own.map(({ MetricName }) => MetricName), ...shown])].sort()).toEqual([...known].sort());
    });

    test('look at this function, as its metrics name it', () => {
      expect(sources).toContain('FunctionName: functionName');
      const metrics = (JSON.parse(body) as { widgets: { properties: { metrics?: unknown[][] } }[] }).widgets.flatMap(
        ({ properties }) => properties.metrics ?? [],
      );
      expect(metrics.length).toBeGreaterThan(10);
      for (const metric of metrics) expect(metric.slice(2, 4)).toEqual(['FunctionName', rotator]);
    });

    test('show pauses, outcomes, durations and ages', () => {
      expect(shown).toEqual(
        expect.arrayContaining([
          'PipelinePauseMilliseconds',
          'PipelinesPaused',
          'RotationSucceeded',
          'RotationFailed',
          'OldestCredentialAgeHours',
        ]),
      );
      expect(body).toContain('"AWS/Lambda","Duration"');
    });
  });
});
