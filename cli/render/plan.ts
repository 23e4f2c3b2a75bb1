import { leftOutText } from '../../lambda/core/bound';
import type { QualifiedName } from '../../lambda/core/names';
import { shownName } from '../../lambda/page/names';
import { counted, shownDuration, shownRange } from '../../lambda/page/view';
import type { PlannedLink, PlannedPipeline } from '../../lambda/steps/plan';
import type { PlanAnswer } from '../answers';
import {
  bad,
  good,
  heading,
  mostListed as most,
  paragraph,
  quiet,
  said,
  strong,
  table,
  warn,
  type Cell,
} from './lines';
import { painted, type Paper } from './paper';
import { readable } from './words';

const shown = (name: string): string => shownName(name as QualifiedName);

/** What a rotation would do. @param all everything by its name */
export function renderPlan(secret: string, plan: PlanAnswer, paper: Paper, all = false): readonly string[] {
  const { links, places, calls, leftOut } = plan;
  return [
    title(secret, plan, paper),
    ...obstacles(plan, paper),
    ...links.flatMap((link) => plannedLink(link, paper, all)),
    ...(places.length === 0
      ? []
      : [
          heading(paper, 'Before any pause, new credentials are tried on'),
          ...limited(
            places.map((place) => [place]),
            all,
            paper,
            2,
          ),
        ]),
    ...toKnow(plan, paper),
    heading(paper, 'Calls of AWS'),
    ...(all
      ? table(
          paper,
          calls.map(({ call, why }) => [call, quiet(why)]),
        )
      : paragraph(paper, quiet(calls.map(({ call }) => call).join(', ')))),
    ...(leftOut === undefined ? [] : paragraph(paper, warn(leftOutText(leftOut)))),
    painted('Nothing was changed or written by this look.', 'quiet', paper),
  ];
}

/** The pre-flight: what stands in the way, and what to know. */
export function renderDoctor(secret: string, plan: PlanAnswer, paper: Paper): readonly string[] {
  const { links, places, blockers } = plan;
  const pipelines = links.flatMap((link) => link.pipelines);
  const found = [
    `${counted(links.length, 'link')}: ${links.map(({ link }) => shown(link)).join(', ')}`,
    `${counted(pipelines.length, 'pipeline')} read through ${links.length === 1 ? 'it' : 'them'}; ${pipelines.filter(({ paused }) => paused).length} would be paused${expectation(plan)}`,
    ...(places.length === 0
      ? []
      : [`new credentials can be tried on ${counted(places.length, 'place')} before any pause`]),
  ];
  return [
    title(secret, plan, paper),
    ...obstacles(plan, paper),
    ...found.flatMap((sentence) => said(paper, good('✓'), sentence)),
    ...toKnow(plan, paper),
    blockers.length > 0
      ? painted('A rotation would fail until that is mended.', 'bad', paper)
      : painted('Nothing stands in the way of a rotation.', 'good', paper),
  ];
}

function title(secret: string, plan: PlanAnswer, paper: Paper): string {
  const { links, blockers } = plan;
  const paused = links.flatMap(({ pipelines }) => pipelines.filter((pipeline) => pipeline.paused));
  const changed = links.filter(({ unchanged }) => !unchanged);
  if (blockers.length > 0)
    return `${painted('✗', 'bad', paper)} ${heading(paper, secret)}  ${painted(`blocked by ${counted(blockers.length, 'obstacle')}`, 'bad', paper)}`;
  const now = links.flatMap(({ pipelines }) => pipelines.filter(({ pausedByUs }) => pausedByUs)).length;
  const already = now === 0 ? '' : `; ${now} paused by us`;
  const gist = `would change ${counted(changed.length, 'link')} and pause ${counted(paused.length, 'pipeline')}${expectation(plan)}${already}`;
  return `${painted('✓', 'good', paper)} ${heading(paper, secret)}  ${gist}`;
}

/** The longest pause that is expected, as a rule and at worst, where it can be told. */
function expectation({ links }: PlanAnswer): string {
  const pauses = links.flatMap(({ pipelines }) => pipelines.flatMap(({ expected }) => expected?.pause ?? []));
  const [longest] = pauses.sort((a, b) => b.slowestMs - a.slowestMs);
  return longest === undefined ? '' : `, each for ${shownRange(longest)}`;
}

const obstacles = ({ blockers }: PlanAnswer, paper: Paper): readonly string[] =>
  blockers.flatMap((sentence) => said(paper, bad('✗'), sentence));

function toKnow({ pending, dangers, uncovered, advice }: PlanAnswer, paper: Paper): readonly string[] {
  const rows: readonly (readonly Cell[])[] = [
    ...(pending === null ? [] : [[warn('!'), pending]]),
    ...dangers.map((sentence) => [warn('!'), sentence]),
    ...uncovered.map(({ object, why }) => [warn('!'), `not covered: ${readable(object)}, ${why}`]),
    ...advice.map((sentence) => [quiet('-'), quiet(sentence)]),
  ];
  return rows.length === 0 ? [] : [heading(paper, 'To know'), ...table(paper, rows)];
}

function plannedLink(
  { link, cluster, type, unchanged, pipelines, statements }: PlannedLink,
  paper: Paper,
  all: boolean,
): readonly string[] {
  const rows = [...pipelines].sort((a, b) => Number(b.paused) - Number(a.paused)).map(plannedPipeline);
  return [
    ...table(paper, [[strong(shown(link)), quiet(`${type} on ${cluster}`)]]),
    ...(unchanged ? paragraph(paper, 'holds the next value already: nothing is paused or sent', 4) : []),
    ...limited(rows, all, paper, 4),
    ...limited(
      statements.map((statement) => [quiet(statement)]),
      all,
      paper,
      4,
    ),
  ];
}

function plannedPipeline({ pipeline, state, paused, pausedByUs, why, expected }: PlannedPipeline): readonly Cell[] {
  if (pausedByUs) return [shown(pipeline), state, warn('paused by us'), why];
  if (!paused) return [shown(pipeline), state, quiet('left alone'), quiet(why)];
  const { inProgress = null, drain = null, pause = null, lastPauseMs = null } = expected ?? {};
  const told = [
    pause === null ? 'for how long is unknown' : shownRange(pause),
    ...(lastPauseMs === null ? [] : [`last time ${shownDuration(lastPauseMs)}`]),
    ...(inProgress === true ? ['a batch is under way'] : []),
    drain === null
      ? 'its drain is unknown: no batch on record'
      : `its drain ${shownRange(drain)} by ${drain.medianMs === null ? '' : 'median and '}slowest of ${drain.batches} ${drain.batches === 1 ? 'batch' : 'batches'}`,
  ];
  return [shown(pipeline), state, warn('would pause'), told.join('; ')];
}

/** The beginning and the end, because what is left out in the middle is of one kind with its neighbours. */
function limited(rows: readonly (readonly Cell[])[], all: boolean, paper: Paper, indent: number): readonly string[] {
  if (all || rows.length <= most) return table(paper, rows, indent);
  const half = most / 2;
  return [
    ...table(paper, rows.slice(0, half), indent),
    ...table(paper, [[quiet(`… ${rows.length - most} more; --all lists them`)]], indent),
    ...table(paper, rows.slice(-half), indent),
  ];
}
