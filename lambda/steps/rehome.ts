import { connectionSecret } from '../core/connection';
import { covers } from './targets';
import type { Items } from '../core/journal';
import type { Invocation, Stored } from '../ports';

export type StoredLink = Stored<Items['link']> & { readonly key: string };

/**
 * Gives records another connection secret, where a deployment names one under another ARN for the same address: neither could a
 * pause be ended otherwise, nor a link be moved back. Asks nothing while each record's secret is among the definitions'; what
 * cannot be read now is asked for again by the next call.
 *
 * @returns the records as they stand then
 */
export async function rehome(run: Invocation, records: readonly StoredLink[]): Promise<readonly StoredLink[]> {
  const targets = run.definitions.flatMap((definition) => definition.targets);
  const known = new Set(targets.map(({ connectionSecretId }) => connectionSecretId));
  const addresses = new Map<string, Promise<string | null>>();
  const addressOf = (id: string): Promise<string | null> => {
    const asked = addresses.get(id) ?? readAddress(run, id);
    addresses.set(id, asked);
    return asked;
  };
  return Promise.all(
    records.map(async (stored) => {
      const { key, item, revision } = stored;
      if (known.has(item.connectionSecretId)) return stored;
      for (const { connectionSecretId } of targets.filter((target) => covers(target, item.link))) {
        if ((await addressOf(connectionSecretId)) !== item.cluster) continue;
        const moved = { ...item, connectionSecretId };
        const written = await run.table.write('link', key, moved, revision);
        if (written === null) return stored; // somebody is at work on it: the next call finds it
        run.log.info('connection-secret-followed', { link: item.link, cluster: item.cluster, connectionSecretId });
        return { key, item: moved, revision: written };
      }
      return stored;
    }),
  );
}

/** The address that a connection secret names, or `null` where that cannot be known now. */
async function readAddress(run: Invocation, id: string): Promise<string | null> {
  try {
    const stored = await run.secrets.read(id, { label: 'AWSCURRENT' });
    if (stored === null) return null;
    const { host, port } = connectionSecret(stored.value, id);
    return `${host}:${port}`;
  } catch {
    return null;
  }
}
