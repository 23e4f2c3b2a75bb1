import { asRotationError } from './core/errors';
import { parseEvent } from './core/event';
import { openLog } from './edge/log';
import { openWorld } from './edge/world';
import type { Invocation, World } from './ports';
import { followChange } from './steps/follow';
import { plan } from './steps/plan';
import { recover } from './steps/recover';
import { rotate } from './steps/rotate';
import { definitionOf } from './steps/rotation';

/** What of Lambda's context is used. */
interface Context {
  getRemainingTimeInMillis?: () => number;
}
/** Lambda's limit, for a caller that does not say how much time there is. Milliseconds. */
const longestInvocationMs = 900_000;

/** What fails before the world is open is logged, too. */
const log = openLog(process.env['LOG_LEVEL'], () => Date.now());
let opening: Promise<World> | undefined;

/** Once for each cold start. One with a problem is opened anew by the next invocation: a throttled read must not poison the process. */
async function world(): Promise<World> {
  opening ??= openWorld(process.env);
  const opened = await opening.catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  if (opened.problem !== null) opening = undefined;
  return opened;
}
world().catch(() => undefined); // begun while the platform still prepares; the invocation reports what went wrong

/** Secrets Manager calls this four times a rotation, and any of the four again after a failure; EventBridge calls it every minute. */
export async function handler(event: unknown, context?: Context): Promise<unknown> {
  try {
    const request = parseEvent(event);
    const opened = await world();
    if (opened.problem !== null && request.type !== 'recover') throw opened.problem;
    const run = begin(opened, context);
    switch (request.type) {
      case 'rotation':
        await rotate(request, run);
        return undefined;
      case 'recover':
        if (opened.problem !== null) {
          run.metrics.put('RecoverFailed', 1, 'Count'); // it ends well for what is paused, and does nothing of the rest
          log.error('failed', { code: opened.problem.code, message: opened.problem.message });
        }
        return await recover(run);
      case 'secret-changed':
        return { started: await followChange(run, request.secretId) };
      case 'plan': {
        const { blockers, ...rest } = await plan(run, definitionOf(run, request.secretId));
        return { ...rest, blockers: blockers.map(({ message }) => message) };
      }
    }
  } catch (thrown) {
    const error = asRotationError(thrown);
    log.error('failed', { code: error.code, message: error.message });
    throw error;
  }
}

function begin(opened: World, context: Context | undefined): Invocation {
  const left = context?.getRemainingTimeInMillis?.() ?? longestInvocationMs;
  return { ...opened, holder: opened.newId(), endsAt: opened.clock.now() + left };
}
