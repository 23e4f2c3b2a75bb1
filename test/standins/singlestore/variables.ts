import { assumed } from './assumed';
import type { Cluster } from './cluster';
import type { Value } from './reply';

/** The handshake's version, which docs print too; @@memsql_version is the engine's own. */
export const SERVER_VERSION = '5.7.32';

/** Server variables by name in lower case. */
export function variables({ settings }: Cluster): Readonly<Record<string, Value>> {
  return {
    ...assumed.variables,
    sql_select_limit: 18446744073709551615n,
    version: SERVER_VERSION,
    version_comment: 'SingleStoreDB source distribution (compatible; MySQL Enterprise & MySQL Commercial)',
    memsql_version: assumed.memsqlVersion[settings.version],
    default_distributed_ddl_timeout: 180000,
    auditlog_level: settings.auditLogging ? 'WRITES-ONLY' : 'OFF',
    pipelines_stop_on_error: 'ON',
    pipelines_max_retries_per_batch_partition: settings.retries,
    max_connections: 100000,
    autocommit: 1,
    time_zone: 'SYSTEM',
    system_time_zone: 'UTC',
    character_set_client: 'utf8mb4',
    collation_connection: 'utf8mb4_bin',
    transaction_isolation: 'READ-COMMITTED',
    tx_isolation: 'READ-COMMITTED',
    wait_timeout: 28800,
    read_only: 0,
  };
}
