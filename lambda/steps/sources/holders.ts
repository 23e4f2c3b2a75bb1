import type { RotationDefinition } from '../../core/definition';
import { linkKey } from '../../core/journal';
import { holdersOf, type Holders } from '../../core/keys';
import type { Invocation } from '../../ports';
import { clustersOf, resolveLinks, withCluster } from '../targets';

/**
 * Which keys links may hold: by the records of all links, of whichever secret, and because a link of this definition
 * without a record may hold any key. Asks the clusters, since `database.*` may name links made since.
 */
export async function holders(run: Invocation, definition: RotationDefinition): Promise<Holders> {
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
  return holdersOf(
    records.map(({ item }) => item),
    unrecorded.includes(true),
  );
}
