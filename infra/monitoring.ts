import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  CustomWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  SingleValueWidget,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { mustBe, mustBeDuration, mustBeKnown } from './checks';

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);
const quarter = Duration.minutes(15);
const hour = Duration.hours(1);

/** When alarms sound that have a measure. Known at synth: what they say to people has it in words. */
export interface AlarmThresholds {
  /** Age of the oldest pause that a dead rotation left: 1 minute to 24 hours. The watchdog needs one to end it. @default Duration.minutes(5) */
  readonly oldestPause?: Duration;
  /** Duration of an invocation, as a share of its time limit: 0.1 to 0.99. @default 0.9 */
  readonly durationShare?: number;
  /** How long somebody may go on using an old key that is due to retire: whole hours, 1 to 168. @default Duration.hours(1) */
  readonly oldKeyUsed?: Duration;
}

/** @throws quoting the value that is out of its bounds, or naming one that is known only when deployed */
export function checkThresholds({ oldestPause, durationShare, oldKeyUsed }: AlarmThresholds = {}): void {
  mustBeDuration('alarmThresholds.oldestPause', oldestPause);
  mustBeDuration('alarmThresholds.oldKeyUsed', oldKeyUsed);
  for (const [name, value] of Object.entries({ oldestPause, durationShare, oldKeyUsed }))
    mustBeKnown(`alarmThresholds.${name}`, value);
  mustBe('alarmThresholds.oldestPause', oldestPause?.toSeconds(), 60, 86_400);
  mustBe('alarmThresholds.durationShare', durationShare, 0.1, 0.99, false);
  mustBe('alarmThresholds.oldKeyUsed', oldKeyUsed?.toHours({ integral: false }), 1, 168);
}

interface Measures extends AlarmThresholds {
  /** Of an invocation. */
  readonly timeout: Duration;
  /** Draws the status. */
  readonly viewer: Function | undefined;
}

interface AlarmSpec {
  readonly metric: IMetric;
  readonly above: number;
  /** For people: what it means, and what to do. */
  readonly says: string;
  /** How many periods in a row. @default 1 */
  readonly periods?: number;
  /** What silence means: trouble, or that the last word still holds. @default nothing said is nothing wrong */
  readonly silence?: 'alarms' | 'changes nothing';
}

const meaning = { alarms: TreatMissingData.BREACHING, 'changes nothing': TreatMissingData.IGNORE } as const;

