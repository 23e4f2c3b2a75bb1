import type { ErrorCode } from '../lambda/core/errors';
import * as run from './commands';
import { phrase, type Entry } from './entry';

const pause = 'setSecret, or a way back to AWSCURRENT: in the pause of one link';

/** The pause of a link: journal, STOP, ALTER, START. */
export const bracketCodes = {
  TIME_SHORT: {
    failed: 'The time that the invocation has left does not cover a whole pause: the drain budget and 30 s.',
    where: 'createSecret, and before each link of setSecret and of a way back; the plan.',
    left: 'Nothing more was paused. Links that were moved stay moved.',
    next: `${phrase.retry} It goes on with the links that remain.`,
    person:
      'At the start of a step: raise the time-out of the function, or lower `limits.drainSeconds`. After many links: raise `limits.connections`, or split them over several secrets.',
    run: [run.plan],
  },
  DRAIN_EXCEEDED: {
    failed:
      'Pipelines did not stop within `limits.drainSeconds`, mostly because a batch went on; or a batch under way takes longer than that, as a rule, and nothing was stopped for it.',
    where: `${pause}, at STOP or just before the first one.`,
    left: `${phrase.resumed} A STOP that the server carries out later is undone by the watchdog.`,
    next: `Postponed. ${phrase.retry}`,
    person:
      'If it goes on so, raise `limits.drainSeconds` (600 at most, and the time-out with it), or rotate at an hour with shorter batches. `plan` says what drain to expect.',
    run: [run.plan, run.rotate],
  },
  STOP_UNANSWERED: {
    failed: 'The answer to STOP PIPELINE was lost.',
    where: `${pause}, at STOP.`,
    left: `${phrase.resumed} A STOP that the server carries out later is undone by the watchdog.`,
    next: `Postponed. ${phrase.retry}`,
    person: 'Nothing, once. Again and again: look why connections to the cluster break.',
    run: [run.rotate],
  },
  STOP_REFUSED: {
    failed: 'The server refused STOP PIPELINE. The message has the number, and the GRANT where one is missing.',
    where: `${pause}, at STOP.`,
    left: phrase.resumed,
    next: phrase.retry,
    person: 'START PIPELINE is the right to stop, too: grant it on the database of the pipeline.',
    run: ["GRANT START PIPELINE ON `database`.* TO 'rotator'@'%';", run.rotate],
  },
  NEWCOMERS: {
    failed: 'Pipelines kept being started while the others were paused.',
    where: `${pause}, between STOP and ALTER.`,
    left: phrase.resumed,
    next: phrase.retry,
    person: 'Find out who starts them, a scheduler or a person, and let that rest during the rotation.',
    run: [run.rotate],
  },
  ALTER_REFUSED: {
    failed: 'The server refused to change the link. The message has the number, and the GRANT where one is missing.',
    where: `${pause}, at ALTER LINK or CREATE OR REPLACE LINK.`,
    left: phrase.resumed,
    next: phrase.retry,
    person:
      'A missing privilege: grant it. Otherwise a pipeline that this user cannot see may run on the link: `plan` lists the databases that it cannot look into.',
    run: [run.grants, run.plan, run.rotate],
  },
  ALTER_UNANSWERED: {
    failed: 'The answer to ALTER LINK was lost three times, or a statement that may still act could not be ended.',
    where: `${pause}, at ALTER LINK, or before it.`,
    left: 'All that was stopped was started again. The link holds the old or the new credentials; both work, and the journal names both.',
    next: `${phrase.retry} It settles which.`,
    person: 'Again and again: look why connections to the cluster break, or why KILL does not end them.',
    run: ['SHOW PROCESSLIST;', run.status],
  },
  RESUME_FAILED: {
    failed: 'Pipelines that were paused could not be started again in time. The message names them.',
    where: `${pause}, at START; the watchdog.`,
    left: '**These pipelines may still be paused.** They stand in the journal.',
    next: `${phrase.watchdog} If they do not start with the new credentials, it moves the link back.`,
    person: 'Do not wait: [a pipeline is left paused](#a-pipeline-is-left-paused).',
    run: [run.recover, run.start],
  },
  LEASE_HELD: {
    failed: 'Another invocation is at work on the same link or IAM user, and was after 40 s.',
    where: 'createSecret and each link of setSecret, testSecret, finishSecret.',
    left: 'Nothing was changed there by this call.',
    next: `${phrase.retry} The lease of a dead one runs out within 30 s.`,
    person: 'Nothing.',
    run: [run.status],
  },
  LEASE_LOST: {
    failed:
      'The invocation was too slow to renew its lease, because it was suspended or the table did not answer, and another one may have taken over.',
    where: 'Any effect on a link or an IAM user.',
    left: 'It did nothing more from then on. What is paused stands in the journal.',
    next: 'The next holder ends its connections, then resumes: the next call, or the watchdog within a minute.',
    person: 'Nothing, once. Again and again: look at the throttles and the latency of the table and of the function.',
    run: [run.recover],
  },
} as const satisfies Partial<Record<ErrorCode, Entry>>;
