import { begun } from '../../core/history';
import type { LinkRecord } from '../../core/journal';
import { iso } from '../../core/time';
import type { VersionId } from '../../core/version';
import type { Invocation } from '../../ports';
import { quietly } from './effort';
import { claimPauses, pausesOf, remember } from './remember';
import { tell } from './tell';

/** Pipelines that a dead run left paused for this long are told to people; the watchdog should have resumed them. Milliseconds. */
const leftPausedMs = 3 * 60_000;

/** Pauses that dead runs had begun, and that have been ended since. @param records of the links, as the dead left them */
export async function keepPauses(run: Invocation, records: readonly LinkRecord[]): Promise<void> {
  for (const record of records) {
    const { secretId: arn } = record;
    const version = pausedFor(record);
    if (version === null) continue;
    claimPauses(
      run,
      { secret: { arn }, version },
      ({ cluster, link }) => cluster === record.cluster && link === record.link,
    );
    await quietly(run, async () => {
      if (pausesOf(run, arn, version).length > 0) await remember(run, { secret: { arn }, version }, (past) => past);
    });
  }
}

/** The version whose rotation a pause belongs to: on the way back it is the one that is left, which failed. */
function pausedFor({ bracket, holds }: LinkRecord): VersionId | null {
  if (bracket === null || bracket.direction === 'forward') return bracket?.to ?? null;
  return holds.find(({ version }) => version !== bracket.to)?.version ?? bracket.to;
}

/** Of pauses that dead runs left: those that have gone on for minutes. */
export const tellLeftPaused = (run: Invocation, dead: readonly LinkRecord[]): Promise<void> =>
  quietly(run, async () => {
    const now = run.clock.now();
    for (const record of dead) {
      const { secretId, link, cluster, bracket } = record;
      const version = pausedFor(record);
      if (bracket === null || version === null || now - bracket.openedAt < leftPausedMs) continue;
      const { openedAt } = bracket;
      const why = `pipelines that use link ${link} on ${cluster} are paused since ${iso(openedAt)} by a run that died, and could not be started yet`;
      const unknown = begun(secretId, version, openedAt, 'schedule or person');
      await tell(run, { secret: { arn: secretId }, version }, 'paused', (past) => past ?? unknown, why);
    }
  });
