import { asRotationError } from '../../core/errors';
import type { VersionId } from '../../core/version';
import type { EndedPause, Invocation } from '../../ports';

/** An invocation spends this long on it at most, on all of it together; then it gives up for good. Milliseconds. */
const longestMs = 5_000;
/** Of the time that is left, kept for the answer of the call. Milliseconds. */
const answerMs = 1_000;

/** How an invocation is getting on with what it remembers and tells. */
interface Effort {
  /** What waits until repairs are done; `null`: nothing has to. */
  waiting: (() => Promise<void>)[] | null;
  /** The versions that pauses were for, as far as it is known. */
  readonly claimed: Map<EndedPause, VersionId>;
  spentMs: number;
  /** It took too long once: what was sent may still arrive, and nothing may come after it. */
  over: boolean;
  /** The topic has not taken a message: it is not waited for again. */
  isTopicDown: boolean;
}

/** By the list of its pauses, which an invocation has to itself. */
const efforts = new WeakMap<readonly EndedPause[], Effort>();

export function effortOf({ pauses }: Invocation): Effort {
  const effort = efforts.get(pauses) ?? {
    waiting: null,
    claimed: new Map<EndedPause, VersionId>(),
    spentMs: 0,
    over: false,
    isTopicDown: false,
  };
  efforts.set(pauses, effort);
  return effort;
}

/** Repairs that are many: what is to be remembered of each is written when all are done, so that none waits for it. */
export async function remembering<T>(run: Invocation, repairs: () => Promise<T>): Promise<T> {
  const effort = effortOf(run);
  const waiting: (() => Promise<void>)[] = [];
  effort.waiting = waiting;
  try {
    return await repairs();
  } finally {
    effort.waiting = null;
    for (const work of waiting) await quietly(run, work);
  }
}

/** Bounded, and never the reason why something else fails. */
export async function quietly(run: Invocation, work: () => Promise<void>): Promise<void> {
  const effort = effortOf(run);
  if (effort.over) return;
  if (effort.waiting !== null) {
    effort.waiting.push(work);
    return;
  }
  const warn = (why: string): void => {
    run.log.warn('history-not-kept', { why });
  };
  const from = run.clock.now();
  const left = Math.min(longestMs - effort.spentMs, run.endsAt - answerMs - from);
  if (left <= 0) {
    effort.over = true;
    warn('there is no time left: nothing more of this invocation is kept');
    return;
  }
  const done = work().then(
    () => true,
    (thrown: unknown) => {
      warn(asRotationError(thrown).message);
      return true;
    },
  );
  const tooLong = run.clock.sleep(left).then(() => false);
  effort.over = !(await Promise.race([done, tooLong]));
  effort.spentMs += run.clock.now() - from;
  if (effort.over) warn('it took too long: nothing more of this invocation is kept');
}
