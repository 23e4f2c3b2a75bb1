import type { QualifiedName } from '../core/names';
import type { Cluster, Invocation } from '../ports';
import { performBracket } from './bracket';
import type { Held } from './lease';
import { removeSet } from './set';

/** Ends the pause that a dead run left, with no regard to what the link is to hold. */
export async function resume(run: Invocation, cluster: Cluster, held: Held<'link'>): Promise<void> {
  const nothing = new Set<QualifiedName>();
  run.log.warn('resuming-after-a-dead-run', {
    link: held.item.link,
    cluster: cluster.id,
    version: held.item.bracket?.to ?? null,
  });
  await performBracket(
    {
      held,
      cluster,
      lanes: () => cluster.lanes,
      change: null,
      users: nothing,
      known: nothing,
      driven: nothing,
      suspects: null,
      owed: [],
    },
    run,
  );
}

/** The set has served: the version is promoted, or the link is back. Not while a STOP of ours may still stop a member: the watchdog comes again. */
export async function forgetBracket(run: Invocation, held: Held<'link'>): Promise<void> {
  const { bracket } = held.item;
  if (bracket === null || (bracket.lingering ?? []).length > 0) return;
  await held.save((item) => ({ ...item, bracket: null }));
  await removeSet(run, held.item, bracket);
}
