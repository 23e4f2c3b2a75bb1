import type { Cluster, Session, User } from './cluster';
import type { Value } from './reply';
import { jsonObject } from './statement';
import { SERVER_VERSION } from './variables';

/** What functions and variables refer to. */
export interface SelectContext {
  readonly cluster: Cluster;
  readonly session: Session;
  readonly user: User;
  readonly now: number;
}

export type SqlFunction = (args: readonly Value[], context: SelectContext) => Value;

const text = (change: (text: string) => string): SqlFunction => {
  return ([value = null]) => (value === null ? null : change(String(value)));
};
const now: SqlFunction = ([digits], context) => datetime(context.now).slice(0, digits ? 20 + Number(digits) : 19);
const database: SqlFunction = (_, { session }) => session.database ?? null;
const user: SqlFunction = (_, context) => `${context.user.name}@%`;
const coalesce: SqlFunction = (args) => args.find((arg) => arg !== null) ?? null;

/** The functions of SELECT, by name in upper case. */
export const functions: Readonly<Record<string, SqlFunction>> = {
  CONNECTION_ID: (_, { session }) => session.id,
  UNIX_TIMESTAMP: ([time], context) => {
    if (time === undefined) return Math.floor(context.now / 1000);
    const ms = Date.parse(`${String(time).replace(' ', 'T')}Z`);
    return Number.isNaN(ms) ? null : (ms / 1000).toFixed(6);
  },
  NOW: now,
  CURRENT_TIMESTAMP: now,
  UTC_TIMESTAMP: now,
  DATABASE: database,
  SCHEMA: database,
  USER: user,
  CURRENT_USER: user,
  VERSION: () => SERVER_VERSION,
  COALESCE: coalesce,
  IFNULL: coalesce,
  UPPER: text((value) => value.toUpperCase()),
  LOWER: text((value) => value.toLowerCase()),
  CONCAT: (args) => (args.includes(null) ? null : args.map(String).join('')),
  JSON_EXTRACT_STRING: ([json = null, key = null]) => jsonValue(json, String(key)),
};

/** Epoch ms as MySQL's DATETIME(6), in UTC. */
export function datetime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '000');
}

/** A top-level key of a JSON object; NULL for what is missing or not a single value. */
export function jsonValue(json: Value, key: string): Value {
  const value = typeof json === 'string' ? jsonObject(json)?.[key] : undefined;
  return typeof value === 'object' || value === undefined ? null : (value as Value);
}
