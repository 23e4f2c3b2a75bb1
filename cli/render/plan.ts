import type { PlannedLink } from '../../lambda/steps/plan';
import type { QualifiedName } from '../../lambda/core/names';
import { shownName } from '../../lambda/page/names';
import { counted } from '../../lambda/page/view';
import { bad, good, heading, paragraph, quiet, said, strong, table, warn, type Cell } from './lines';
import { painted, type Paper } from './paper';
import type { PlanAnswer } from '../answers';

/** So many of the like are listed; more are counted. */
const most = 8;

/** What a rotation would do. @param all everything by its name */
export function renderPlan(secret: string, plan: PlanAnswer, paper: Paper, all = false): readonly string[] {
  const { links, places, blockers } = plan;
  const paused = links.flatMap(({ pipelines }) => pipelines.filter((pipeline) => pipeline.paused));
  const changed = links.filter(({ unchanged }) => !unchanged);
  const gist =
    blockers.length > 0
      ? painted(`blocked: ${counted(blockers.length, 'obstacle')}`, 'bad', paper)
      : painted(
          `would change ${counted(changed.length, 'link')}, pausing ${counted(paused.length, 'pipeline')}`,
          'good',
          paper,
        );
  return [
    `${blockers.length > 0 ? painted('✗', 'bad', paper) : painted('✓', 'good', paper)} ${heading(paper, secret)}  ${gist}`,
    ...blockers.flatMap((sentence) => said(paper, bad('✗'), sentence)),
    ...links.flatMap((link) => plannedLink(link, paper, all)),
    ...(places.length === 0 ? [] : tried(places, paper, all)),
    ...uncoveredBy(plan, paper),
    painted('Nothing was written: this was a look.', 'quiet', paper),
  ];
}

/** The pre-flight: what stands in the way, and what to know. */
export function renderDoctor(secret: string, plan: PlanAnswer, paper: Paper): readonly string[] {
  const { links, places, uncovered, blockers } = plan;
  const pipelines = links.flatMap((link) => link.pipelines);
  const found: readonly (readonly [boolean, string])[] = [
    [
      links.length > 0,
      `${counted(links.length, 'link')} found: ${links.map(({ link }) => shownName(link as QualifiedName)).join(', ')}`,
    ],
    [
      true,
      `${counted(pipelines.length, 'pipeline')} through them, ${pipelines.filter(({ paused }) => paused).length} of them running`,
    ],
    [
      places.length > 0 || links.length === 0,
      `new credentials can be tried on ${counted(places.length, 'place')} before anything is paused`,
    ],
  ];
  return [
    heading(paper, `${secret}, before a rotation`),
    ...blockers.flatMap((sentence) => said(paper, bad('✗'), sentence)),
    ...found.flatMap(([fine, sentence]) => said(paper, fine ? good('✓') : warn('!'), sentence)),
    ...uncovered.flatMap(({ object, why }) => said(paper, warn('!'), `${object}: ${why}`)),
    blockers.length > 0
      ? painted(
          `Blocked. ${counted(blockers.length, 'obstacle')}; a rotation would fail before it pauses anything.`,
          'bad',
          paper,
        )
      : painted('Nothing stands in the way of a rotation.', 'good', paper),
  ];
}

function plannedLink(
  { link, cluster, type, unchanged, pipelines, statements }: PlannedLink,
  paper: Paper,
  all: boolean,
): readonly string[] {
  const says = unchanged ? quiet('holds the next value already: nothing is paused or sent') : '';
  const rows = pipelines.map(({ pipeline, state, paused }): readonly Cell[] => [
    shownName(pipeline as QualifiedName),
    state,
    paused ? warn('paused') : quiet('left alone'),
  ]);
  return [
    ...table(paper, [[strong(shownName(link as QualifiedName)), `${type} on ${cluster}`, says]]),
    ...limited(rows, all, paper),
    ...limited(
      statements.map((statement) => [quiet(statement)]),
      all,
      paper,
    ),
  ];
}

/** The beginning and the end, because what is left out in the middle is of one kind with its neighbours. */
function limited(rows: readonly (readonly Cell[])[], all: boolean, paper: Paper): readonly string[] {
  if (all || rows.length <= most) return table(paper, rows, 4);
  const half = most / 2;
  const left = [[quiet(`… ${rows.length - most} more; --all lists them`)]];
  return [...table(paper, rows.slice(0, half), 4), ...table(paper, left, 4), ...table(paper, rows.slice(-half), 4)];
}

const tried = (places: readonly string[], paper: Paper, all: boolean): readonly string[] => [
  heading(paper, 'New credentials are tried first on'),
  ...limited(
    places.map((place) => [place]),
    all,
    paper,
  ),
];

const uncoveredBy = ({ uncovered }: PlanAnswer, paper: Paper): readonly string[] =>
  uncovered.length === 0
    ? []
    : [
        heading(paper, 'Not covered'),
        ...uncovered.flatMap(({ object, why }) => paragraph(paper, warn(`${object}: ${why}`))),
      ];
