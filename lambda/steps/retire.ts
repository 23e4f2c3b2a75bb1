import { definitionOf, updateSecretRecord } from './rotation';
import { speaksOf, type RotationDefinition } from '../core/definition';
import { linkKey, type Retirement, type SecretRecord, type Unproven } from '../core/journal';
import { holdersOf, mayBeHeld, type Holders } from '../core/keys';
import type { Invocation } from '../ports';
import { proofsNow } from './prove';
import type { Attempt } from './recover';
import { sourceFor } from './sources';
import { clustersOf, resolveLinks, withCluster } from './targets';

/** Watches pipelines that were not proven, and retires old keys that are due. @returns the keys set Inactive */
export async function retireDue(run: Invocation, attempt: Attempt): Promise<readonly string[]> {
  const retired: string[] = [];
  for (const { key: arn, item } of await run.table.list('secret')) {
    if (!attempt.mayBegin() || !run.definitions.some((definition) => speaksOf(definition, arn))) continue;
    await attempt.try(`retire for ${arn}`, async () => {
      const waiting = item.retirements.filter(({ retiredAt }) => retiredAt === undefined);
      const refused = waiting.length === 0 ? false : await watchUnproven(run, arn, item);
      const due = waiting.filter(({ dueAt }) => dueAt <= run.clock.now());
      for (const retirement of due)
        if (!refused && (await retire(run, arn, retirement))) retired.push(retirement.keyId ?? '');
    });
  }
  return retired;
}

/**
 * Sets an old key Inactive, which can be taken back, when no link may hold it and its last use lies before the switch.
 * It is deleted by the next rotation only: a deletion cannot be taken back, and shows its harm late.
 */
async function retire(run: Invocation, arn: string, retirement: Retirement): Promise<boolean> {
  const { keyId, switchedAt, version } = retirement;
  const definition = definitionOf(run, arn);
  const { keys } = sourceFor(definition.source);
  if (keyId === undefined || keys === null) return false;
  const held = await holders(run, definition);
  if (mayBeHeld(held, keyId)) {
    run.log.warn('old-key-held', {
      keyId,
      version,
      links: held.by(keyId),
      note: 'these links may still hold it, by their records; none named: a link has no record yet. A record of a link that is gone is ended with the table item.',
    });
    return false;
  }
  const use = await keys.lastUsed(run, keyId);
  const used = use !== null && use.at >= switchedAt;
  run.metrics.put('OldKeyStillUsed', used ? 1 : 0, 'Count');
  if (used) {
    const { service, region, at } = use;
    run.log.warn('old-key-still-used', { keyId, version, service, region, lastUsed: new Date(at).toISOString() });
    return false;
  }
  const retired = await keys.retire(run, keyId);
  await updateSecretRecord(run, arn, (record) => ({
    ...record,
    unproven: [],
    retirements: record.retirements.map((one) => (one.keyId === keyId ? { ...one, retiredAt: run.clock.now() } : one)),
  }));
  if (retired) run.log.info('old-key-retired', { keyId, version });
  else run.log.warn('old-key-not-found', { keyId, version, note: 'it is gone already, or belongs to another user' });
  return retired;
}

/** Looks at the pipelines that had loaded nothing at promotion. @returns whether the source refuses the new credentials to one: then the old ones must live */
async function watchUnproven(run: Invocation, arn: string, { unproven }: SecretRecord): Promise<boolean> {
  const loaded: Unproven[] = [];
  let refused = false;
  for (const secretId of new Set(unproven.map(({ connectionSecretId }) => connectionSecretId))) {
    const own = unproven.filter(({ connectionSecretId }) => connectionSecretId === secretId);
    const proofs = await withCluster(run, secretId, 1, (cluster) => proofsNow(cluster, own));
    loaded.push(...own.filter(({ pipeline }) => proofs.get(pipeline) === 'loaded'));
    const refusals = own.map(({ pipeline }) => pipeline).filter((pipeline) => proofs.get(pipeline) === 'refused');
    if (refusals.length === 0) continue;
    refused = true;
    run.metrics.put('OldKeyStillUsed', 1, 'Count');
    run.log.error('unproven-refused', {
      pipelines: refusals,
      note: 'the source refuses the new credentials; the old key is kept. Move AWSCURRENT back, or mend what the new credentials may do.',
    });
  }
  const names = new Set(loaded.map(({ cluster, pipeline }) => `${cluster}/${pipeline}`));
  if (names.size > 0)
    await updateSecretRecord(run, arn, (record) => ({
      ...record,
      unproven: record.unproven.filter(({ cluster, pipeline }) => !names.has(`${cluster}/${pipeline}`)),
    }));
  return refused;
}

/**
 * Which keys links may hold: by the records of all links, of whichever secret, and because a link of this definition
 * without a record may hold any key. Asks the clusters, since `database.*` may name links made since.
 */
async function holders(
  run: Invocation,
  definition: RotationDefinition,
): Promise<Holders & { by: (keyId: string) => string[] }> {
  const records = await run.table.list('link');
  const recorded = new Set(records.map(({ key }) => key));
  const unrecorded = await Promise.all(
    clustersOf(definition).map((target) =>
      withCluster(run, target.connectionSecretId, 1, async (cluster) => {
        const { rows } = await resolveLinks(cluster, target);
        return rows.some(({ link }) => !recorded.has(linkKey(cluster.id, link)));
      }),
    ),
  );
  const items = records.map(({ item }) => item);
  return {
    ...holdersOf(items, unrecorded.includes(true)),
    by: (keyId) => records.filter(({ item }) => mayBeHeld(holdersOf([item], false), keyId)).map(({ key }) => key),
  };
}
