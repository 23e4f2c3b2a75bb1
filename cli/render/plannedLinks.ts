import type { QualifiedName } from '../../lambda/core/names';
import { shownName } from '../../lambda/page/names';
import { counted, shownDuration, shownRange } from '../../lambda/page/view';
import type { PlannedLink, PlannedPipeline } from '../../lambda/steps/plan';
import { paragraph, quiet, strong, table, warn, type Cell } from './lines';
import { mostListed } from './many';
import type { Paper } from './paper';

/** An answer's names are texts. */
export const shownObject = (name: string): string => shownName(name as QualifiedName);

/** Those that change first; the more there are, the less of each. */
export function plannedLinks(links: readonly PlannedLink[], paper: Paper, all: boolean): readonly string[] {
  const sorted = links.toSorted((a, b) => Number(a.unchanged) - Number(b.unchanged));
  const shownLinks = all ? sorted : sorted.slice(0, mostListed);
  const others = sorted.slice(shownLinks.length);
  const pipelines = others.flatMap((link) => link.pipelines);
  const rows = all ? Infinity : Math.max(2, 2 * Math.floor(mostListed / 2 / shownLinks.length));
  return [
    ...shownLinks.flatMap((link) => plannedLink(link, paper, rows)),
    ...(others.length === 0
      ? []
      : paragraph(
          paper,
          quiet(
            `… ${counted(others.length, 'more link')}, of which ${others.filter(({ unchanged }) => !unchanged).length} would change, and of ${counted(pipelines.length, 'pipeline')} ${pipelines.filter(({ paused }) => paused).length} would be paused; --all lists them`,
          ),
        )),
  ];
}

function plannedLink(
  { link, cluster, type, unchanged, pipelines, statements }: PlannedLink,
  paper: Paper,
  most: number,
): readonly string[] {
  const rows = [...pipelines].sort((a, b) => Number(b.paused) - Number(a.paused)).map(plannedPipeline);
  return [
    ...table(paper, [[strong(shownObject(link)), quiet(`${type} on ${cluster}`)]]),
    ...(unchanged ? paragraph(paper, 'holds the next value already: nothing is paused or sent', 4) : []),
    ...limited(rows, most, paper, 4),
    ...limited(
      statements.map((statement) => [quiet(statement)]),
      most,
      paper,
      4,
    ),
  ];
}

function plannedPipeline({ pipeline, state, paused, pausedByUs, why, expected }: PlannedPipeline): readonly Cell[] {
  if (pausedByUs) return [shownObject(pipeline), state, warn('paused by us'), why];
  if (!paused) return [shownObject(pipeline), state, quiet('left alone'), quiet(why)];
  const { inProgress = null, drain = null, pause = null, lastPauseMs = null } = expected ?? {};
  const told = [
    pause === null ? 'for how long is unknown' : shownRange(pause),
    ...(lastPauseMs === null ? [] : [`last time ${shownDuration(lastPauseMs)}`]),
    ...(inProgress === true ? ['a batch is under way'] : []),
    drain === null
      ? 'its drain is unknown: no batch on record'
      : `its drain ${shownRange(drain)} by ${drain.medianMs === null ? '' : 'median and '}slowest of ${drain.batches} ${drain.batches === 1 ? 'batch' : 'batches'}`,
  ];
  return [shownObject(pipeline), state, warn('would pause'), told.join('; ')];
}

/** The beginning and the end, because what is left out in the middle is of one kind with its neighbours. */
export function limited(
  rows: readonly (readonly Cell[])[],
  most: number,
  paper: Paper,
  indent: number,
): readonly string[] {
  if (rows.length <= most) return table(paper, rows, indent);
  const half = most / 2;
  return [
    ...table(paper, rows.slice(0, half), indent),
    ...table(paper, [[quiet(`… ${rows.length - most} more; --all lists them`)]], indent),
    ...table(paper, rows.slice(-half), indent),
  ];
}
