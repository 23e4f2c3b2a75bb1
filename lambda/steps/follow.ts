import { isSameSecret } from '../core/definition';
import { labelled, type VersionId } from '../core/version';
import type { Invocation } from '../ports';
import type { Attempt } from './recover';
import { startedBy } from './history';
import { secretRecord } from './rotation';

/** Mirrored secrets are looked at this often, because events may need a trail that nobody made. Minutes. */
const everyMinutes = 5;

/** Something happened to a secret: rotates those that mirror it, if it has another version than they took over last. @returns what was started */
export async function followChange(run: Invocation, secretId: string): Promise<readonly string[]> {
  const started: string[] = [];
  for (const { source, secretId: own } of run.definitions) {
    if (source.type !== 'mirror' || !isSameSecret(source.secretId, secretId)) continue;
    if (await follow(run, own, source.secretId)) started.push(own);
  }
  return started;
}

/** The watchdog's look at all mirrored secrets, every five minutes. @returns what was started */
export async function followMirrors(run: Invocation, attempt: Attempt): Promise<readonly string[]> {
  if (Math.floor(run.clock.now() / 60_000) % everyMinutes !== 0) return [];
  const started: string[] = [];
  for (const { source, secretId } of run.definitions) {
    if (source.type !== 'mirror' || !attempt.mayBegin()) continue;
    const from = source.secretId;
    if ((await attempt.try(`follow ${from}`, () => follow(run, secretId, from))) === true) started.push(secretId);
  }
  return started;
}

/** Whether a mirrored secret has another version than was taken over last. */
export async function hasChanged(
  run: Invocation,
  own: string,
  mirrored: string,
): Promise<{ readonly arn: string; readonly version: VersionId } | null> {
  const { arn } = await run.secrets.describe(own);
  const version = labelled(await run.secrets.describe(mirrored), 'AWSCURRENT');
  return version === null || version === (await secretRecord(run, arn)).mirrored ? null : { arn, version };
}

async function follow(run: Invocation, own: string, mirrored: string): Promise<boolean> {
  const changed = await hasChanged(run, own, mirrored);
  if (changed === null) return false;
  const { arn, version } = changed;
  const started = await run.secrets.rotate(arn);
  run.log.info(started === null ? 'mirror-waits' : 'mirror-followed', { secretId: arn, mirrored, version });
  if (started !== null) await startedBy(run, arn, started, 'mirror');
  return started !== null;
}
