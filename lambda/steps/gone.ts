import { linkKey } from '../core/journal';
import { partsOf } from '../core/names';
import type { Invocation } from '../ports';
import { removeSet } from './set';
import type { Surveys } from './surveys';

/**
 * Takes the records of links away that are gone: not shown, though other links of their database are, which this user
 * therefore may see. Where none is shown nobody can tell, and the record stays. A link made again has no record, so it
 * may hold anything.
 */
export async function forgetGone(run: Invocation, { clusters }: Surveys, secretId: string): Promise<void> {
  const now = run.clock.now();
  for (const { key, item, revision } of await run.table.list('link')) {
    if (item.secretId !== secretId || (item.lease !== null && item.lease.until > now)) continue;
    // whoever was paused for it is still to be started, whatever became of the link
    if (item.bracket?.phase === 'open' || (item.bracket?.lingering ?? []).length > 0) continue;
    const { database } = partsOf(item.link);
    const shown = clusters
      .filter(({ cluster }) => cluster.id === item.cluster)
      .flatMap(({ visible }) => visible.filter((link) => partsOf(link).database === database));
    if (shown.length === 0 || shown.some((link) => linkKey(item.cluster, link) === key)) continue;
    if (!(await run.table.remove('link', key, revision))) continue;
    if (item.bracket !== null) await removeSet(run, item, item.bracket);
    run.log.warn('link-gone', { link: item.link, cluster: item.cluster });
  }
}
