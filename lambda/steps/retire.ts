import { speaksOf } from '../core/definition';
import type { SecretRecord, Unproven } from '../core/journal';
import type { QualifiedName } from '../core/names';
import type { Invocation } from '../ports';
import { end, takeBack, type OldKey } from './end';
import { hasKey, knownAgainst, type Against } from './evidence';
import { proofsNow } from './prove';
import type { Attempt } from './recover';
import { updateSecretRecord } from './rotation';
import { sourceFor } from './sources';
import { withCluster } from './targets';

/**
 * Takes back what must not end, watches pipelines that were not proven, and retires old keys that are due. An end that a dead run
 * has begun is brought to its end whether due or not.
 *
 * @returns the keys set Inactive
 */
export async function retireDue(run: Invocation, attempt: Attempt): Promise<readonly string[]> {
  const retired: string[] = [];
  const secrets = (await run.table.list('secret')).map(({ key: arn, item }) => ({
    arn,
    unproven: item.unproven,
    waiting: waitingOf(run, arn, item),
  }));
  const takenBack = new Set<OldKey>();
  for (const { arn, waiting } of secrets)
    for (const old of waiting.filter(isBegun))
      await attempt.try(`take back an end for ${arn}`, async () => {
        const against = await knownAgainst(run, old.definition, arn, old.retirement);
        if (against === null) return;
        tell(run, old, await takeBack(run, old, against, 'may act yet'));
        takenBack.add(old);
      });
  for (const { arn, unproven, waiting } of secrets) {
    if (waiting.length === 0 || !attempt.mayBegin()) continue;
    await attempt.try(`retire for ${arn}`, async () => {
      const refused = await watchUnproven(run, arn, unproven);
      const due = waiting.filter((old) => isBegun(old) || old.retirement.dueAt <= run.clock.now());
      for (const old of due.filter((one) => !takenBack.has(one))) {
        if (!refused && (await retire(run, old))) retired.push(old.retirement.keyId);
        if (refused && isBegun(old)) await takeBack(run, old, { what: 'unproven-refused' }, 'may act yet');
      }
    });
  }
  return retired;
}

const isBegun = ({ retirement }: OldKey): boolean => retirement.endingAt !== undefined;

/** The keys of a secret that wait for their end, as far as they are ours to end. */
function waitingOf(run: Invocation, arn: string, { retirements }: SecretRecord): readonly OldKey[] {
  const definition = run.definitions.find((one) => speaksOf(one, arn));
  const keys = definition === undefined ? null : sourceFor(definition.source).keys;
  if (definition === undefined || keys === null) return [];
  return retirements
    .filter(({ retiredAt }) => retiredAt === undefined)
    .filter(hasKey)
    .map((retirement) => ({ definition, arn, keys, retirement }));
}

/**
 * Sets an old key Inactive, which can be taken back, when nothing speaks against it. It is deleted by the next rotation
 * only: a deletion cannot be taken back, and shows its harm late.
 */
async function retire(run: Invocation, old: OldKey): Promise<boolean> {
  const ended = await end(run, old);
  if (typeof ended === 'string') run.metrics.put('OldKeyStillUsed', 0, 'Count');
  else tell(run, old, ended);
  return ended === 'retired';
}

function tell(run: Invocation, { retirement: { keyId, version } }: OldKey, { what, fields }: Against): void {
  run.metrics.put('OldKeyStillUsed', 1, 'Count');
  run.log.warn(what, { keyId, version, ...fields });
}

/** Looks at the pipelines that had loaded nothing at promotion. @returns whether the source refuses the new credentials to one: then the old ones must live */
async function watchUnproven(run: Invocation, arn: string, unproven: readonly Unproven[]): Promise<boolean> {
  const { loaded, refused } = await proofsOf(run, unproven);
  if (refused.length > 0) {
    run.metrics.put('OldKeyStillUsed', 1, 'Count');
    run.log.error('unproven-refused', {
      pipelines: refused,
      note: 'the source refuses the new credentials; the old key is kept. Mend what the new credentials may do, or roll back by hand (docs/runbook.md#roll-back-by-hand).',
    });
  }
  // a later version may wait for a later batch of the same pipeline
  const same = (a: Unproven, b: Unproven): boolean =>
    a.cluster === b.cluster &&
    a.pipeline === b.pipeline &&
    a.batchesAfter === b.batchesAfter &&
    a.errorsAfter === b.errorsAfter;
  if (loaded.length > 0)
    await updateSecretRecord(run, arn, (record) => ({
      ...record,
      unproven: record.unproven.filter((one) => !loaded.some((other) => same(one, other))),
    }));
  return refused.length > 0;
}

/** How they stand now. Reads only. */
export async function proofsOf(
  run: Invocation,
  unproven: readonly Unproven[],
): Promise<{ readonly loaded: readonly Unproven[]; readonly refused: readonly QualifiedName[] }> {
  const loaded: Unproven[] = [];
  const refused: QualifiedName[] = [];
  for (const secretId of new Set(unproven.map(({ connectionSecretId }) => connectionSecretId))) {
    const own = unproven.filter(({ connectionSecretId }) => connectionSecretId === secretId);
    const proofs = await withCluster(run, secretId, 1, (cluster) => proofsNow(cluster, own));
    loaded.push(...own.filter(({ pipeline }) => proofs.get(pipeline) === 'loaded'));
    refused.push(...own.map(({ pipeline }) => pipeline).filter((pipeline) => proofs.get(pipeline) === 'refused'));
  }
  return { loaded, refused };
}
