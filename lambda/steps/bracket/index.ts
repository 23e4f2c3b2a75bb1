import { next, type Action } from '../../core/bracket';
import { asRotationError, type RotationError } from '../../core/errors';
import type { Invocation } from '../../ports';
import { alter } from './change';
import { close, failureOf } from './close';
import { look } from './look';
import { promise, stop } from './pause';
import { Progress, recordConnections, type BracketWork, type Change, type Pause } from './progress';
import { kill, start } from './resume';

/**
 * Pauses, changes and resumes one link, or only resumes it: looks, asks `core/bracket.ts` what remains, does it.
 *
 * If this throws, whatever may still be paused stands in the journal; unless the code is RESUME_FAILED or LEASE_LOST,
 * every pipeline of the set was seen started again.
 *
 * @returns each pipeline's pause.
 */
export async function performBracket(work: BracketWork, run: Invocation): Promise<readonly Pause[]> {
  const progress = new Progress(work, run);
  if (work.change === null) await recordConnections(work.held, work.cluster);
  for (;;) {
    const action = next(progress.situation);
    try {
      await work.held.guard();
      if (action.do === 'close') {
        await close(progress);
        break;
      }
      await perform(progress, action);
    } catch (thrown) {
      await tryAgain(progress, asRotationError(thrown));
    }
  }
  const { failure } = progress.situation;
  if (failure !== null) throw failureOf(progress, failure);
  return [...progress.pauses.values()];
}

async function perform(p: Progress, action: Exclude<Action, { do: 'close' }>): Promise<void> {
  switch (action.do) {
    case 'look':
      return look(p);
    case 'start':
      return start(p, action.pipelines);
    case 'kill':
      return kill(p, action.connections);
    case 'give up':
      p.fail(action.failure);
      return;
    case 'promise':
    case 'stop':
    case 'alter':
      return p.work.change === null ? undefined : wayIn(p, p.work.change, action);
  }
}

async function wayIn(
  p: Progress,
  change: Change,
  action: Extract<Action, { do: 'promise' | 'stop' | 'alter' }>,
): Promise<void> {
  switch (action.do) {
    case 'promise':
      return promise(p, change, action.pipelines);
    case 'stop':
      return stop(p, change, action.pipelines);
    case 'alter':
      return alter(p, change);
  }
}

/** An error on the way in opens the way out; one on the way out is met by trying again until the reserve is spent. */
async function tryAgain(p: Progress, error: RotationError): Promise<void> {
  if (error.code === 'LEASE_LOST' || error.code === 'RESUME_FAILED' || !p.situation.open) throw error;
  const onWayIn = p.situation.aim === 'change' && p.situation.change === 'pending';
  if (onWayIn) p.fail({ code: error.code, what: error.message.slice(error.code.length + 2) });
  else p.set({ states: null });
  p.mustHaveTime(error.message);
  await p.run.clock.sleep(250);
  if (error.code === 'CONNECTION_LOST') await p.reconnect().catch(() => undefined);
}
