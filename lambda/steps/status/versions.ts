import type { SourceDefinition } from '../../core/definition';
import { fingerprintOf, type VersionStatus } from '../../core/status';
import { hoursSince, iso } from '../../core/time';
import { labelled, type SecretDescription, type VersionId } from '../../core/version';
import type { Invocation } from '../../ports';
import { valueOf, type Value } from '../rotation';
import { sourceFor } from '../sources';
import type { Looking } from './looking';

export interface Versions {
  readonly versions: readonly VersionStatus[];
  /** Those that have no value yet. */
  readonly valueless: readonly VersionId[];
  /** The value of AWSCURRENT, if it could be read. */
  readonly current: Value | null;
}

const order = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'];
const rank = (labels: readonly string[]): number => {
  const at = order.findIndex((label) => labels.includes(label));
  return at < 0 ? order.length : at;
};

/** The labelled versions of a secret, with the age of each value. */
export async function versionsOf(
  run: Invocation,
  source: SourceDefinition,
  secret: SecretDescription | null,
  now: number,
  looking: Looking,
): Promise<Versions> {
  if (secret === null) return { versions: [], valueless: [], current: null };
  const { arn, deleted, labels } = secret;
  // undefined: it could not be read. Of a secret that is being deleted no value can be, and `stuck` says so
  const values = new Map(
    await Promise.all(
      Object.keys(labels).map(async (version) => {
        const read = (): Promise<Value | null> => valueOf(run, arn, version);
        const value = deleted
          ? undefined
          : await looking.at<Value | null | undefined>(`version ${version}`, undefined, read);
        return [version, value] as const;
      }),
    ),
  );
  const valueIn = (version: VersionId): Value | null => values.get(version) ?? null;
  const current = labelled(secret, 'AWSCURRENT');
  return {
    versions: Object.entries(labels)
      .sort(([, a], [, b]) => rank(a) - rank(b))
      .map(([version, on]) => {
        const value = valueIn(version);
        return {
          version,
          fingerprint: fingerprintOf(version),
          labels: on,
          since: value === null ? null : iso(value.createdAt),
          ageHours: value === null ? null : hoursSince(value.createdAt, now),
          keyId: value === null ? null : (sourceFor(source).keyId(value.fields) ?? null),
          ...(values.get(version) === undefined ? { unread: true } : {}),
        };
      }),
    valueless: [...values].flatMap(([version, value]) => (value === null ? [version] : [])),
    current: current === null ? null : valueIn(current),
  };
}
