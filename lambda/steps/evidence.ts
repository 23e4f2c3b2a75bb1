import type { RotationDefinition } from '../core/definition';
import { linkKey, type LinkRecord, type Retirement } from '../core/journal';
import { holdersOf, mayBeHeld } from '../core/keys';
import { iso } from '../core/time';
import type { Invocation, LogFields } from '../ports';
import { namedByKin, withoutStrangers } from './kin';
import { valueOf } from './rotation';
import { sourceFor } from './sources';
import { clustersOf, resolveLinks, withCluster } from './targets';

/** Why a key must not end yet: a line for the log. */
export interface Against {
  readonly what: 'old-key-held' | 'old-key-labelled' | 'old-key-still-used';
  readonly fields: LogFields;
  /** It had been set Inactive by us, and was made Active again. */
  readonly revived?: true;
}

/** A retirement of credentials that have a key. */
export type KeyRetirement = Retirement & { readonly keyId: string };

export const hasKey = (retirement: Retirement): retirement is KeyRetirement => retirement.keyId !== undefined;

/**
 * What speaks against ending an old key: a label stands on it again, a link may hold it, or it was used since the switch.
 *
 * @returns `null`: nothing does.
 */
export async function evidenceAgainst(
  run: Invocation,
  definition: RotationDefinition,
  arn: string,
  retirement: KeyRetirement,
): Promise<Against | null> {
  const labelled = await labelledAgainst(run, definition, arn, retirement);
  if (labelled !== null) return labelled;
  const records = await run.table.list('link');
  const known = await recordedAgainst(run, definition, retirement, records);
  if (known?.what === 'old-key-held') return known;
  // a link that nobody has a record of may be what uses it
  return (await anyUnrecorded(run, definition, records)) ? held([]) : known;
}

/** The same, as far as it can be known without the clusters, which may be out of reach. */
export async function knownAgainst(
  run: Invocation,
  definition: RotationDefinition,
  arn: string,
  retirement: KeyRetirement,
): Promise<Against | null> {
  const labelled = await labelledAgainst(run, definition, arn, retirement);
  return labelled ?? recordedAgainst(run, definition, retirement, await run.table.list('link'));
}

async function labelledAgainst(
  run: Invocation,
  definition: RotationDefinition,
  arn: string,
  { keyId }: KeyRetirement,
): Promise<Against | null> {
  const labels = await labelsNaming(run, definition, arn, keyId);
  if (labels.length === 0) return null;
  return { what: 'old-key-labelled', fields: { labels, note: 'what carries these labels names it, so it is in use' } };
}

/** The links' records, each with the key of its link. */
type Records = readonly { readonly key: string; readonly item: LinkRecord }[];

/** By the links' records and by IAM's. */
async function recordedAgainst(
  run: Invocation,
  definition: RotationDefinition,
  { keyId, switchedAt }: KeyRetirement,
  records: Records,
): Promise<Against | null> {
  const holding = records.filter(({ item }) =>
    withoutStrangers([item], definition, run.definitions).some((one) => mayBeHeld(holdersOf([one], false), keyId)),
  );
  if (holding.length > 0) return held(holding.map(({ key }) => key));
  const use = await sourceFor(definition.source).keys?.lastUsed(run, keyId);
  if (use === null || use === undefined || use.at < switchedAt) return null;
  const { service, region, at } = use;
  return { what: 'old-key-still-used', fields: { service, region, lastUsed: iso(at) } };
}

/** The labels, AWSPREVIOUS apart, behind which this key stands now: it is in use, or about to be, whatever was recorded. */
async function labelsNaming(
  run: Invocation,
  definition: RotationDefinition,
  arn: string,
  keyId: string,
): Promise<readonly string[]> {
  const { labels } = await run.secrets.describe(arn);
  const found = await Promise.all(
    Object.entries(labels).map(async ([version, on]) => {
      const others = on.filter((label) => label !== 'AWSPREVIOUS');
      const value = others.length === 0 ? null : await valueOf(run, arn, version);
      return value !== null && sourceFor(definition.source).keyId(value.fields) === keyId ? others : [];
    }),
  );
  const kin = (await namedByKin(run, definition)).filter((one) => one.keyId === null || one.keyId === keyId);
  return [
    ...found.flat(),
    ...kin.map(({ secretId, labels: on }) => `${on.length === 0 ? 'perhaps a label' : on.join()} of ${secretId}`),
  ];
}

const held = (links: readonly string[]): Against => ({
  what: 'old-key-held',
  fields: {
    links,
    note: 'these links may still hold it, by their records; none named: a link has no record yet. A record of a link that is gone is ended with the table item.',
  },
});

/** Whether a link of this definition has no record: it may hold any key. Asks the clusters, since `database.*` may name links made since. */
async function anyUnrecorded(run: Invocation, definition: RotationDefinition, records: Records): Promise<boolean> {
  const recorded = new Set(records.map(({ key }) => key));
  const unrecorded = await Promise.all(
    clustersOf(definition).map((target) =>
      withCluster(run, target.connectionSecretId, 1, async (cluster) => {
        const { rows } = await resolveLinks(cluster, target);
        return rows.some(({ link }) => !recorded.has(linkKey(cluster.id, link)));
      }),
    ),
  );
  return unrecorded.includes(true);
}
