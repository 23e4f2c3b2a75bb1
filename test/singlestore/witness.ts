import { startSingleStore } from '../standins/singlestore';
import { givenSource, standInSource, whyNoSource, type Source } from './source';
import { readTarget, type Target } from './target';

/** The cluster that is asked: a real one, or the stand-in. What is claimed and asked is the same for both. */
export interface Witness {
  readonly name: string;
  readonly target: Target;
  /** What can be loaded from; without it, what loads is not claimed. */
  readonly source: Source | undefined;
  /** The same or another cluster through a workspace that has `database` attached read-only. */
  readonly readOnly: { readonly target: Target; readonly database: string } | undefined;
  /** A database of the cluster that is not attached to the target's workspace. */
  readonly unattached: string | undefined;
  close(): Promise<void>;
}

/**
 * The cluster at `SINGLESTORE_URL` (see `readTarget`), or else the stand-in.
 *
 * `SINGLESTORE_READONLY_URL` and `SINGLESTORE_READONLY_DATABASE` name a read-only attachment, of which one question asks;
 * `SINGLESTORE_UNATTACHED_DATABASE` a database that is not attached to the workspace, of which another one asks. Nothing is
 * changed there.
 */
export async function openWitness(env: NodeJS.ProcessEnv = process.env): Promise<Witness> {
  const url = env['SINGLESTORE_URL'];
  if (url === undefined) return standIn();
  const source = whyNoSource(env) === undefined ? givenSource(env) : undefined;
  const [readOnlyUrl, database] = [env['SINGLESTORE_READONLY_URL'], env['SINGLESTORE_READONLY_DATABASE']];
  return {
    name: 'a SingleStore cluster',
    target: readTarget(url),
    source,
    readOnly: readOnlyUrl && database ? { target: readTarget(readOnlyUrl), database } : undefined,
    unattached: env['SINGLESTORE_UNATTACHED_DATABASE'],
    close: async () => source?.close(),
  };
}

async function standIn(): Promise<Witness> {
  const password = `p"a's\\s%2Bw\`ö`;
  const server = await startSingleStore({ users: [{ name: 'root', password }], batchMs: 20 });
  const source = await standInSource();
  const [database, unattached] = ['attached_read_only', 'not_attached'];
  server.update((cluster) => ({
    ...cluster,
    databases: cluster.databases
      .set(database, { name: database, attached: true, readOnly: true })
      .set(unattached, { name: unattached, attached: false, readOnly: false }),
  }));
  const { host, port, ca } = server;
  const target: Target = { host, port, user: 'root', password, tls: { ca } };
  return {
    name: 'the stand-in',
    target,
    source,
    readOnly: { target, database },
    unattached,
    async close() {
      await server.stop();
      await source.close();
    },
  };
}
