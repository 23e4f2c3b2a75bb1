import { isSameSecret } from '../core/definition';
import { RotationError } from '../core/errors';
import { labelled, type VersionId } from '../core/version';
import type { Invocation } from '../ports';
import type { Attempt } from './recover';
import { startedBy } from './history';
import { currentValue, secretRecord, updateSecretRecord, valueOf } from './rotation';

/** Mirrored secrets are looked at this often, because events may need a trail that nobody made. Minutes. */
const everyMinutes = 5;

/** Something happened to a secret: rotates those that mirror it, if it has another version than they took over last, or before that another value than they hold. @returns what was started */
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

/** A version of a mirrored secret that was not taken over. */
interface Change {
  /** Of our secret. */
  readonly arn: string;
  readonly version: VersionId;
  /** Our secret has its value already, without having taken it over: before the first rotation. */
  readonly isHeld: boolean;
}

/** What a mirrored secret has to take over, if anything. */
export async function hasChanged(run: Invocation, own: string, mirrored: string): Promise<Change | null> {
  const change = await changeOf(run, own, mirrored);
  return change?.isHeld === true ? null : change;
}

/** @returns null when the version is the one that was taken over last */
async function changeOf(run: Invocation, own: string, mirrored: string): Promise<Change | null> {
  const { arn } = await run.secrets.describe(own);
  const version = labelled(await run.secrets.describe(mirrored), 'AWSCURRENT');
  const taken = (await secretRecord(run, arn)).mirrored;
  if (version === null || version === taken) return null;
  return { arn, version, isHeld: taken === undefined && (await holds(run, arn, mirrored, version)) };
}

/** Whether our secret holds what a rotation would store in it, however that is written; what is wrong with a value is the rotation's to say. */
async function holds(run: Invocation, arn: string, mirrored: string, version: VersionId): Promise<boolean> {
  try {
    const [ours, theirs] = [await currentValue(run, arn), await valueOf(run, mirrored, version)];
    if (ours === null || theirs === null || ours.fields.size !== theirs.fields.size) return false;
    return [...theirs.fields].every(([key, value]) => ours.fields.get(key) === value);
  } catch (thrown) {
    if (thrown instanceof RotationError && thrown.code === 'SECRET_SHAPE') return false;
    throw thrown;
  }
}

async function follow(run: Invocation, own: string, mirrored: string): Promise<boolean> {
  const changed = await changeOf(run, own, mirrored);
  if (changed === null) return false;
  const { arn, version } = changed;
  if (changed.isHeld) {
    await updateSecretRecord(run, arn, (record) => ({ mirrored: version, ...record }));
    run.log.info('mirror-held', { secretId: arn, mirrored, version });
    return false;
  }
  const started = await run.secrets.rotate(arn);
  run.log.info(started === null ? 'mirror-waits' : 'mirror-followed', { secretId: arn, mirrored, version });
  if (started !== null) await startedBy(run, arn, started, 'mirror');
  return started !== null;
}
