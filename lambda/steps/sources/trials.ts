import { RotationError } from '../../core/errors';
import type { AwsCredentials, Invocation, ObjectProbe, Trial } from '../../ports';

/** Between two tries of a key that is not accepted yet. Milliseconds: the first ones follow fast, because most keys are old enough by then, and none is longer, because the wait ends at most so long after the key works. */
const pollMs = { first: 50, most: 100 } as const;
/** From a clean round to the one that confirms it. Milliseconds: a key that is spreading may be known for a moment, and then not. */
const confirmMs = 250;
/** A key counts as accepted after this many clean rounds in a row: one endpoint's yes is not another's (facts: aws-rotation, section 13). */
const cleanRounds = 2;
/** Rounds in which a probe gives no verdict before it is left out, and the time between them. */
const unreachableRounds = 5;
const silenceMs = 300;

/** At most this many distinct places are tried. */
export const mostProbes = 20;

/** Whether credentials are taken yet, so that there is something to go back to. Silence is no verdict, and after some of it they count as good. */
export async function stillWork(run: Invocation, credentials: AwsCredentials): Promise<boolean> {
  for (let round = 1; ; round += 1) {
    const { is } = await run.trials.identity(credentials);
    if (is !== 'unreachable' || round >= unreachableRounds) return is !== 'unaccepted';
    await run.clock.sleep(silenceMs);
  }
}

/**
 * Waits until new credentials are taken by STS and by every place the pipelines read from. Answers decide, not time.
 * A place that denies them blocks only where the old credentials are let in: otherwise the place denies listing as such.
 *
 * @param until epoch milliseconds.
 * @throws CREDENTIALS_NOT_ACCEPTED, CREDENTIALS_DENIED; nothing was paused
 */
export async function waitUntilAccepted(
  run: Invocation,
  fresh: AwsCredentials,
  old: AwsCredentials | null,
  probes: readonly ObjectProbe[],
  until: number,
): Promise<void> {
  let clean = 0;
  let tries = 0;
  const silent = new Map<ObjectProbe, number>();
  const excused = new Set<ObjectProbe>();
  while (clean < cleanRounds) {
    const waiting: string[] = [];
    const identity = await run.trials.identity(fresh);
    if (identity.is !== 'accepted') waiting.push(`sts:GetCallerIdentity (${said(identity)})`);
    else waiting.push(...(await tryProbes()));
    clean = waiting.length === 0 ? clean + 1 : 0;
    if (clean < cleanRounds && run.clock.now() >= until) throw notAccepted(fresh, waiting);
    tries += 1;
    if (clean < cleanRounds) await run.clock.sleep(clean > 0 ? confirmMs : nextTryMs());
  }
  run.log.info('credentials-accepted', { keyId: fresh.keyId, places: probes.length - excused.size });

  /** A place that gives no verdict is given the time to come back. */
  function nextTryMs(): number {
    const isSilent = [...silent.keys()].some((probe) => !excused.has(probe));
    return isSilent ? silenceMs : Math.min(tries * pollMs.first, pollMs.most);
  }

  async function tryProbes(): Promise<string[]> {
    const open = probes.filter((probe) => !excused.has(probe));
    const trials = await Promise.all(
      open.map(async (probe) => ({ probe, trial: await run.trials.list(fresh, probe) })),
    );
    const left: string[] = [];
    for (const { probe, trial } of trials) {
      if (trial.is === 'accepted') continue;
      if (trial.is === 'denied') await mustBeDeniedToAll(probe);
      else if (trial.is === 'unreachable' && count(probe) >= unreachableRounds) excuse(probe, trial.why);
      else left.push(`${place(probe)} (${said(trial)})`);
    }
    return left;
  }

  async function mustBeDeniedToAll(probe: ObjectProbe): Promise<void> {
    const before = old === null ? null : await run.trials.list(old, probe);
    if (before?.is === 'accepted') {
      throw new RotationError(
        'CREDENTIALS_DENIED',
        `${place(probe)} denies ListObjectsV2 to the new key ${fresh.keyId} and allows it to the current one ${old?.keyId ?? ''}. Nothing was paused or changed; AWSPENDING keeps the new key. Check bucket policies that name access keys or sessions, then let the retry go on.`,
      );
    }
    excuse(probe, 'denied to old and new credentials alike');
  }

  function excuse(probe: ObjectProbe, why: string): void {
    excused.add(probe);
    run.log.warn('place-not-tried', { place: place(probe), why });
  }
  function count(probe: ObjectProbe): number {
    const times = (silent.get(probe) ?? 0) + 1;
    silent.set(probe, times);
    return times;
  }
}

const place = ({ bucket, prefix }: ObjectProbe): string => `s3://${bucket}/${prefix}`;
const said = (trial: Trial): string => (trial.is === 'unreachable' ? `no verdict: ${trial.why}` : trial.is);

const notAccepted = ({ keyId }: AwsCredentials, waiting: readonly string[]): RotationError =>
  new RotationError(
    'CREDENTIALS_NOT_ACCEPTED',
    `the new key ${keyId} is not accepted yet by ${waiting.join(', ')}. Nothing was paused or changed; AWSPENDING keeps the new key. IAM needs seconds as a rule; the retry waits again. If it never is, look whether the key was deactivated or the function cannot reach the service.`,
  );
