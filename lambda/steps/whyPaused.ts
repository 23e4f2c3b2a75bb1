import type { LinkRecord } from '../core/journal';
import { activityOf } from '../core/pipeline';
import type { Invocation } from '../ports';
import { isDead } from './recover';
import { readSet } from './set';
import type { Survey } from './survey';

/** The pipelines of each pause of ours that is open, by its link's record. */
export async function openPauses(
  run: Invocation,
  clusters: readonly Survey[],
): Promise<ReadonlyMap<LinkRecord | null, ReadonlySet<string>>> {
  const records = clusters.flatMap(({ links }) => links.flatMap(({ record }) => record ?? []));
  const open = records.filter(({ bracket }) => bracket?.phase === 'open');
  const sets = open.map(async (record) => {
    const members = (await readSet(run, record)).flat();
    return [record, new Set(members.map(({ pipeline }) => pipeline))] as const;
  });
  return new Map(await Promise.all(sets));
}

/** Who starts a pipeline that stands in an open pause of ours. */
export const whyOurs = (record: LinkRecord | null, now: number): string =>
  record !== null && isDead(record, now)
    ? 'by a run that died; the watchdog starts it again'
    : 'by a run that may be alive, which starts it again; if not, the watchdog does';

/** Why a pipeline in this state is stopped by a rotation, or not. */
export function whyOf(state: string, unchanged: boolean): string {
  if (unchanged) return 'its link holds the next value already';
  switch (activityOf(state)) {
    case 'running':
      return 'it runs: a link is changed while none of its pipelines does';
    case 'resting':
      return 'it does not run, so it is neither stopped nor started';
    case 'busy':
    case 'unknown':
      return "it is in somebody's session, or in a state that is not known: its link is not changed meanwhile";
  }
}
