import { asRotationError, RotationError } from './core/errors';
import { parseEvent, type Request } from './core/event';
import { logAddress, ofRequest, openLog } from './edge/log';
import { openWorld } from './edge/world';
import { description, filePage, readView, widgetPage } from './page';
import type { Invocation, World } from './ports';
import { answerOf, recoveryOf } from './steps/answers';
import { followChange } from './steps/follow';
import { requestedBy } from './steps/history';
import { foresee } from './steps/foresee';
import { plan } from './steps/plan';
import { recover } from './steps/recover';
import { rotate } from './steps/rotate';
import { retireNow } from './steps/retireNow';
import { definitionOf } from './steps/rotation';
import { status } from './steps/status';
import { boundedStatus } from './steps/status/bounded';

/** What of Lambda's context is used. */
interface Context {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?: () => number;
}
/** Lambda's limit, for a caller that does not say how much time there is. Milliseconds. */
const longestInvocationMs = 900_000;

/** What fails before the world is open is logged, too. */
const lines = openLog(process.env['LOG_LEVEL'], () => Date.now());
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
export const handler = (event: unknown, context?: Context): Promise<unknown> => serve(event, context, answer);

/** A function of its own, whose role may only read: a dashboard calls it, and whoever may look and not touch. */
export const widget = (event: unknown, context?: Context): Promise<unknown> => serve(event, context, look);

async function serve(
  event: unknown,
  context: Context | undefined,
  answered: (request: Request, run: Invocation) => Promise<unknown>,
): Promise<unknown> {
  const log = ofRequest(lines, context?.awsRequestId);
  try {
    const request = parseEvent(event);
    if (request.type === 'widget' && request.describe) return description;
    const opened = await world();
    if (opened.problem !== null && request.type !== 'recover') throw opened.problem;
    return await answered(request, begin(opened, context));
  } catch (thrown) {
    const error = asRotationError(thrown);
    log.error('failed', { code: error.code, message: error.message });
    throw error;
  }
}

async function answer(request: Request, run: Invocation): Promise<unknown> {
  switch (request.type) {
    case 'rotation':
      await rotate(request, run);
      return undefined;
    case 'recover':
      if (request.dryRun) return recoveryOf(await foresee(run));
      if (run.problem !== null) {
        run.metrics.put('RecoverFailed', 1, 'Count'); // it ends well for what is paused, and does nothing of the rest
        run.log.error('failed', { code: run.problem.code, message: run.problem.message });
      }
      return recoveryOf(await recover(run));
    case 'secret-changed':
      if (request.requestedBy !== undefined) await requestedBy(run, request.secretId, request.requestedBy);
      return { started: await followChange(run, request.secretId) };
    case 'retire':
      return await retireNow(run, request.secretId, request.dryRun);
    case 'plan':
    case 'status':
    case 'widget':
      return await look(request, run);
  }
}

/** What is answered without a write. */
async function look(request: Request, run: Invocation): Promise<unknown> {
  switch (request.type) {
    case 'plan':
      return answerOf(await plan(run, definitionOf(run, request.secretId)));
    case 'status':
      return boundedStatus(await status(run, request.secretId));
    case 'widget': {
      const seen = await status(run, request.secretId);
      const view = readView(request.context);
      return request.document ? filePage(seen, view) : widgetPage(seen, view);
    }
    case 'rotation':
    case 'recover':
    case 'secret-changed':
    case 'retire':
      throw new RotationError(
        'EVENT_INVALID',
        `this function only looks: it answers a widget's events, "plan" and "status", and no "${request.type}". Nothing was done.`,
      );
  }
}

function begin(opened: World, context: Context | undefined): Invocation {
  const left = context?.getRemainingTimeInMillis?.() ?? longestInvocationMs;
  const id = context?.awsRequestId;
  return {
    ...opened,
    log: ofRequest(opened.log, id),
    holder: opened.newId(),
    endsAt: opened.clock.now() + left,
    // of the one that rotates: whoever only looks is told its name
    functionName: process.env['ROTATION_FUNCTION'] ?? process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? null,
    logs: logAddress(process.env, id),
    pauses: [],
  };
}
