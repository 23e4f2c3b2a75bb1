import * as run from './commands';
import { phrase, type Entry } from './entry';

/** What each alarm of the stack means. */
export const alarms = {
  PipelinesLeftPaused: {
    failed: 'Pipelines that a dead rotation paused could not be started for two minutes.',
    where: 'The watchdog, at START; the log line `pipelines-left-paused` names them, `recover-failed` says why.',
    left: '**These pipelines load nothing.** They stand in the journal.',
    next: phrase.watchdog,
    person: '[A pipeline is left paused](#a-pipeline-is-left-paused).',
    run: [run.recover, run.start],
  },
  OldestPause: {
    failed: 'A pause that a dead rotation left is older than five minutes, or than what `alarmThresholds` says.',
    where: 'The watchdog.',
    left: '**Pipelines load nothing** since then.',
    next: phrase.watchdog,
    person:
      'Look whether the cluster answers, and at `recover-failed` in the log; then [a pipeline is left paused](#a-pipeline-is-left-paused).',
    run: [run.recover, run.start],
  },
  WatchdogSilent: {
    failed: 'The watchdog has not ended a run for fifteen minutes.',
    where: 'The rule that calls the function every minute, or the function.',
    left: 'Nobody resumes what a dead rotation leaves paused, and no old key is retired. Before the first run after the first deployment that is as it should be.',
    next: 'Nothing, if the rule or the function is gone or throttled.',
    person:
      'Look at the errors and throttles of the function, and whether the rule is enabled. Until then call it by hand. Is it gone: [the function is gone](#the-function-is-gone).',
    run: [run.invoke({ action: 'recover' }), 'aws events list-rule-names-by-target --target-arn FUNCTION_ARN'],
  },
  RecoverFailed: {
    failed: 'The watchdog could not do part of its work, more than twice in a quarter of an hour.',
    where: 'The watchdog; the log line `recover-failed` says what and why, with its [code](#error-codes).',
    left: 'What is paused and could not be resumed has an alarm of its own. Otherwise links hold credentials that work, and old keys live on.',
    next: phrase.watchdog,
    person: 'See the code of the log line. `cannot-settle` and `left-in-error` ask for a person.',
    run: [run.recover, run.logsOfFailures],
  },
  RotationFailed: {
    failed: 'A step of a rotation failed.',
    where: 'The log line `failed` has the step and the [code](#error-codes).',
    left: 'AWSCURRENT stays where it is. What was paused runs again, or is seen to by the watchdog.',
    next: phrase.retry,
    person: 'See the section of the code.',
    run: [run.status],
  },
  VersionGivenUp: {
    failed: 'New credentials were given up: their source refuses them.',
    where: 'testSecret or the watchdog; the log line `version-given-up`.',
    left: 'Links are back on AWSCURRENT, AWSPENDING is removed, pipelines run.',
    next: 'Nothing, until the next rotation.',
    person: 'See [VERSION_GIVEN_UP](#version_given_up).',
    run: [run.rotate],
  },
  OldKeyStillUsed: {
    failed: 'An old key is due to retire, and somebody uses it still, or a pipeline is refused with the new one.',
    where:
      'The watchdog; the log line `old-key-still-used` says by which service and Region, `unproven-refused` which pipelines.',
    left: 'The old key stays Active.',
    next: 'The watchdog looks again every minute, and retires the key once nothing speaks against it.',
    person:
      'Give the user of the key credentials of its own: this IAM user is for the links alone. If it is nobody of yours, [the key has leaked](#a-key-has-leaked).',
    run: [run.keyLastUsed, run.retire],
  },
  Errors: {
    failed: 'An invocation failed, or ran out of time.',
    where: 'Any; the log line `failed` of that time has the code. Without one: "Task timed out".',
    left: 'What is paused stands in the journal.',
    next: `${phrase.retry} ${phrase.watchdog}`,
    person: 'See the section of the code. A time-out: raise the time limit, or lower `limits.drainSeconds`.',
    run: [run.logsOfFailures],
  },
  Throttles: {
    failed: 'Lambda turned invocations away.',
    where: 'Before the function.',
    left: 'What is paused stays paused until a watchdog gets through.',
    next: phrase.watchdog,
    person: 'Take a reserve off this function, or raise the concurrency of the account.',
    run: [
      'aws lambda get-function-concurrency --function-name FUNCTION',
      'aws lambda delete-function-concurrency --function-name FUNCTION',
    ],
  },
  NearTimeout: {
    failed: 'An invocation took more than nine tenths of its time limit, or what `alarmThresholds` says.',
    where: 'Any step.',
    left: 'Nothing is wrong yet.',
    next: 'A longer drain will be postponed ([TIME_SHORT](#time_short)).',
    person:
      'Lower `limits.drainSeconds`, raise `limits.connections` or the time-out, or split the links over several secrets.',
    run: [run.plan],
  },
} as const satisfies Readonly<Record<string, Entry>>;
