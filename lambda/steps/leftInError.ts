import type { Bracket, LinkRecord } from '../core/journal';
import type { Invocation } from '../ports';
import { drivenIntoError } from './bracket/look';
import { readSet } from './set';
import { withRecordedCluster } from './targets';

/** A rotation in progress proves its links itself within this time of a resume. Milliseconds. */
const provesItselfMs = 60_000;

/** Members that the version's credentials drove into Error, with nobody left to prove and roll back. */
export async function wasDrivenIntoError(
  run: Invocation,
  record: LinkRecord,
  bracket: Bracket,
  now: number,
): Promise<boolean> {
  if (now - (bracket.resumedAt ?? now) < provesItselfMs) return false;
  const members = (await readSet(run, record)).flat();
  return withRecordedCluster(run, record, 1, async (cluster) => {
    return (await drivenIntoError(cluster, bracket, members, await cluster.pipelines())).size > 0;
  });
}

/** What credentials of ours drove into Error through a link that no definition names any more: nobody can move the link, so people are told each minute. */
export async function reportLeft(run: Invocation, record: LinkRecord): Promise<void> {
  const { bracket, lease, link, cluster } = record;
  const now = run.clock.now();
  if (bracket?.phase !== 'resumed' || bracket.direction !== 'forward' || (lease !== null && lease.until > now)) return;
  if (!(await wasDrivenIntoError(run, record, bracket, now))) return;
  run.metrics.put('RecoverFailed', 1, 'Count');
  run.log.error('left-in-error', {
    link,
    cluster,
    version: bracket.to,
    note: 'the source refuses the credentials that this link was given, pipelines that ran are in Error, and ROTATIONS does not name the link any more. Name it again, and the watchdog moves it back; or ALTER LINK by hand, then START PIPELINE for each.',
  });
}
