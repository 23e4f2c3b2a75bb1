import { kinOf, speaksOf, type RotationDefinition } from '../core/definition';
import { RotationError } from '../core/errors';
import type { LinkRecord } from '../core/journal';
import type { Invocation } from '../ports';
import { valueOf } from './rotation';
import { sourceFor } from './sources';

/** Labels of another secret that name a key of the same maker. */
export interface Naming {
  readonly secretId: string;
  readonly labels: readonly string[];
  /** `null`: the secret or its value cannot be read, so it may be any. */
  readonly keyId: string | null;
}

/** What the labels of other secrets of the same maker name, AWSPREVIOUS apart: such a key is in use, or about to be, whatever was recorded. */
export async function namedByKin(run: Invocation, own: RotationDefinition): Promise<readonly Naming[]> {
  const found = await Promise.all(kinOf(own, run.definitions).map((one) => namingsOf(run, one)));
  return found.flat();
}

async function namingsOf(run: Invocation, { secretId, source }: RotationDefinition): Promise<readonly Naming[]> {
  try {
    const { arn, labels } = await run.secrets.describe(secretId);
    const named = await Promise.all(
      Object.entries(labels).map(async ([version, on]) => {
        const others = on.filter((label) => label !== 'AWSPREVIOUS');
        const value = others.length === 0 ? null : await valueOf(run, arn, version);
        const keyId = value === null ? undefined : sourceFor(source).keyId(value.fields);
        return keyId === undefined ? [] : [{ secretId: arn, labels: others, keyId }];
      }),
    );
    return named.flat();
  } catch (thrown) {
    if (!(thrown instanceof RotationError)) throw thrown;
    if (thrown.code === 'SECRET_SHAPE') return [];
    if (thrown.code === 'SECRET_UNREADABLE') return [{ secretId, labels: [], keyId: null }];
    throw thrown;
  }
}

/**
 * The records, without what nobody knows of links whose credentials come from elsewhere: they hold no key of this maker. A secret that no
 * definition speaks of may be of any.
 */
export function withoutStrangers(
  records: readonly LinkRecord[],
  own: RotationDefinition,
  definitions: readonly RotationDefinition[],
): readonly LinkRecord[] {
  const kin = [own, ...kinOf(own, definitions)];
  const isStranger = ({ secretId }: LinkRecord): boolean =>
    definitions.some((one) => speaksOf(one, secretId)) && !kin.some((one) => speaksOf(one, secretId));
  return records.flatMap((record) => {
    if (!isStranger(record)) return [record];
    const holds = record.holds.filter(({ version }) => version !== null);
    return holds.length === 0 ? [] : [{ ...record, holds }];
  });
}
