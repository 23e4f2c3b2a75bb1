import { mergeConfig } from '../../core/secret';
import { attempts, refusal, statementMs, type Change, type Progress } from './progress';

/** Refusals that no further look can change: unknown grammar, missing privilege, no such link (facts: singlestore, section 6). */
const hopeless: ReadonlySet<number> = new Set([1064, 1142, 2332]);

/** An ALTER may wait for locks; after this long nobody knows what people have done to the pipelines meanwhile. Milliseconds. */
const looksAgainMs = 1_000;

/** Gives the link its credentials while nothing on it runs. */
export async function alter(p: Progress, change: Change): Promise<void> {
  const [lane] = p.usable();
  if (lane === undefined) return p.reconnect();
  const { credentials, grammar, row } = change;
  const config =
    Object.keys(change.config).length === 0
      ? null
      : mergeConfig(row.config, change.config, change.direction === 'back' ? 'given' : 'link');
  const sentAt = p.run.clock.now();
  const outcome = await lane.alter(
    { link: row.link, credentials, grammar, existing: row, ...(config === null ? {} : { config }) },
    statementMs,
  );
  if (outcome.is === 'done') {
    // the states that were read just before it still hold, so START is the very next statement
    const tookLong = p.run.clock.now() - sentAt >= looksAgainMs;
    p.set({ change: 'made', ...(tookLong ? { states: null } : {}) });
    return;
  }
  p.alters += 1;
  const spent = p.alters >= attempts;
  if (outcome.is === 'unknown') {
    p.alterMayHaveActed = true;
    p.set({ states: null, unanswered: [lane.connectionId], killed: false });
    if (spent) p.fail({ code: 'ALTER_UNANSWERED', what: `the answer to ALTER LINK was lost ${p.alters} times` });
    return;
  }
  p.set({ states: null });
  if (spent || hopeless.has(outcome.errno)) {
    p.fail({ code: 'ALTER_REFUSED', what: `the server refused to change the link: ${refusal(outcome)}` });
    return;
  }
  // refused while nothing was seen running: somebody started one, or the view lags. Everything is looked at anew.
  p.known.clear();
  await p.run.clock.sleep(100 * 2 ** p.alters);
}
