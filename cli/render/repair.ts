import { leftOutText } from '../../lambda/core/bound';
import type { Status } from '../../lambda/core/status';
import { secretName, shownName } from '../../lambda/page/names';
import { levelOf, levelText, sizeOf } from '../../lambda/page/verdict';
import { counted } from '../../lambda/page/view';
import type { RetireReport } from '../../lambda/steps/retireNow';
import type { RecoveryAnswer } from '../answers';
import { bad, good, paragraph, said, table, told, warn, type Cell } from './lines';
import { few } from './many';
import type { Paper } from './paper';
import { ago, ahead, placed, readable } from './words';

/** What the watchdog did, or would. @param all every name, however many there are */
export function renderRecovery(
  recovery: RecoveryAnswer,
  dryRun: boolean,
  paper: Paper,
  all = false,
): readonly string[] {
  const would = (was: string, wouldBe: string): string => (dryRun ? wouldBe : was);
  const rows: readonly (readonly [sign: Cell, what: string, names: readonly string[]])[] = [
    [good('✓'), would('resumed', 'would resume'), recovery.resumed],
    [good('✓'), would('settled', 'would settle'), recovery.settled],
    [good('✓'), would('retired', 'would retire'), recovery.retired],
    [good('✓'), would('started', 'would start'), recovery.started],
    [dryRun ? warn('!') : bad('✗'), would('still paused', 'paused now'), recovery.leftPaused],
    [bad('✗'), would('failed', 'not known'), recovery.failures],
  ];
  const lines = table(
    paper,
    rows.flatMap(([sign, what, names]) =>
      few(names, all, '--all').map((name, at) => [at === 0 ? sign : '', at === 0 ? what : '', placed(name)]),
    ),
    0,
  );
  return recovery.leftOut === undefined
    ? lines
    : [...lines, ...paragraph(paper, warn(leftOutText(recovery.leftOut)), 0)];
}

/** Nothing was done: because nothing is wrong, or because somebody is at work. */
export function renderIdle({ at, secrets }: Status, paper: Paper): readonly string[] {
  const held = secrets
    .flatMap(({ links }) => links)
    .flatMap(({ link, bracket }) => (bracket?.phase === 'open' && bracket.held ? [{ link, bracket }] : []));
  if (held.length === 0) {
    const others = secrets.filter((secret) => ['watch', 'person'].includes(levelOf(secret)));
    return [
      ...said(paper, good('✓'), 'Nothing to repair: nothing of ours is paused, nothing is due.', 0),
      ...others.flatMap((secret) =>
        said(
          paper,
          warn('!'),
          `${secretName(secret.secretId)}: ${levelText[levelOf(secret)].toLowerCase()}, and recover does not mend that: see status.`,
          0,
        ),
      ),
    ];
  }
  return held.flatMap(({ link, bracket }) =>
    said(
      paper,
      warn('!'),
      `${shownName(link)}: ${counted(sizeOf(bracket), 'pipeline')} paused ${ago(bracket.openedAt, at)} by a run that may be alive. Recover leaves it alone until that run's lease has run out${bracket.leaseUntil === null ? '' : `, ${ahead(bracket.leaseUntil, at)}`}; then ask again.`,
      0,
    ),
  );
}

/** What became of a leaked key. */
export const renderRetired = ({ retired, said: sentences }: RetireReport, paper: Paper): readonly string[] =>
  sentences.length === 0
    ? paragraph(paper, 'Nothing was done.', 0)
    : sentences.flatMap((sentence) =>
        told(paper, retired.some((key) => sentence.startsWith(key)) ? good('✓') : warn('!'), readable(sentence), 0),
      );
