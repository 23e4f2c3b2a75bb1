import { asRotationError, RotationError } from './core/errors';
import { parseEvent, type Request, type Step } from './core/event';
import { openWorld } from './edge/world';
import type { Invocation, World } from './ports';
import { createSecret } from './steps/createSecret';
import { finishLeftovers, finishSecret } from './steps/finishSecret';
import { plan } from './steps/plan';
import { recover, resumeDead } from './steps/recover';
import { definitionOf, mustBeOurs, type Rotation } from './steps/rotation';
import { setSecret } from './steps/setSecret';
import { testSecret } from './steps/testSecret';
import { waitForLeaseMs } from './core/lease';

/** What of Lambda's context is used. */
interface Context {
  getRemainingTimeInMillis?: () => number;
}
/** Lambda's limit, for a caller that does not say how much time there is. Milliseconds. */
const longestInvocationMs = 900_000;

const steps: Readonly<Record<Step, (rotation: Rotation, run: Invocation) => Promise<void>>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

// once for each cold start; a failure is thrown by every invocation
const opening = openWorld(process.env);
opening.catch(() => undefined);

/** Secrets Manager calls this four times a rotation, and any of the four again after a failure; EventBridge calls it every minute. */
export async function handler(event: unknown, context?: Context): Promise<unknown> {
  const world = await opening;
  const run = begin(world, context);
  try {
    const request = parseEvent(event);
    switch (request.type) {
      case 'rotation':
        await rotate(request, run);
        return undefined;
      case 'recover':
        return await recover(run);
      case 'plan': {
        const { blockers, ...rest } = await plan(run, definitionOf(run, request.secretId));
        return { ...rest, blockers: blockers.map(({ message }) => message) };
      }
    }
  } catch (thrown) {
    const error = asRotationError(thrown);
    run.log.error('failed', { code: error.code, message: error.message });
    throw error;
  }
}

async function rotate(
  { step, secretId, version, rotationToken }: Extract<Request, { type: 'rotation' }>,
  run: Invocation,
): Promise<void> {
  const definition = definitionOf(run, secretId);
  const secret = await run.secrets.describe(secretId);
  const rotation: Rotation = { definition, secret, version, ...(rotationToken === undefined ? {} : { rotationToken }) };
  const log = { step, secretId: secret.arn, version };
  run.log.info('step-started', log);
  try {
    // whatever a dead run of this secret left paused is resumed before anything else, even if this call is then refused
    await resumeDead(run, (record) => record.secretId === secret.arn, waitForLeaseMs);
    if (mustBeOurs(rotation) === 'current') await finishLeftovers(rotation, run);
    else await steps[step](rotation, run);
  } catch (thrown) {
    run.metrics.put('RotationFailed', 1, 'Count');
    throw thrown instanceof RotationError
      ? new RotationError(thrown.code, `${step}: ${thrown.message.slice(thrown.code.length + 2)}`)
      : thrown;
  }
  run.log.info('step-done', log);
}

function begin(world: World, context: Context | undefined): Invocation {
  const left = context?.getRemainingTimeInMillis?.() ?? longestInvocationMs;
  return { ...world, holder: world.newId(), endsAt: world.clock.now() + left };
}
