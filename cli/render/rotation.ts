import { withoutCode } from '../../lambda/core/errors';
import type { QualifiedName } from '../../lambda/core/names';
import type { Step } from '../../lambda/core/event';
import type { StepFailure } from '../../lambda/core/history';
import { secretName, shownName } from '../../lambda/page/names';
import { counted, shownDuration } from '../../lambda/page/view';
import type { Followed, Stand } from '../follow';
import { explained } from './explanation';
import { bad, good, paragraph, said, table, warn, type Cell } from './lines';
import { few } from './many';
import { beginning, painted, type Paper } from './paper';
import { ahead, readable } from './words';

const done: Readonly<Record<Step, string>> = {
  createSecret: 'the next credentials are stored under AWSPENDING',
  setSecret: 'they were accepted; pause, ALTER LINK, resume',
  testSecret: 'paused pipelines have loaded with them',
  finishSecret: 'AWSCURRENT moved',
};

const doing: Readonly<Record<Step, string>> = {
  createSecret: 'looking at everything that could stop it; making the next credentials',
  setSecret: 'waiting until they are accepted, then pause, ALTER LINK, resume',
  testSecret: 'waiting for the first batches',
  finishSecret: 'moving AWSCURRENT',
};

/** @param passedMs since the beginning: between two looks several steps may have ended */
export const stepDone = (step: Step, passedMs: number, paper: Paper): string =>
  table(paper, [[good('✓'), step.padEnd(12), `after ${shownDuration(passedMs).padStart(6)}`, done[step]]]).join('\n');

/**
 * @param calls how many have failed since the last look
 * @param message of the last of them
 * @param passedMs since the beginning; `null`: before anybody looked
 */
export const stepFailed = (calls: number, message: string, passedMs: number | null, paper: Paper): string => {
  const [which, last] = calls > 1 ? [counted(calls, 'call'), 'the last '] : ['a call', ''];
  const when =
    passedMs === null ? `${which} had failed before` : `${which} failed, ${last}after ${shownDuration(passedMs)}`;
  return said(paper, bad('✗'), `${when}: ${readable(message)}`).join('\n');
};

/** The moving line of a terminal. */
export function underWay({ step, paused, failures }: Stand, passedMs: number, paper: Paper): string {
  if (step === null) return '';
  const what = paused > 0 ? `${counted(paused, 'pipeline')} paused` : doing[step];
  const again = failures > 0 ? ` (after ${counted(failures, 'failed call')})` : '';
  const text = `  … ${step}  ${shownDuration(passedMs)}  ${what}${again}`;
  return painted(beginning(text, paper.width - 1), 'quiet', paper);
}

/** How a rotation ended, what it paused and what is left. */
export function renderFollowed(followed: Followed, version: string, paper: Paper): readonly string[] {
  const { outcome, secret } = followed;
  const past = secret.history.find((one) => one.version === version);
  const name = secretName(secret.secretId);
  const verdict: Readonly<Record<Followed['outcome'], Cell>> = {
    done: good(`${name} is rotated`),
    running: warn(`${name} is being rotated`),
    'given-up': bad(`${name} is not rotated: the version was refused and given up; links are back on AWSCURRENT`),
    abandoned: bad(`${name} is not rotated: the version has lost AWSPENDING`),
    left: bad(
      `${name} is not rotated yet: ${past === undefined || past.failures < 2 ? 'a call' : counted(past.failures, 'call')} failed, and none has come since`,
    ),
  };
  const inAll = past?.endedAt === undefined ? [] : [`in ${shownDuration(past.endedAt - past.startedAt)}`];
  return [
    ...said(paper, outcome === 'done' ? good('✓') : bad('✗'), verdict[outcome], 0),
    ...paragraph(
      paper,
      [...inAll, past?.paused ? `with ${counted(past.paused, 'pause')}` : 'nothing was paused'].join(', '),
    ),
    ...table(
      paper,
      (past?.spans ?? [])
        .slice(0, 8)
        .map(({ pipeline, milliseconds }) => [shownName(pipeline), `paused ${shownDuration(milliseconds)}`]),
      4,
    ),
    ...left(followed, paper, past?.failure),
  ];
}

const unproven = (pipeline: QualifiedName): string =>
  `${shownName(pipeline)} has not loaded a batch since; it is watched until the old key retires`;

function left({ secret, at, outcome }: Followed, paper: Paper, failure: StepFailure | undefined): readonly string[] {
  const told = failure === undefined ? undefined : withoutCode(failure.message, failure.code);
  const { journal, stuck, drift, unseen } = secret;
  const due = journal.retirements.filter(({ retiredAt }) => retiredAt === null);
  const sentences: readonly Cell[] = [
    ...(outcome === 'left'
      ? [
          warn(
            'Secrets Manager tries again by itself, at times that AWS does not publish; status shows how it goes on.',
          ),
        ]
      : []),
    ...few([...drift, ...unseen], false).map((sentence) => warn(readable(sentence))),
    ...few(journal.unproven.map(unproven), false).map(warn),
    ...due.map(
      ({ keyId, dueAt }) =>
        `the old key${keyId === null ? '' : ` ${keyId}`} stays valid and retires ${ahead(dueAt, at)}, if nothing uses it`,
    ),
  ];
  return [...explained(stuck, at, paper, false, told), ...sentences.flatMap((sentence) => said(paper, '-', sentence))];
}
