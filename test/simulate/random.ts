import { recover } from '../../lambda/steps/recover';
import type { Fault } from '../support/points';
import { isRunning } from '../support/memoryPipelines';
import { onLink } from './scenarios/worlds';
import { scenarios } from './scenarios';
import { play, type Played, type Scenario } from './play';
import { chance, faults, type Failing } from './schedule';
import type { Stage } from './stage';

/** What a seed decides, each by a draw of its own, so that leaving one out changes no other. */
const draws = {
  scenario: 0,
  rate: 1,
  fails: 2,
  how: 3,
  latency: 4,
  slow: 5,
  late: 6,
  others: 7,
  when: 8,
  who: 9,
  frozen: 10,
};

/** How often a call fails in one play. */
const rates = [0, 0.005, 0.01, 0.02, 0.04, 0.08];
/** How much of a seed is played: to find the smallest part that is broken still. */
export interface Parts {
  /** These faults only. @default those that the seed draws */
  readonly failing?: Failing;
  /** Calls take the time that the seed says. @default true */
  readonly time?: boolean;
  /** Other people and other invocations act as the seed says. @default true */
  readonly others?: boolean;
}

export interface PlayedSeed extends Played {
  readonly scenario: Scenario;
  /** The faults that took place. */
  readonly failing: Failing;
}

const drawable = scenarios.filter(({ large }) => large === undefined);
const pick = <T>(all: readonly T[], drawn: number): T => all[Math.floor(drawn * all.length)]!;

/** Where so much goes wrong a story may not come to its point: then it may end in any orderly way. */
const anyEnd = ({ expects: _, ...scenario }: Scenario): Scenario =>
  scenario.ends === undefined
    ? scenario
    : { ...scenario, ends: ['done', 'unchanged', 'person'], reason: 'the story did not come to its point' };

export const scenarioFor = (seed: number): Scenario => pick(drawable, chance(seed, draws.scenario));

/** One play, of which a seed decides everything: the scenario, what fails and how, how long calls take and so their order, and who interferes. */
export async function playSeed(seed: number, { failing, time = true, others = true }: Parts = {}): Promise<PlayedSeed> {
  const scenario = anyEnd(scenarioFor(seed));
  const rate = pick(rates, chance(seed, draws.rate));
  const failed = new Map<number, Fault>();
  const fails = (point: number): Fault | undefined => {
    const fault =
      failing === undefined
        ? chance(seed, draws.fails, point) < rate
          ? pick(faults, chance(seed, draws.how, point))
          : undefined
        : failing.get(point);
    if (fault !== undefined) failed.set(point, fault);
    return fault;
  };
  const arrange = (stage: Stage): void => {
    stage.witness.judgesSleepers = false;
    // mostly before the retry, and up to well after it
    stage.world.lateMs = 100 + Math.floor(chance(seed, draws.late) ** 2 * 60_000);
    stage.world.frozenMs = 1_000 + Math.floor(chance(seed, draws.frozen) * 300_000);
    if (time) stage.world.latency = (point) => latencyOf(seed, point);
    if (others) interfere(seed, scenario, stage);
  };
  return { ...(await play(scenario, fails, { arrange })), scenario, failing: failed };
}

/** Mostly milliseconds, now and then seconds. */
function latencyOf(seed: number, point: number): number {
  const slow = chance(seed, draws.slow, point);
  const drawn = chance(seed, draws.latency, point);
  return slow < 0.005 ? 1_000 + Math.floor(drawn * 9_000) : 1 + Math.floor(drawn * 20);
}

/** Up to two times somebody does something, at a call that the seed says. Where a story tells who does what, nobody else does. */
function interfere(seed: number, { claims, touchesStore, ends }: Scenario, stage: Stage): void {
  if (claims !== undefined || touchesStore === true || ends !== undefined) return;
  const deeds = [watchdog, restart, drop, newcomer, outage, cut];
  const count = Math.floor(chance(seed, draws.others) * 3);
  for (let at = 0; at < count; at += 1) {
    const deed = pick(deeds, chance(seed, draws.who, at));
    stage.at(1 + Math.floor(chance(seed, draws.when, at) * 180), () => {
      deed(stage);
    });
  }
}

/** A watchdog comes just now. */
function watchdog(stage: Stage): void {
  void stage.world.begin(recover, { seconds: 60 }).then(
    (result) => stage.results.push(result),
    (error: unknown) => stage.errors.push(error),
  );
}

/** Somebody starts all pipelines that are stopped. */
function restart({ world }: Stage): void {
  for (const server of world.servers.values())
    for (const pipeline of server.pipelines.values())
      if (pipeline.state === 'Stopped') server.set(pipeline, 'Running', 'somebody');
}

/** Pipelines that stories speak of by name. */
const named = /`(orders|items|shown|quiet|endless)`$/;

/** Somebody drops a pipeline that runs, and that no story speaks of. */
function drop({ world }: Stage): void {
  const running = world.pipelines().find((pipeline) => isRunning(pipeline) && !named.test(pipeline.name));
  if (running === undefined) return;
  for (const server of world.servers.values())
    if (server.pipelines.get(running.name) === running) server.drop(running.name);
}

/** Somebody makes a pipeline on the link, and starts it. */
function newcomer({ world }: Stage): void {
  const [server] = world.servers.values();
  server?.add(onLink(`new${world.points.length}`));
}

/** A cluster is out of reach for a while. */
function outage({ world }: Stage): void {
  const [server] = world.servers.values();
  if (server === undefined || server.down) return;
  server.down = true;
  world.clock.at(world.clock.now() + 20_000, () => (server.down = false));
}

/** Somebody ends all connections. */
function cut({ world }: Stage): void {
  for (const server of world.servers.values()) for (const id of server.processList()) server.kill(id);
}

/** The smallest part of a seed that is still broken in the same way. */
export async function shrink(seed: number): Promise<{ readonly parts: Parts; readonly played: PlayedSeed }> {
  let played = await playSeed(seed);
  const broken = played.violations[0]?.invariant;
  let parts: Required<Parts> = { failing: played.failing, time: true, others: true };
  const tryParts = async (smaller: Required<Parts>): Promise<boolean> => {
    const next = await playSeed(seed, smaller);
    if (!next.violations.some(({ invariant }) => invariant === broken)) return false;
    played = next;
    parts = { ...smaller, failing: next.failing };
    return true;
  };
  await tryParts({ ...parts, time: false });
  await tryParts({ ...parts, others: false });
  for (let smaller = true; smaller;) {
    smaller = false;
    for (const point of parts.failing.keys()) {
      const without = new Map([...parts.failing].filter(([other]) => other !== point));
      if (await tryParts({ ...parts, failing: without })) {
        smaller = true;
        break;
      }
    }
  }
  return { parts, played };
}
