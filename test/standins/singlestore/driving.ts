import { advance, finishBatch } from './batches';
import type { SourceAnswer } from './batches';
import { emptyCluster, keyOf, withSession } from './cluster';
import type { Cluster, Pipeline, Settings } from './cluster';
import { execute } from './engine';
import { parse } from './parser';
import type { Reply } from './reply';

/** What the engine's suites share: a cluster to ask, in process and in a time of its own. */
export const SETUP = [
  'CREATE DATABASE db',
  'CREATE DATABASE other',
  `CREATE LINK db.lake AS S3 CONFIG '{"disable_gunzip":false}' CREDENTIALS '{"aws_access_key_id":"a","aws_secret_access_key":"b"}'`,
  'CREATE TABLE db.t (line TEXT)',
  'CREATE TABLE other.t (line TEXT)',
  "CREATE PIPELINE db.orders AS LOAD DATA LINK lake 'bucket/orders/*' INTO TABLE t FIELDS TERMINATED BY ','",
];

/** A cluster driven by hand: statements by the connection of `root`, time as given. */
export class Bench {
  cluster: Cluster;

  constructor(settings: Partial<Settings> = {}, setup = SETUP) {
    this.cluster = emptyCluster([{ name: 'root', password: '' }], settings);
    for (const id of [1, 2]) this.cluster = this.connect(id, 'root');
    for (const sql of setup) expect([sql, this.run(sql).type]).toEqual([sql, 'ok']);
  }

  connect(id: number, user: string, database?: string): Cluster {
    return (this.cluster = withSession(this.cluster, id, { user, host: 'test', database, since: 0 }));
  }

  run(sql: string, connectionId = 1, now = 0, source: SourceAnswer = { objects: [] }): Reply {
    const statement = parse(sql, this.cluster.settings);
    if (!('kind' in statement)) return statement;
    const [next, reply] = execute(this.cluster, statement, { connectionId, now, source });
    this.cluster = next;
    return reply;
  }

  errno(sql: string, connectionId?: number): number | undefined {
    const reply = this.run(sql, connectionId);
    return reply.type === 'error' ? reply.errno : undefined;
  }

  value(sql: string, connectionId?: number, now?: number): unknown {
    const reply = this.run(sql, connectionId, now);
    if (reply.type !== 'rows') throw new Error(JSON.stringify(reply));
    return reply.rows.length === 1 && reply.rows[0]!.length === 1 ? reply.rows[0]![0] : reply.rows;
  }

  get pipeline(): Pipeline {
    return this.cluster.pipelines.get(ORDERS)!;
  }

  begin(now: number): number | undefined {
    const [next, work] = advance(this.cluster, ORDERS, now);
    this.cluster = next;
    return work?.batchId;
  }

  finish(batchId: number, answer: SourceAnswer, now: number): void {
    this.cluster = finishBatch(this.cluster, ORDERS, batchId, answer, now);
  }
}

export const ORDERS = keyOf({ database: 'db', name: 'orders' });
export const FOUND: SourceAnswer = { objects: [{ name: 'orders/1.csv', size: 30, rows: 3 }] };
export const REFUSED: SourceAnswer = { refused: 'InvalidAccessKeyId: The key does not exist' };
