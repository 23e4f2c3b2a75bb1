import type { RotationDefinition } from '../core/definition';
import { linkKey, type Retirement } from '../core/journal';
import { holdersOf, mayBeHeld, type Holders } from '../core/keys';
import type { Invocation, LogFields } from '../ports';
import { valueOf } from './rotation';
import { sourceFor } from './sources';
import { clustersOf, resolveLinks, withCluster } from './targets';

/** Why a key must not end yet: a line for the log. */
export interface Against {
  readonly what: 'old-key-held' | 'old-key-labelled' | 'old-key-still-used';
  readonly fields: LogFields;
}

/**
 * What speaks against ending an old key: a link may hold it, a label stands on it again, or it was used since the switch.
 *
 * @returns `null`: nothing does.
 */
export async function evidenceAgainst(
  run: Invocation,
  definition: RotationDefinition,
  arn: string,
  { keyId, switchedAt }: Retirement & { readonly keyId: string },
): Promise<Against | null> {
  const held = await holders(run, definition);
  if (mayBeHeld(held, keyId))
    return {
      what: 'old-key-held',
      fields: {
        links: held.by(keyId),
        note: 'these links may still hold it, by their records; none named: a link has no record yet. A record of a link that is gone is ended with the table item.',
      },
    };
  const labels = await labelsNaming(run, definition, arn, keyId);
  if (labels.length > 0)
    return { what: 'old-key-labelled', fields: { labels, note: 'somebody moved a label back to it' } };
  const use = await sourceFor(definition.source).keys?.lastUsed(run, keyId);
  if (use === null || use === undefined || use.at < switchedAt) return null;
  const { service, region, at } = use;
  return { what: 'old-key-still-used', fields: { service, region, lastUsed: new Date(at).toISOString() } };
}

/** The labels, AWSPREVIOUS apart, behind which this key stands now: it is in use, or about to be, whatever was recorded. */
async function labelsNaming(
  run: Invocation,
  { source }: RotationDefinition,
  arn: string,
  keyId: string,
): Promise<readonly string[]> {
  const { labels } = await run.secrets.describe(arn);
  const found = await Promise.all(
    Object.entries(labels).map(async ([version, on]) => {
      const others = on.filter((label) => label !== 'AWSPREVIOUS');
      const value = others.length === 0 ? null : await valueOf(run, arn, version);
      return value !== null && sourceFor(source).keyId(value.fields) === keyId ? others : [];
    }),
  );
  return found.flat();
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
