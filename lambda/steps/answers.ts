import { bounded, shortened, thinned, type Cut, type LeftOut } from '../core/bound';
import type { Plan, PlannedLink, PlannedPipeline } from './plan';
import type { Recovery } from './recover';

/** The plan as it is answered: errors are their messages. */
export type PlanAnswer = Omit<Plan, 'blockers'> & { readonly blockers: readonly string[] };

/** What is answered is short enough for Lambda: what is changed and what stands in the way is left out last. */
export const answerOf = ({ blockers, ...rest }: Plan, bytes?: number): PlanAnswer =>
  bounded({ ...rest, blockers: blockers.map(({ message }) => message) }, cuts, countsOf, bytes);

const ofLinks =
  (change: (link: PlannedLink, keep: number) => PlannedLink): Cut<PlanAnswer>['keeping'] =>
  (plan, keep) => ({ ...plan, links: plan.links.map((link) => change(link, keep)) });

const pipelines = (mayGo: (pipeline: PlannedPipeline) => boolean): Cut<PlanAnswer>['keeping'] =>
  ofLinks((link, keep) => {
    const kept = thinned(link.pipelines, keep, mayGo);
    const lacking = (link.leftOut ?? 0) + link.pipelines.length - kept.length;
    return { ...link, pipelines: kept, ...(lacking === 0 ? {} : { leftOut: lacking }) };
  });

const sentences = (
  change: (told: readonly string[], keep: number) => readonly string[],
): Cut<PlanAnswer>['keeping'] => {
  return (plan, keep) => ({ ...plan, blockers: change(plan.blockers, keep), dangers: change(plan.dangers, keep) });
};

/** Each STOP has its START: of both the first are kept, and all that is not one of a pipeline. */
const statements = ofLinks((link, keep) => ({
  ...link,
  statements: [/^stop\b/i, /^start\b/i].reduce(
    (left: readonly string[], kind) => thinned(left, keep, (statement) => kind.test(statement)),
    link.statements,
  ),
}));

const cuts: readonly Cut<PlanAnswer>[] = [
  { least: 1, keeping: statements },
  { least: 0, keeping: pipelines(({ paused, pausedByUs }) => !paused && !pausedByUs) },
  { least: 8, keeping: (plan, keep) => ({ ...plan, places: thinned(plan.places, keep) }) },
  { least: 8, keeping: (plan, keep) => ({ ...plan, uncovered: thinned(plan.uncovered, keep) }) },
  { least: 8, keeping: pipelines(() => true) }, // those first that are expected to drain longest
  { least: 512, keeping: sentences((told, keep) => told.map((one) => shortened(one, keep))) },
  { least: 16, keeping: sentences(thinned) },
  { least: 1, keeping: (plan, keep) => ({ ...plan, links: thinned(plan.links, keep) }) },
];

function countsOf({ links, places, uncovered, blockers, dangers }: PlanAnswer): LeftOut {
  return {
    links: links.length,
    pipelines: links.reduce((sum, link) => sum + link.pipelines.length, 0),
    statements: links.reduce((sum, link) => sum + link.statements.length, 0),
    places: places.length,
    'uncovered objects': uncovered.length,
    sentences: blockers.length + dangers.length,
  };
}

/** What the watchdog did, or in a dry run would do, as it is answered. */
export type RecoveryAnswer = Recovery & { readonly dryRun?: true; readonly leftOut?: LeftOut };

/** Short enough as well: names of paused pipelines are left out first. */
export const recoveryOf = (recovery: RecoveryAnswer, bytes?: number): RecoveryAnswer =>
  bounded(
    recovery,
    recoveryCuts,
    ({ leftPaused, failures, settled, resumed, retired, started }) => ({
      names: leftPaused.length,
      links: resumed.length,
      sentences: failures.length + settled.length + retired.length + started.length,
    }),
    bytes,
  );

const recoveryCuts: readonly Cut<RecoveryAnswer>[] = [
  { least: 8, keeping: (answer, keep) => ({ ...answer, leftPaused: thinned(answer.leftPaused, keep) }) },
  { least: 8, keeping: (answer, keep) => ({ ...answer, resumed: thinned(answer.resumed, keep) }) },
  {
    least: 512,
    keeping: (answer, keep) => ({ ...answer, failures: answer.failures.map((one) => shortened(one, keep)) }),
  },
  {
    least: 8,
    keeping: ({ failures, settled, retired, started, ...answer }, keep) => ({
      ...answer,
      failures: thinned(failures, keep),
      settled: thinned(settled, keep),
      retired: thinned(retired, keep),
      started: thinned(started, keep),
    }),
  },
];
