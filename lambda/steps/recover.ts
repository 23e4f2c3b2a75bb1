import { asRotationError } from '../core/errors';
import { linkKey, type LinkRecord } from '../core/journal';
import type { Invocation } from '../ports';
import { followMirrors } from './follow';
import { keepPauses, remembering, tellLeftPaused, tellOwed } from './history';
import { startLingering } from './linger';
import { withLease } from './lease';
import { resume } from './former';
import { retireDue } from './retire';
import { rehome } from './rehome';
import { readSet } from './set';
import { settleSecrets } from './settle';
import { withRecordedCluster } from './targets';

/** The watchdog comes every minute; it begins nothing new after this. Milliseconds. */
const beginsForMs = 50_000;
/** Few, because a server in need may have no more to give. */
const lanesToResume = 4;

/** What the watchdog did. */
export interface Recovery {
  /** Links whose pipelines run again. */
  readonly resumed: readonly string[];
  /** What was brought to its end: links moved back to AWSCURRENT, versions proven late, promotions finished. */
  readonly settled: readonly string[];
  /** Access keys set Inactive. */
  readonly retired: readonly string[];
  /** Rotations started because the secret that they mirror has changed. */
  readonly started: readonly string[];
  /** Pipelines that may still be paused. */
  readonly leftPaused: readonly string[];
  readonly failures: readonly string[];
}

/** A part of the work; what it could not do is noted, and the other parts go on. */
export interface Attempt {
  /** Whether there is time to begin something. */
  readonly mayBegin: () => boolean;
  readonly try: <R>(what: string, work: () => Promise<R>) => Promise<R | undefined>;
}

/**
 * Repairs what dead runs left behind: first every pause, which needs neither IAM nor new credentials nor a rotation
 * definition; then what links hold; then it retires old keys that are due. Safe to run at any time, and twice at once.
 */
export async function recover(run: Invocation): Promise<Recovery> {
  const failures: string[] = [];
  const until = run.clock.now() + beginsForMs;
  const attempt: Attempt = {
    mayBegin: () => run.clock.now() < until,
    try: async (what, work) => {
      try {
        return await work();
      } catch (thrown) {
        const error = asRotationError(thrown);
        if (error.code === 'LEASE_HELD') return undefined; // somebody is at work there
        if (failures.push(error.message) === 1) run.metrics.put('RecoverFailed', 1, 'Count'); // a run, however many parts
        run.log.error('recover-failed', { what, code: error.code, message: error.message });
        return undefined;
      }
    },
  };
  const { resumed, stuck } = await resumeDead(run, () => true, 0, attempt.try);
  const settled = await remembering(run, async () => {
    await keepPauses(run, resumed);
    return settleSecrets(run, attempt, stuck);
  });
  const leftPaused = await reportPauses(run);
  const retired = await retireDue(run, attempt);
  const started = await followMirrors(run, attempt);
  await tellOwed(run);
  run.metrics.put('Heartbeat', 1, 'Count');
  return { resumed: resumed.map(keyOf), settled, retired, started, leftPaused, failures };
}

const keyOf = ({ cluster, link }: LinkRecord): string => linkKey(cluster, link);

/** Open brackets that nobody is working on. */
export const isDead = ({ bracket, lease }: LinkRecord, now: number): boolean =>
  bracket?.phase === 'open' && (lease === null || lease.until <= now);

/** Something of ours is paused, or may become so. */
export const needsResume = ({ bracket }: LinkRecord): boolean =>
  bracket?.phase === 'open' || (bracket?.lingering ?? []).length > 0;

/**
 * Ends the pauses that dead runs left, cluster by cluster in parallel.
 *
 * @param waitMs how long to wait for a holder that still lives; 0: its links are left to it.
 * @returns the links whose pipelines run again, as they were found, and those where the server was reached and START did not help.
 */
export async function resumeDead(
  run: Invocation,
  which: (record: LinkRecord) => boolean,
  waitMs: number,
  attempt: Attempt['try'] = (_, work) => work(),
): Promise<{ readonly resumed: readonly LinkRecord[]; readonly stuck: readonly string[] }> {
  const now = run.clock.now();
  const all = await rehome(run, await run.table.list('link'));
  const records = all.filter(({ item }) => needsResume(item) && which(item));
  const ours = records.filter(({ item: { lease } }) => waitMs > 0 || lease === null || lease.until <= now);
  const resumed: LinkRecord[] = [];
  const stuck: string[] = [];
  const places = new Map(ours.map(({ item }) => [`${item.connectionSecretId} ${item.cluster}`, item]));
  await Promise.all(
    [...places].map(([place, at]) =>
      attempt(`resume through ${place}`, () =>
        withRecordedCluster(run, at, lanesToResume, async (cluster) => {
          const there = ours.filter(({ item }) => `${item.connectionSecretId} ${item.cluster}` === place);
          // side by side: one whose START is refused must not keep the others waiting
          const outcomes = await Promise.allSettled(
            there.map(({ key, item }) =>
              attempt(`resume ${key}`, () =>
                withLease(
                  run,
                  'link',
                  key,
                  item,
                  async (held) => {
                    const open = held.item.bracket?.phase === 'open';
                    if (open)
                      await resume(run, cluster, held).catch((thrown: unknown) => {
                        if (asRotationError(thrown).code === 'RESUME_FAILED') stuck.push(key);
                        throw thrown;
                      });
                    if (open || (await startLingering(run, cluster, held))) resumed.push(item);
                  },
                  waitMs,
                ),
              ),
            ),
          );
          const failed = outcomes.find((outcome) => outcome.status === 'rejected');
          if (failed !== undefined) throw asRotationError(failed.reason);
        }),
      ),
    ),
  );
  return { resumed, stuck };
}

/** What is still paused by a dead run, and how old the credentials in links are, as metrics that alarms and a dashboard show. @returns the names */
async function reportPauses(run: Invocation): Promise<readonly string[]> {
  const now = run.clock.now();
  const records = (await run.table.list('link')).map(({ item }) => item);
  const since = records.flatMap(({ holds }) => holds.flatMap((held) => held.since ?? []));
  if (since.length > 0)
    run.metrics.put('OldestCredentialAgeHours', Math.floor((now - Math.min(...since)) / 3_600_000), 'Count');
  const dead = records.filter((record) => isDead(record, now));
  const left = (await Promise.all(dead.map((record) => readSet(run, record)))).flat(2).map(({ pipeline }) => pipeline);
  const oldest = dead.reduce((age, { bracket }) => Math.max(age, now - (bracket?.openedAt ?? now)), 0);
  run.metrics.put('PipelinesLeftPaused', left.length, 'Count');
  run.metrics.put('OldestPauseAgeSeconds', Math.round(oldest / 1_000), 'Seconds');
  if (left.length > 0) run.log.error('pipelines-left-paused', { pipelines: left, seconds: Math.round(oldest / 1_000) });
  await tellLeftPaused(run, dead);
  return left;
}
