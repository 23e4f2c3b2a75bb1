import { fingerprintOf } from '../../lambda/core/status';
import type { PastRotation, RotationOutcome } from '../../lambda/core/history';
import { shownName } from '../../lambda/page/names';
import { counted, shownDuration } from '../../lambda/page/view';
import { quiet, table, toned, type Cell } from './lines';
import type { Paper, Tone } from './paper';
import { relative } from './words';

const tones: Readonly<Record<RotationOutcome, Tone>> = {
  done: 'good',
  running: 'strong',
  'given-up': 'bad',
  abandoned: 'bad',
};

/** A line each: when, how it ended, how long it took, what was paused, who began it. */
export const pastRotations = (history: readonly PastRotation[], at: string, paper: Paper): readonly string[] =>
  table(
    paper,
    history.map((past): readonly Cell[] => [
      relative(past.startedAt, at),
      fingerprintOf(past.version),
      outcome(past),
      past.endedAt === undefined ? '' : `in ${shownDuration(past.endedAt - past.startedAt)}`,
      pauses(past),
      quiet(`by ${past.startedBy}`),
    ]),
  );

function outcome({ outcome: ended, failures, failure }: PastRotation): Cell {
  const tone = tones[ended];
  if (failures === 0 || failure === undefined) return toned(tone, ended);
  const failed = `${failure.step} ${failures === 1 ? 'failed' : `failed ${failures} times`}: ${failure.code}`;
  return toned(ended === 'done' ? tone : 'bad', `${ended}; ${failed}`);
}

/** `2 pauses, longest 9 ms (sales.orders)`. */
export function pauses({ paused, spans }: Pick<PastRotation, 'paused' | 'spans'>): string {
  const [longest] = spans;
  if (longest === undefined) return paused === 0 ? 'no pause' : counted(paused, 'pause');
  const length = shownDuration(longest.milliseconds);
  return paused === 1
    ? `1 pause, ${length} (${shownName(longest.pipeline)})`
    : `${paused} pauses, longest ${length} (${shownName(longest.pipeline)})`;
}
