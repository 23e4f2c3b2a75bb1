import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt, InvocationError, RotationOutcome } from '../../standins/aws/rotation';
import type { InvocationResult } from '../../standins/lambda/runtime';
import { found } from './checks';
import type { Kill } from './gate';
import { batchIntervalMs, type Scenario } from './scenarios';
import { age, type Stage } from './stage';

/** `retried`: the service calls the steps again. `recovered`: nobody does, only the watchdog comes. */
export const passes = ['retried', 'recovered'] as const;
export type Pass = (typeof passes)[number];

export interface Played {
  /** Points met, in their order. */
  readonly points: readonly string[];
  /** False: the point did not occur this time, so nobody was killed. */
  readonly killed: boolean;
  readonly violations: readonly string[];
  /** Real milliseconds. */
  readonly ms: number;
}

/** How often the service calls the steps: AWS names no number. Leases run out between two calls. */
const attempts = 6;
/** The watchdog proves or moves back what nobody has tested for so long. Milliseconds. */
const untestedMs = 21 * 60_000;
/** How often the watchdog comes after that. It comes once a minute; here once a batch. */
const visits = 10;

/** One rotation from the beginning, killed at one point. @param kill none: undisturbed */
export async function play(scenario: Scenario, stage: Stage, pass: Pass, kill?: Kill): Promise<Played> {
  const { sockets, gate } = stage;
  await stage.reset();
  const before = sockets.states();
  const settled = sockets.servers.map(({ transitions }) => transitions.length);
  const began = performance.now();
  gate.begin(kill);
  const rotation = await rotated(stage, pass);
  const failures = rotation.attempts.flatMap(({ error }) => error ?? []);
  const watchdog = async (): Promise<string[]> => {
    const { error, refused } = await watched(stage);
    if (error !== undefined) failures.push(error);
    return refused;
  };
  const violations: string[] = [];
  const checks = found(scenario, stage, before, settled);
  if (pass === 'recovered' && gate.killed) {
    await sockets.expireLeases();
    stage.credentialsInReach = false;
    violations.push(...(await watchdog()), ...(await checks.nothingPaused()));
    if (scenario.ends === 'given-up') {
      stage.credentialsInReach = true;
      await age(sockets, untestedMs);
      // it sees a refusal only when a batch has met it
      for (let left = visits; left > 0 && checks.onOldKey().length > 0; left -= 1) {
        await delay(batchIntervalMs);
        violations.push(...(await watchdog()));
      }
      violations.push(...checks.onOldKey());
    }
  } else {
    // the service is done with a version that has lost its label, the watchdog is not
    if (scenario.ends === 'given-up') {
      await sockets.expireLeases();
      violations.push(...(await watchdog()));
    }
    violations.push(...(await checks.ended(rotation)));
  }
  if (gate.killed) violations.push(...deaths(failures));
  violations.push(...(await checks.always()));
  return { points: [...gate.points], killed: gate.killed, violations, ms: performance.now() - began };
}

/** The service's calls, repeated after a failure; not after the kill if nobody is to come then. */
async function rotated({ sockets, gate, secrets }: Stage, pass: Pass): Promise<RotationOutcome> {
  const calls: Attempt[] = [];
  for (let left = pass === 'retried' ? 1 : attempts; ; left -= 1) {
    let asked = 0;
    const rotation = await sockets.rotate({
      token() {
        const made = randomUUID();
        if ((asked += 1) > 1) secrets.add(made); // a RotationToken: only the first is the version's id
        return made;
      },
      attempts: pass === 'retried' ? attempts : 1,
      onStep: async (step) => {
        if (gate.killed) await sockets.expireLeases();
        gate.step(step);
      },
    });
    calls.push(...rotation.attempts);
    if (rotation.outcome !== 'failed' || gate.killed || left === 1) return { ...rotation, attempts: calls };
  }
}

/** The watchdog comes, and comes again if it is killed. @returns how it died, and what is wrong about its end */
async function watched({ sockets, gate }: Stage): Promise<{ error?: InvocationError; refused: string[] }> {
  const wasKilled = gate.killed;
  gate.step('recover');
  const first = await sockets.recover();
  if (first.ok || gate.killed === wasKilled) return { refused: refusal(first) };
  await sockets.expireLeases();
  return { error: first.error, refused: refusal(await sockets.recover()) };
}

/** The process was ended by signal 9, once. */
function deaths(failures: readonly InvocationError[]): string[] {
  const ends = failures.filter(({ errorType }) => errorType === 'Runtime.ExitError');
  const isKill = ends.length === 1 && /signal: killed$/.test(ends[0]?.errorMessage ?? '');
  return isKill ? [] : [`the process was not killed once by signal 9: ${JSON.stringify(ends)}`];
}

const refusal = (result: InvocationResult): string[] =>
  result.ok ? [] : [`recover failed: ${result.error.errorMessage}`];
