import { assumed } from './assumed';
import type { Cluster } from './cluster';
import type { Value } from './reply';

/** The handshake's version, which docs print too; @@memsql_version is the engine's own. */
export const SERVER_VERSION = '5.7.32';

/** Server variables by name in lower case. */
export function variables({ settings }: Cluster): Readonly<Record<string, Value>> {
  const level = assumed.auditLogLevel;
  return {
    ...assumed.variables,
    version: SERVER_VERSION,
    version_comment: 'SingleStoreDB source distribution (compatible; MySQL Enterprise & MySQL Commercial)',
    memsql_version: assumed.memsqlVersion[settings.version],
    default_distributed_ddl_timeout: 180000, // documented
    auditlog_level: settings.auditLogging ? level.on : level.off,
    pipelines_max_retries_per_batch_partition: settings.retries,
  };
}

/** What SHOW STATUS counts, by name. */
export function counters({ sessions }: Cluster): Readonly<Record<string, Value>> {
  const running = [...sessions.values()].filter((session) => session.running !== undefined);
  return { Threads_connected: sessions.size, Threads_running: running.length };
}