/** Alarms that each say what to do, and a dashboard. */
export class Monitoring extends Construct {
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, rotator: Function, topic: ITopic, measures: Measures) {
    super(scope, id);
    const own = (metricName: string, statistic: string, period = minute): Metric =>
      new Metric({
        namespace: 'SingleStoreLinkRotation',
        metricName,
        statistic,
        period,
        dimensionsMap: { FunctionName: rotator.functionName },
      });
    const action = new SnsAction(topic);
    this.alarms = Object.entries(specs(rotator, measures, own)).map(([name, spec]) => {
      const alarm = new Alarm(this, name, {
        metric: spec.metric,
        threshold: spec.above,
        comparisonOperator:
          spec.silence === 'alarms'
            ? ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD
            : ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: spec.periods ?? 1,
        treatMissingData: spec.silence === undefined ? TreatMissingData.NOT_BREACHING : meaning[spec.silence],
        alarmDescription: `${spec.says} More: docs/runbook.md#${name.toLowerCase()}`,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
    this.dashboard = makeDashboard(this, rotator, own, measures.viewer);
  }
}

type OwnMetric = (name: string, statistic: string, period?: Duration) => Metric;

function specs(rotator: Function, measures: Measures, own: OwnMetric): Readonly<Record<string, AlarmSpec>> {
  const { timeout, oldestPause = fiveMinutes, durationShare = 0.9, oldKeyUsed = hour } = measures;
  return {
    PipelinesLeftPaused: {
      metric: own('PipelinesLeftPaused', 'Maximum'),
      above: 0,
      periods: 2,
      silence: 'changes nothing', // the watchdog counts each minute: without it they stay paused
      says: 'Pipelines that a dead rotation paused could not be started for two minutes; the watchdog tries each minute. The log names them ("pipelines-left-paused") and why. By hand: START PIPELINE IF NOT RUNNING for each.',
    },
    OldestPause: {
      metric: own('OldestPauseAgeSeconds', 'Maximum'),
      above: oldestPause.toSeconds(),
      silence: 'changes nothing',
      says: `A pause that a dead rotation left is older than ${oldestPause.toHumanString()}. Look whether the cluster answers, and at "recover-failed" in the log. By hand: START PIPELINE IF NOT RUNNING for the pipelines that the log names.`,
    },
    WatchdogSilent: {
      metric: own('Heartbeat', 'Sum', fiveMinutes),
      above: 0,
      periods: 3, // one run in any of them is enough: before the first deployment there was none
      silence: 'alarms',
      says: 'The watchdog has not ended a run for fifteen minutes, so nobody resumes what a dead rotation leaves paused. (Before its first run after the first deployment that is as it should be.) Look at the errors and throttles of the function and at the rule that calls it; invoke it with {"action":"recover"}.',
    },
    RecoverFailed: {
      metric: own('RecoverFailed', 'Sum', quarter),
      // runs: one that the next minute makes good is none, and of mirrored secrets, which it looks at every five minutes, all three fail
      above: 2,
      says: 'The watchdog could not do part of its work in three runs of a quarter of an hour: resume what a dead rotation left paused, settle its versions, or retire old keys; it tries again each minute, and every five looks at mirrored secrets. The log line "recover-failed" or "failed" says what and why.',
    },
    RotationFailed: {
      metric: own('RotationFailed', 'Sum', fiveMinutes),
      above: 0,
      says: 'A step of a rotation failed. Secrets Manager retries the whole; what was paused runs again or is seen to by the watchdog. The log line "failed" has the code, what was left, and what to do.',
    },
    VersionGivenUp: {
      metric: own('VersionGivenUp', 'Sum', fiveMinutes),
      above: 0,
      says: 'New credentials were given up: the source refuses them. Links are back on the current ones and AWSPENDING is removed. Check what the new credentials may do at the source, then rotate again.',
    },
    OldKeyStillUsed: {
      metric: own('OldKeyStillUsed', 'Maximum', hour),
      above: 0,
      periods: oldKeyUsed.toHours(),
      says: 'An old key is due to retire and somebody still uses it, or a pipeline is refused with the new one; it is kept. The log line says by which service and Region. Move that user to the new key, or keep the old one on purpose.',
    },
    Errors: {
      metric: rotator.metricErrors({ period: fiveMinutes }),
      above: 0,
      says: 'An invocation of the rotation function failed or ran out of time. The log line "failed" of that time has the reason; without one, look for "Task timed out".',
    },
    Throttles: {
      metric: rotator.metricThrottles({ period: fiveMinutes }),
      above: 0,
      says: 'Lambda turned invocations away: the concurrency of the account is spent, or a reserve was set on this function. Remove the reserve or raise the limit; the watchdog needs a free place each minute.',
    },
    NearTimeout: {
      metric: rotator.metricDuration({ period: fiveMinutes, statistic: 'Maximum' }),
      above: Math.round(timeout.toMilliseconds() * durationShare),
      says: `An invocation took more than ${Math.round(durationShare * 100)} % of its time limit. A longer drain will be postponed. Lower limits.drainSeconds, raise limits.connections, or split the links over several secrets.`,
    },
  };
}

function makeDashboard(scope: Construct, rotator: Function, own: OwnMetric, viewer: Function | undefined): Dashboard {
  const graph = (title: string, ...left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 12 });
  const sum = { statistic: 'Sum', period: fiveMinutes };
  const dashboard = new Dashboard(scope, 'Dashboard');
  dashboard.addWidgets(
    new TextWidget({
      markdown:
        '# Rotation of SingleStore links\nPauses are from the STOP of a pipeline to the answer of its START. Left paused must be 0.',
      width: 24,
      height: 2,
    }),
  );
  dashboard.addWidgets(
    new SingleValueWidget({
      title: 'Now',
      metrics: [
        own('PipelinesLeftPaused', 'Maximum'),
        own('OldestPauseAgeSeconds', 'Maximum'),
        own('OldestCredentialAgeHours', 'Maximum', hour),
      ],
      width: 24,
      height: 3,
    }),
  );
  if (viewer !== undefined)
    dashboard.addWidgets(
      new CustomWidget({
        title: 'Status',
        functionArn: viewer.functionArn,
        updateOnTimeRangeChange: false, // it is of now
        width: 24,
        height: 18,
      }),
    );
  dashboard.addWidgets(
    graph(
      'Pause of a pipeline, milliseconds',
      ...['p50', 'p99', 'Maximum'].map((statistic) => own('PipelinePauseMilliseconds', statistic, fiveMinutes)),
    ),
    graph('Pipelines paused', own('PipelinesPaused', 'Sum', fiveMinutes), own('PipelinesLeftPaused', 'Maximum')),
  );
  dashboard.addWidgets(
    graph(
      'Outcomes',
      ...['RotationSucceeded', 'RotationFailed', 'VersionGivenUp'].map((name) => own(name, 'Sum', hour)),
    ),
    graph('Duration of an invocation', rotator.metricDuration({ statistic: 'Maximum', period: fiveMinutes })),
  );
  dashboard.addWidgets(
    graph('Age of the credentials in links, hours', own('OldestCredentialAgeHours', 'Maximum', hour)),
    graph('Old keys that are due and still used', own('OldKeyStillUsed', 'Maximum', hour)),
  );
  dashboard.addWidgets(
    graph('What the watchdog could not do', own('RecoverFailed', 'Sum', fiveMinutes)),
    graph('Errors and throttles', rotator.metricErrors(sum), rotator.metricThrottles(sum)),
  );
  return dashboard;
}
