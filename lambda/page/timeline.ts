import { withoutCode } from '../core/errors';
import type { PastRotation, PauseSpan, RotationOutcome } from '../core/history';
import { drawing, drawn, place, wide, written } from './draw';
import { anchor, html, type Html, none } from './html';
import { shownName } from './names';
import { fingerprintOf, type SecretStatus } from '../core/status';
import { outcomeText, pausedFor, pausesUnread } from './verdict';
import { counted, shownDuration, shownTime, type View } from './view';

/** So many bars are drawn, of the longest pauses; the others are counted. */
const mostBars = 12;
const [barHeight, barGap, axisHeight] = [16, 8, 24];

const outcomeTones: Readonly<Record<RotationOutcome, string>> = {
  running: 'paused',
  done: 'good',
  'given-up': 'bad',
  abandoned: 'bad',
};

/** The last rotations, newest first, and how long each stopped which pipeline. */
export function timeline(secret: SecretStatus, view: View): Html {
  if (secret.history.length === 0) {
    const isUnread = secret.journalUnread?.includes('history') === true;
    return html`<p class="soft small">
      ${isUnread ? 'The history could not be read.' : 'No rotation is on record yet.'}
    </p>`;
  }
  return html`${secret.history.map((rotation, at) => one(rotation, secret, view, at === 0))}`;
}

/** Odd clocks and spoilt records: what has no place on a scale is not drawn, and nothing took less than no time. */
const drawable = (spans: readonly PauseSpan[]): readonly PauseSpan[] =>
  spans
    .filter(({ at, milliseconds }) => Number.isFinite(at) && Number.isFinite(milliseconds))
    .map((span) => ({ ...span, milliseconds: Math.max(0, span.milliseconds) }));

function one(past: PastRotation, secret: SecretStatus, view: View, isOpen: boolean): Html {
  const rotation = { ...past, spans: drawable(past.spans) };
  const { version, startedAt, endedAt, startedBy, outcome, paused, spans, failures } = rotation;
  const isRunning = outcome === 'running';
  const now = isRunning ? pausedFor(secret, version) : 0;
  const longest = spans.length === 0 ? 0 : Math.max(...spans.map(({ milliseconds }) => milliseconds));
  const told = [
    ...(endedAt === undefined ? [] : [`took ${shownDuration(endedAt - startedAt)}`]),
    ...(now === 0 ? [] : [`${counted(now, 'pipeline')} paused now`]),
    ...(paused > 0
      ? [`${counted(paused, 'pause')}${spans.length > 0 ? `, the longest ${shownDuration(longest)}` : ''}`]
      : now > 0
        ? []
        : [
            isRunning && pausesUnread(secret)
              ? 'pauses not known'
              : `nothing ${isRunning ? 'is paused yet' : 'was paused'}`,
          ]),
    ...(failures === 0 ? [] : [counted(failures, 'failed call')]),
    `started by ${startedBy}`,
  ];
  return html`<details${isOpen ? html` open` : none}>
<summary>${shownTime(startedAt, view.zone)} <code>${fingerprintOf(version)}</code> <span class="chip ${outcomeTones[outcome]}">${outcomeText(rotation, secret.stuck)}</span> <span class="soft small">${told.join(' · ')}</span></summary>
<div class="inside">${failureOf(rotation, view)}${spans.length === 0 ? none : drawn(view, (width) => bars(rotation, width))}</div>
</details>`;
}

function failureOf({ failure }: PastRotation, { zone }: View): Html {
  if (failure === undefined) return none;
  const { step, code, message, at, logs } = failure;
  const log = logs === null ? none : html` ${anchor(logs, 'Log of that call')}`;
  return html`<p class="small">
    ${shownTime(at, zone)}: <code>${step}</code> failed with <code>${code}</code>: ${withoutCode(message, code)}${log}
  </p>`;
}

/** The pauses on one scale: from the first STOP to the last START. */
function bars({ spans, paused }: PastRotation, width: number): Html {
  const longest = spans.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, mostBars);
  const shown = longest.toSorted((a, b) => a.at - b.at);
  const begin = Math.min(...spans.map(({ at }) => at));
  const whole = Math.max(1, ...spans.map(({ at, milliseconds }) => at + milliseconds - begin));
  const names = width === wide ? 300 : 170;
  const room = width - names - 80; // the label of a bar that ends at the right
  const scale = (milliseconds: number): number => Math.round((milliseconds / whole) * room * 10) / 10;
  const height = axisHeight + shown.length * (barHeight + barGap);
  const unshown = paused - shown.length;
  const isFewer = unshown > 0;
  return drawing(width, height + (isFewer ? 22 : 0), inWords(shown, unshown), [
    ...ticks(whole, width === wide ? 6 : 4).map((milliseconds) =>
      tick(milliseconds, names + scale(milliseconds), height),
    ),
    ...shown.map((span, at) => bar(span, { y: axisHeight + at * (barHeight + barGap), names, scale, begin, width })),
    isFewer ? written(rest(unshown, longest.at(-1)), { x: 0, y: height + 16, room: width, look: 'faint' }) : none,
  ]);
}

interface Row {
  readonly y: number;
  readonly names: number;
  readonly scale: (milliseconds: number) => number;
  readonly begin: number;
  readonly width: number;
}

function bar({ pipeline, at, milliseconds }: PauseSpan, { y, names, scale, begin, width }: Row): Html {
  const x = names + scale(at - begin);
  const length = Math.max(2, scale(milliseconds));
  return place({ x: 0, y, width, height: barHeight }, 'current', [
    written(shownName(pipeline), { x: 0, y: 12, room: names - 14, look: 'code' }),
    html`<rect class="bar" x="${x}" y="1" width="${length}" height="${barHeight - 2}" rx="2" />`,
    written(shownDuration(milliseconds), { x: x + length + 6, y: 12, room: 74 }),
  ]);
}

/** Round times, as many as there is room for. */
function ticks(whole: number, most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(whole / most));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => whole / size <= most) ?? whole;
  return Array.from({ length: Math.floor(whole / step) + 1 }, (_, at) => at * step);
}

const tick = (milliseconds: number, x: number, height: number): Html =>
  html`<line
      class="grid"
      x1="${x}"
      x2="${x}"
      y1="${axisHeight - 6}"
      y2="${height}"
    />${written(milliseconds === 0 ? '0' : shownDuration(milliseconds), { x, y: 12, room: 80, look: 'faint' })}`;

const rest = (unshown: number, shortest: PauseSpan | undefined): string =>
  `${counted(unshown, 'more pause')}, none longer than ${shownDuration(shortest?.milliseconds ?? 0)}`;

function inWords(shown: readonly PauseSpan[], unshown: number): string {
  const told = shown.map(({ pipeline, milliseconds }) => `${shownName(pipeline)} ${shownDuration(milliseconds)}`);
  return `Pauses: ${told.join(', ')}${unshown > 0 ? `, and ${unshown} shorter ones` : ''}`;
}
