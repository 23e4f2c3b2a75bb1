import { fingerprintOf, type SecretStatus } from '../../lambda/core/status';
import type { PastRotation, RotationOutcome } from '../../lambda/core/history';
import { outcomeText, pausedFor, pausesUnread } from '../../lambda/page/verdict';
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

/** So many fit a screen. */
const rotationsShown = 3;

/** A line each: when, how it ended, how long it took, what was paused, who began it; then what failed, where something did. */
export function pastRotations(secret: SecretStatus, at: string, paper: Paper): readonly string[] {
  const history = secret.history.slice(0, rotationsShown);
  return [
    ...table(
      paper,
      history.map((past) => [
        ago(past.startedAt, at),
        fingerprintOf(past.version),
        toned(tones[past.outcome], outcomeText(past, secret.stuck)),
        past.endedAt === undefined ? '' : `in ${shownDuration(past.endedAt - past.startedAt)}`,
        pauses(past, secret),
        quiet(past.startedBy),
      ]),
    ),
    ...history.flatMap(({ version, outcome, failures, failure }) =>
      failures === 0
        ? []
        : paragraph(
            paper,
            toned(
              outcome === 'done' || failure === undefined ? 'quiet' : 'bad',
              `${fingerprintOf(version)}: ${counted(failures, 'call')} failed, ${failure === undefined ? 'and went well when tried again' : `the last in ${failure.step}: ${failure.code}`}`,
            ),
          ),
    ),
  ];
}

/** `2 pauses ≤ 9 ms`. */
function pauses({ version, outcome, paused, spans }: PastRotation, secret: SecretStatus): string {
  const [longest] = spans;
  const now = outcome === 'running' ? pausedFor(secret, version) : 0;
  if (now > 0) return `${now} paused now`;
  if (outcome === 'running' && pausesUnread(secret)) return 'pauses not known';
  if (longest === undefined) return paused === 0 ? 'no pause' : counted(paused, 'pause');
  return `${counted(paused, 'pause')} ≤ ${shownDuration(longest.milliseconds)}`;
}
