import { RotationError, withoutCode } from '../core/errors';
import { notTriedAgain, passesByItself } from '../core/explain';
import type { PastRotation } from '../core/history';
import { labelled, standing, type SecretDescription, type VersionId } from '../core/version';
import { iso } from '../core/time';
import type { Invocation } from '../ports';
import { marksOf, secretRecord, valueOf, type Value } from './rotation';
import type { Source } from './sources';

/** A version that carries AWSPENDING already, and what createSecret would do with it. */
export interface PendingVersion {
  /** Its value, which is adopted as it is, so that none is made; `null`: it has none, or one that is not. */
  readonly adopted: Value | null;
  /** A sentence for people. */
  readonly said: string;
}

/**
 * A rotation goes on with what is pending. Looks only.
 *
 * @returns `null` when nothing is; a copy of AWSCURRENT that was never set is none: it comes with the test-only call, and goes with it
 */
export async function pendingVersion(
  run: Invocation,
  secret: SecretDescription,
  source: Source,
  current: Value | null,
): Promise<PendingVersion | null> {
  const version = labelled(secret, 'AWSPENDING');
  if (version === null || standing(secret, version) !== 'pending') return null;
  const named = `AWSPENDING version ${version}`;
  const value = await valueOf(run, secret.arn, version);
  if (value === null) return { adopted: null, said: `${named} has no value yet: a rotation goes on with it.` };
  const { setAt } = marksOf(await secretRecord(run, secret.arn), version);
  if (current?.value.equals(value.value) === true && setAt === undefined) return null;
  const exists = await source.exists(run, value).catch(() => null); // the source's own obstacles tell why
  if (exists === null) return { adopted: null, said: `${named} has a value, and whether it is adopted is not known.` };
  if (exists) return { adopted: value, said: `${named} has a value: the pending value is adopted, and none is made.` };
  const why = source.keys === null ? 'that the mirrored secret has replaced' : 'whose access key is gone';
  return {
    adopted: null,
    said: `${named} has a value ${why}: the next call gives the version up (VERSION_GIVEN_UP), and the rotation after it makes another.`,
  };
}

/** Why the last call for a version that is adopted failed, which the next one meets again unless it was mended since; nothing where that passes by itself. */
export function lastFailure(version: VersionId, history: readonly PastRotation[]): readonly RotationError[] {
  const past = history.find((one) => one.version === version);
  const failure = past?.outcome === 'running' ? past.failure : undefined;
  if (failure === undefined || passesByItself(failure.code)) return [];
  const { code, message, at } = failure;
  const when = `at ${iso(at)}, ${notTriedAgain}`;
  return [new RotationError(code, `the pending version's last call failed ${when}: ${withoutCode(message, code)}`)];
}
