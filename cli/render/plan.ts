import { leftOutText } from '../../lambda/core/bound';
import { notTriedAgain } from '../../lambda/core/explain';
import { counted, shownRange } from '../../lambda/page/view';
import type { PlanAnswer } from '../answers';
import { bad, good, heading, paragraph, quiet, said, table, told, warn } from './lines';
import { alike, mostListed, named } from './many';
import { painted, type Paper } from './paper';
import { limited, plannedLinks, shownObject } from './plannedLinks';
import { readable } from './words';

/** What a rotation would do. @param all everything by its name */
export function renderPlan(secret: string, plan: PlanAnswer, paper: Paper, all = false): readonly string[] {
  const { links, places, calls, leftOut } = plan;
  return [
    title(secret, plan, paper),
    ...obstacles(plan, paper, all),
    ...plannedLinks(links, paper, all),
    ...(places.length === 0
      ? []
      : [
          heading(paper, 'Before any pause, new credentials are tried on'),
          ...limited(
            places.map((place) => [place]),
            all ? Infinity : mostListed,
            paper,
            2,
          ),
        ]),
    ...toKnow(plan, paper, all),
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
    `${counted(links.length, 'link')}: ${named(links.map(({ link }) => shownObject(link)))}`,
    `${counted(pipelines.length, 'pipeline')} read through ${links.length === 1 ? 'it' : 'them'}; ${pipelines.filter(({ paused }) => paused).length} would be paused${expectation(plan)}`,
    ...(places.length === 0
      ? []
      : [`new credentials can be tried on ${counted(places.length, 'place')} before any pause`]),
  ];
  return [
    title(secret, plan, paper),
    ...obstacles(plan, paper, false),
    ...found.flatMap((sentence) => said(paper, good('✓'), sentence)),
    ...toKnow(plan, paper, false),
    blockers.length > 0
      ? painted(`A rotation would fail ${untilMended(blockers)}.`, 'bad', paper)
      : painted('Nothing stands in the way of a rotation.', 'good', paper),
  ];
}

/** What only the last call has met is not known to stand there yet. */
const untilMended = (blockers: readonly string[]): string =>
  blockers.every((blocker) => blocker.includes(notTriedAgain))
    ? 'unless that was mended since'
    : 'until that is mended';

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

const howToSee = 'plan --all';

const obstacles = ({ blockers }: PlanAnswer, paper: Paper, all: boolean): readonly string[] =>
  alike(blockers, all, howToSee).flatMap((sentence) => told(paper, bad('✗'), sentence));

function toKnow({ pending, dangers, uncovered, advice }: PlanAnswer, paper: Paper, all: boolean): readonly string[] {
  const notCovered = alike(
    uncovered.map(({ object, why }) => `not covered: ${object}, ${why}`),
    all,
    howToSee,
  );
  const lines = [
    ...[...(pending === null ? [] : [pending]), ...alike(dangers, all, howToSee), ...notCovered.map(readable)].flatMap(
      (sentence) => told(paper, warn('!'), sentence),
    ),
    ...advice.flatMap((sentence) => said(paper, quiet('-'), quiet(sentence))),
  ];
  return lines.length === 0 ? [] : [heading(paper, 'To know'), ...lines];
}
