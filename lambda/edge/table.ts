import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  PutItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { RotationError } from '../core/errors';
import { historyDays } from '../core/history';
import type { Items, Kind } from '../core/journal';
import type { Stored, Table } from '../ports';
import { awsError, clientOptions, failureOf } from './aws';

const advice = (table: string): string =>
  `What the journal says still holds: whatever is paused is resumed by the next call or the watchdog once the table answers. Check that JOURNAL_TABLE names a table with the keys pk and sk (both S), that the role of the function may call GetItem, Query, PutItem and DeleteItem on it, and the way from the function to DynamoDB (table ${table}).`;

/**
 * The journal on one DynamoDB table. Attributes of an item: `pk` the kind, `sk` the key, `rev` the revision, `writer` a
 * nonce of the write that made it, `item` the rest as JSON, zipped where it is long;
 * of the history and of owed messages alone also `expiresAt`, epoch seconds, after which DynamoDB removes it.
 *
 * Needs only single-item writes with a condition: a write whose first attempt succeeded unseen finds its own nonce and
 * knows. `timeoutMs` bounds each attempt of a call.
 */
export function openTable(table: string, timeoutMs?: number): Table {
  const client = new DynamoDBClient(clientOptions(timeoutMs));

  const get = async (kind: Kind, key: string): Promise<Attributes | undefined> =>
    (await client.send(new GetItemCommand({ TableName: table, Key: keyOf(kind, key), ConsistentRead: true }))).Item;

  return {
    async read<K extends Kind>(kind: K, key: string): Promise<Stored<Items[K]> | null> {
      const found = await get(kind, key).catch((error: unknown) => {
        throw awsError(error, `GetItem of ${kind} ${key}`, advice(table));
      });
      return found === undefined ? null : stored(kind, key, found);
    },

    async list<K extends Kind>(kind: K): Promise<(Stored<Items[K]> & { readonly key: string })[]> {
      const query = {
        TableName: table,
        KeyConditionExpression: 'pk = :kind',
        ExpressionAttributeValues: { ':kind': { S: kind } },
        ConsistentRead: true,
      };
      const found: Attributes[] = [];
      try {
        for await (const page of paginateQuery({ client }, query)) found.push(...(page.Items ?? []));
      } catch (error) {
        throw awsError(error, `Query of all ${kind}`, advice(table));
      }
      return found.map((attributes) => {
        const key = attributes['sk']?.S ?? '';
        return { key, ...stored(kind, key, attributes) };
      });
    },

    async write<K extends Kind>(kind: K, key: string, item: Items[K], revision: number): Promise<number | null> {
      const writer = randomUUID();
      const next = revision + 1;
      const begins = beginOf(kind, item);
      const Item = {
        ...keyOf(kind, key),
        rev: { N: String(next) },
        writer: { S: writer },
        item: packed(JSON.stringify(item)),
        ...(begins === undefined ? {} : { expiresAt: { N: String(endOfHistory(begins)) } }),
      };
      const condition =
        revision === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : { ConditionExpression: 'rev = :rev', ExpressionAttributeValues: { ':rev': { N: String(revision) } } };
      try {
        await client.send(new PutItemCommand({ TableName: table, Item, ...condition }));
        return next;
      } catch (error) {
        const { code, refused } = failureOf(error);
        const conflict = code === 'ConditionalCheckFailedException';
        const failed = awsError(error, `PutItem of ${kind} ${key}, revision ${next},`, advice(table));
        if (refused && !conflict) throw failed;
        const found = await get(kind, key).catch(() => {
          throw failed;
        });
        if (found?.['writer']?.S === writer) return next;
        if (conflict || (found === undefined ? 0 : Number(found['rev']?.N)) !== revision) return null;
        throw failed;
      }
    },

    async remove(kind, key, revision) {
      const condition =
        revision === undefined
          ? {}
          : {
              ConditionExpression: 'attribute_not_exists(pk) OR rev = :rev',
              ExpressionAttributeValues: { ':rev': { N: String(revision) } },
            };
      try {
        await client.send(new DeleteItemCommand({ TableName: table, Key: keyOf(kind, key), ...condition }));
        return true;
      } catch (error) {
        if (failureOf(error).code === 'ConditionalCheckFailedException') return false;
        throw awsError(error, `DeleteItem of ${kind} ${key}`, advice(table));
      }
    },
  };
}

type Attributes = Record<string, AttributeValue>;

const keyOf = (kind: Kind, key: string): Attributes => ({ pk: { S: kind }, sk: { S: key } });

/** Epoch milliseconds from which on an item for people is kept; absent: it stays. */
const beginOf = (kind: Kind, item: Items[Kind]): number | undefined =>
  kind === 'history'
    ? (item as Items['history']).startedAt
    : kind === 'notice'
      ? (item as Items['notice']).at
      : undefined;

const endOfHistory = (begins: number): number => Math.ceil(begins / 1_000) + historyDays * 86_400;

function stored<K extends Kind>(kind: K, key: string, { rev, item }: Attributes): Stored<Items[K]> {
  const revision = Number(rev?.N);
  const parsed = parse(item);
  if (!Number.isSafeInteger(revision) || revision < 1 || typeof parsed !== 'object' || parsed === null)
    throw new RotationError(
      'INTERNAL',
      `the journal item ${kind} ${key} cannot be read: somebody else wrote it. Nothing was changed. Repair it, or remove it once no pipeline of that link is paused.`,
    );
  return { item: parsed as Items[K], revision };
}

/**
 * Longer items are zipped: an item has 400 KB at most (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html),
 * and the names of thousands of pipelines that have not been proven yet are mostly the same words. Shorter ones stay legible.
 */
const legibleBytes = 64 * 1_024;

const packed = (json: string): AttributeValue =>
  Buffer.byteLength(json) <= legibleBytes ? { S: json } : { B: gzipSync(json) };

function parse(item: AttributeValue | undefined): unknown {
  try {
    return JSON.parse(item?.B === undefined ? (item?.S ?? '') : gunzipSync(item.B).toString());
  } catch {
    return undefined;
  }
}
