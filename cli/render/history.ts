import { fingerprintOf } from '../../lambda/core/status';
import type { PastRotation, RotationOutcome } from '../../lambda/core/history';
import { counted, shownDuration } from '../../lambda/page/view';
import { paragraph, quiet, table, toned } from './lines';
import type { Paper, Tone } from './paper';
import { ago } from './words';

const tones: Readonly<Record<RotationOutcome, Tone>> = {
  done: 'good',
  running: 'strong',
  'given-up': 'bad',
  abandoned: 'bad',
};

/** A line each: when, how it ended, how long it took, what was paused, who began it; then what failed, where something did. */
export const pastRotations = (history: readonly PastRotation[], at: string, paper: Paper): readonly string[] => [
  ...table(
    paper,
    history.map((past) => [
      ago(past.startedAt, at),
      fingerprintOf(past.version),
      toned(tones[past.outcome], past.outcome),
      past.endedAt === undefined ? '' : `in ${shownDuration(past.endedAt - past.startedAt)}`,
      pauses(past),
      quiet(past.startedBy),
    ]),
  ),
  ...history.flatMap(({ version, outcome, failures, failure }) =>
    failure === undefined
      ? []
      : paragraph(
          paper,
          toned(
            outcome === 'done' ? 'quiet' : 'bad',
            `${fingerprintOf(version)}: ${counted(failures, 'call')} failed, the last in ${failure.step}: ${failure.code}`,
          ),
        ),
  ),
];

/** `2 pauses ≤ 9 ms`. */
function pauses({ paused, spans }: PastRotation): string {
  const [longest] = spans;
  if (longest === undefined) return paused === 0 ? 'no pause' : counted(paused, 'pause');
  return `${counted(paused, 'pause')} ≤ ${shownDuration(longest.milliseconds)}`;
}
