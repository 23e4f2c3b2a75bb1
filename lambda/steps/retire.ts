import { speaksOf } from '../core/definition';
import type { Retirement, SecretRecord, Unproven } from '../core/journal';
import type { QualifiedName } from '../core/names';
import type { Invocation } from '../ports';
import { evidenceAgainst, type Against } from './evidence';
import { proofsNow } from './prove';
import type { Attempt } from './recover';
import { definitionOf, updateSecretRecord } from './rotation';
import { sourceFor, type OldKeys } from './sources';
import { withCluster } from './targets';

/** Watches pipelines that were not proven, and retires old keys that are due. @returns the keys set Inactive */
export async function retireDue(run: Invocation, attempt: Attempt): Promise<readonly string[]> {
  const retired: string[] = [];
  for (const { key: arn, item } of await run.table.list('secret')) {
    if (!attempt.mayBegin() || !run.definitions.some((definition) => speaksOf(definition, arn))) continue;
    await attempt.try(`retire for ${arn}`, async () => {
      const waiting = item.retirements.filter(({ retiredAt }) => retiredAt === undefined);
      const refused = waiting.length === 0 ? false : await watchUnproven(run, arn, item.unproven);
      const due = waiting.filter(({ dueAt }) => dueAt <= run.clock.now());
      for (const retirement of due)
        if (!refused && (await retire(run, arn, retirement))) retired.push(retirement.keyId ?? '');
    });
  }
  return retired;
}

/**
 * Sets an old key Inactive, which can be taken back, when nothing speaks against it. It is deleted by the next rotation
 * only: a deletion cannot be taken back, and shows its harm late.
 */
async function retire(run: Invocation, arn: string, retirement: Retirement): Promise<boolean> {
  const { keyId, version } = retirement;
  const definition = definitionOf(run, arn);
  const { keys } = sourceFor(definition.source);
  if (keyId === undefined || keys === null) return false;
  const ended = await end(run, arn, { ...retirement, keyId }, keys);
  const against = typeof ended === 'string' ? null : ended;
  run.metrics.put('OldKeyStillUsed', against === null ? 0 : 1, 'Count');
  if (against !== null) run.log.warn(against.what, { keyId, version, ...against.fields });
  return ended === 'retired';
}

/**
 * Sets a key Inactive against which nothing speaks, and looks again: this run may have slept in between, and somebody may have moved
 * AWSCURRENT back to the key. Then it is made Active again, by this run or, when this one dies, by the next.
 *
 * @returns what speaks against it; `gone`: there is no such key any more
 */
export async function end(
  run: Invocation,
  arn: string,
  retirement: Retirement & { readonly keyId: string },
  keys: OldKeys,
): Promise<Against | 'retired' | 'gone'> {
  const { keyId, version } = retirement;
  const definition = definitionOf(run, arn);
  const note = (change: (own: Retirement) => Retirement, more: Partial<SecretRecord> = {}): Promise<void> =>
    updateSecretRecord(run, arn, (record) => ({
      ...record,
      ...more,
      retirements: record.retirements.map((own) => (own.keyId === keyId ? change(own) : own)),
    }));
  const look = async (begun: boolean): Promise<Against | null> => {
    const against = await evidenceAgainst(run, definition, arn, retirement);
    if (!begun || against === null || against.what === 'old-key-still-used') return against;
    await keys.revive(run, keyId);
    await note(({ endingAt: _begun, ...own }) => own);
    run.log.warn('old-key-revived', { keyId, version, because: against.what });
    return against;
  };
  const before = await look(retirement.endingAt !== undefined);
  if (before !== null) return before;
  await note((own) => ({ ...own, endingAt: run.clock.now() }));
  const known = await keys.retire(run, keyId);
  const after = await look(true);
  if (after !== null && after.what !== 'old-key-still-used') return after;
  await note((own) => ({ ...own, retiredAt: run.clock.now() }), { unproven: [] });
  if (known) run.log.info('old-key-retired', { keyId, version });
  else run.log.warn('old-key-not-found', { keyId, version, note: 'it is gone already, or belongs to another user' });
  return known ? 'retired' : 'gone';
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
  const names = new Set(loaded.map(({ cluster, pipeline }) => `${cluster}/${pipeline}`));
  if (names.size > 0)
    await updateSecretRecord(run, arn, (record) => ({
      ...record,
      unproven: record.unproven.filter(({ cluster, pipeline }) => !names.has(`${cluster}/${pipeline}`)),
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
