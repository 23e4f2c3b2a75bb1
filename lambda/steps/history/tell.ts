import { asRotationError } from '../../core/errors';
import { historyKey, messageKept, type PastRotation, type Telling } from '../../core/history';
import { isOwed, noticeKey, noticeOf, owed, toldLate, triedAgain, type Notice } from '../../core/notice';
import type { Invocation } from '../../ports';
import { effortOf, quietly } from './effort';
import { remember, type Whose } from './remember';

/** The topic is waited for this long; what it takes later may be told twice. Milliseconds. */
const longestSendMs = 2_500;

/**
 * Changes what is remembered of a rotation, and tells people, each thing once. They are told before it is written that they were; a
 * message that the topic does not take is owed, and the watchdog sends it.
 */
export async function tell(
  run: Invocation,
  whose: Whose,
  what: Telling,
  change: (past: PastRotation | null) => PastRotation | null,
  why?: string,
): Promise<void> {
  let taken: boolean | undefined;
  await remember(run, whose, change, async (past, next) => {
    if (!isNews(what, past, next, run.notices.wanted)) return next;
    taken ??= await deliver(run, whose, what, next, why);
    return taken ? { ...next, told: [...(next.told ?? []), what] } : { ...next, owed: [...(next.owed ?? []), what] };
  });
}

function isNews(
  what: Telling,
  past: PastRotation | null,
  { outcome, told = [], owed: due = [] }: PastRotation,
  wanted: Invocation['notices']['wanted'],
): boolean {
  if (wanted === 'none' || told.includes(what) || due.includes(what)) return false;
  if (what === 'done') return wanted === 'all' && past?.outcome !== 'done';
  return what !== 'failed' || outcome === 'running';
}

/** @returns whether the topic has taken it; else it is owed */
async function deliver(
  run: Invocation,
  { secret: { arn }, version }: Whose,
  what: Telling,
  past: PastRotation,
  why: string | undefined,
): Promise<boolean> {
  const now = run.clock.now();
  const notice = noticeOf(what, past, { ...run, why: why?.slice(0, messageKept), now });
  if (await send(run, notice)) return true;
  // what was owed already stays owed
  if (!effortOf(run).over)
    await run.table.write(
      'notice',
      noticeKey(arn, version, what),
      owed(notice, { secretId: arn, version, what }, now),
      0,
    );
  return false;
}

/** @returns whether the topic has taken it, as far as it is known in time */
async function send(run: Invocation, { subject, text }: Notice): Promise<boolean> {
  const effort = effortOf(run);
  if (effort.isTopicDown) return false;
  const tooLong = 'it took too long';
  const problem = await Promise.race([
    run.notices.send(subject, text).then(
      () => null,
      (thrown: unknown) => asRotationError(thrown).message,
    ),
    run.clock.sleep(longestSendMs).then(() => tooLong),
  ]);
  effort.isTopicDown = problem !== null;
  if (problem !== null) run.log.warn('notice-not-taken', { subject, why: problem });
  return problem === null;
}

/** The watchdog's last work: what the topic has not taken yet, the oldest first, until it refuses one. */
export async function tellOwed(run: Invocation): Promise<void> {
  if (run.notices.wanted === 'none') return;
  await quietly(run, async () => {
    const all = (await run.table.list('notice')).filter(({ item }) => isOwed(item));
    for (const { key, item, revision } of all.sort((a, b) => a.item.at - b.item.at)) {
      const now = run.clock.now();
      if (effortOf(run).over || effortOf(run).isTopicDown) return;
      if (item.notBefore > now) continue;
      const { secretId: arn, version, what } = item;
      const claimed = await run.table.write('notice', key, triedAgain(item, now), revision);
      if (claimed === null) continue; // another watchdog is at it
      const past = (await run.table.read('history', historyKey(arn, version)))?.item;
      if (past?.told?.includes(what) !== true) {
        if (!(await send(run, toldLate(item)))) return;
        await remember(run, { secret: { arn }, version }, (known) => known && told(known, what));
      }
      await run.table.remove('notice', key, claimed);
    }
  });
}

function told({ owed: due = [], ...past }: PastRotation, what: Telling): PastRotation {
  const others = due.filter((one) => one !== what);
  return { ...past, told: [...(past.told ?? []), what], ...(others.length === 0 ? {} : { owed: others }) };
}
