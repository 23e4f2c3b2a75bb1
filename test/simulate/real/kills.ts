import { isQuestion, moments, type Kill } from './gate';
import { passes, play, type Pass, type Played } from './play';
import { scenarios, type Scenario } from './scenarios';
import { openStage, type Stage } from './stage';

export interface RealOptions {
  /** Names of scenarios. @default all */
  readonly only?: readonly string[];
  /** Only this one run of the only scenario. */
  readonly run?: Kill & { readonly pass: Pass };
  /** Of the runs, only the essential ones, and of the others every so manieth. @default 1, all of them */
  readonly every?: number;
  /** No run begins after so many real ms, but for the first `atLeast` of each scenario. @default no end */
  readonly forMs?: number;
  /** @default 1 */
  readonly atLeast?: number;
  /** Runs side by side, each with servers of its own. @default 3 */
  readonly lanes?: number;
  /** Path of the function's bundle. @default the built one */
  readonly bundle?: string;
  /** Told of each violation when it is found, with what the function logged, and of each scenario that is done. */
  readonly log?: (line: string) => void;
}

export interface ScenarioFigures {
  readonly scenario: string;
  /** Points of an undisturbed run. */
  readonly points: number;
  /** Runs with a point to kill at, in both passes. */
  readonly runs: number;
  /** Runs in which the process was killed. */
  readonly kills: number;
  /** Where, in the order of the runs. */
  readonly killedAt: readonly string[];
  /** Runs in which the point did not occur, three times over. */
  readonly missed: number;
  /** Runs that were not begun in time. */
  readonly leftOut: number;
  readonly seconds: number;
  /** Of one run, real milliseconds. */
  readonly msPerRun: number;
  /** Of each run in which something was wrong: what, and how to play it alone. */
  readonly violations: readonly string[];
}

interface Job {
  readonly pass: Pass;
  readonly kill: Kill;
}

/** Kills the function's process at each point of each scenario, and looks at what becomes of it. */
export async function realKills(options: RealOptions = {}): Promise<readonly ScenarioFigures[]> {
  const { only, forMs = Infinity, log } = options;
  const until = performance.now() + forMs;
  const chosen = scenarios.filter(({ name }) => only?.includes(name) ?? true);
  if (chosen.length === 0) throw new Error(`scenarios are ${scenarios.map(({ name }) => name).join(', ')}`);
  const figures: ScenarioFigures[] = [];
  for (const [at, scenario] of chosen.entries()) {
    const share = (until - performance.now()) / (chosen.length - at); // what one does not need is the next ones'
    const one = await killsIn(scenario, performance.now() + share, options);
    log?.(
      `${one.scenario}: ${one.kills} kills, ${one.missed} missed, ${one.violations.length} violations, ${one.seconds.toFixed(0)} s`,
    );
    figures.push(one);
  }
  return figures;
}

async function killsIn(scenario: Scenario, until: number, options: RealOptions): Promise<ScenarioFigures> {
  const { lanes = 3, run, every = 1, atLeast = 1, bundle, log } = options;
  const began = performance.now();
  const violations: string[] = [];
  const report = (line: string): void => {
    violations.push(line);
    log?.(line);
  };
  const first = await openStage(scenario, bundle);
  const undisturbed = await play(scenario, first, 'retried');
  if (undisturbed.violations.length > 0) report(`${scenario.name}, undisturbed: ${undisturbed.violations.join('; ')}`);
  const jobs = run === undefined ? selected(jobsFor(undisturbed.points), every) : [{ pass: run.pass, kill: run }];
  const killedAt: string[] = [];
  const counts = { missed: 0, ms: 0 };
  const left = [...jobs];

  /** Whether something is looked at once more depends on time: a point that did not occur may occur now. */
  async function playUntilKilled(stage: Stage, { pass, kill }: Job, tries = 3): Promise<Played> {
    const played = await play(scenario, stage, pass, kill);
    const isOver = played.killed || played.violations.length > 0 || tries === 1;
    return isOver ? played : playUntilKilled(stage, { pass, kill }, tries - 1);
  }

  async function lane(stage: Stage): Promise<void> {
    for (let job = left.shift(); job !== undefined; job = left.shift()) {
      if (performance.now() > until && jobs.length - left.length > atLeast) {
        left.unshift(job);
        break;
      }
      const { killed, violations: wrong, ms } = await playUntilKilled(stage, job);
      counts.ms += ms;
      const title = `${scenario.name}, ${inWords(job)}`;
      if (killed) killedAt.push(job.kill.point);
      else counts.missed += 1;
      if (!killed) log?.(`${title}: did not occur this time`);
      if (wrong.length > 0) {
        report(`${title}: ${wrong.join('; ')}\n  ${replay(scenario, job)}`);
        log?.(stage.sockets.lambda.output.map((line) => `  | ${line}`).join('\n'));
      }
    }
    await stage.stop();
  }
  const others = Array.from({ length: Math.min(lanes, jobs.length) - 1 }, () => openStage(scenario, bundle));
  await Promise.all([lane(first), ...others.map(async (stage) => lane(await stage))]);
  const { missed, ms } = counts;
  const kills = killedAt.length;
  if (kills === 0) report(`${scenario.name}: nobody was killed`);
  return {
    scenario: scenario.name,
    points: undisturbed.points.length,
    runs: jobs.length,
    kills,
    killedAt,
    missed,
    leftOut: left.length,
    seconds: (performance.now() - began) / 1_000,
    msPerRun: ms / Math.max(1, kills + missed),
    violations,
  };
}

/**
 * The retry is tried behind each point. The watchdog knows only what the servers hold, and that is the same before a question
 * as before the next change: for it, changes are enough.
 */
const jobsFor = (points: readonly string[]): Job[] =>
  points.flatMap((point) =>
    isQuestion(point)
      ? [{ pass: 'retried', kill: { point, moment: 'before' } }]
      : moments.flatMap((moment) => passes.map((pass) => ({ pass, kill: { point, moment } }))),
  );

/** The pause and what is written around it: a small selection has these, and has them first, in this order. */
const essential: readonly RegExp[] = [
  /setSecret: .*STOP PIPELINE.* #1$/,
  /setSecret: .*ALTER LINK (?!.*probe).* #1$/,
  /setSecret: .*START PIPELINE.* #1$/,
  /createSecret: iam CreateAccessKey #1$/,
  /PutSecretValue .* #1$/,
  /UpdateSecretVersionStage .* #1$/,
  /setSecret: dynamodb PutItem #[2-4]$/,
];

function selected(jobs: readonly Job[], every: number): readonly Job[] {
  const rank = ({ kill: { point, moment } }: Job): number =>
    moment === 'after' ? essential.findIndex((pattern) => pattern.test(point)) : -1;
  const first = jobs.filter((job) => rank(job) >= 0).sort((one, other) => rank(one) - rank(other));
  return [...first, ...jobs.filter((job) => rank(job) < 0).filter((_, at) => at % every === 0)];
}

const inWords = ({ pass, kill: { point, moment } }: Job): string => `killed ${moment} "${point}", ${pass}`;

/** The command that plays one run alone. */
const replay = ({ name }: Scenario, { pass, kill: { point, moment } }: Job): string =>
  `npx tsx test/simulate/real/main.ts --scenario ${name} --pass ${pass} --moment ${moment} --point '${point}'`;
