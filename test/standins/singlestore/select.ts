import { keyOf } from './cluster';
import type { Cluster, Session, User } from './cluster';
import { errorReply, noDatabase } from './reply';
import type { Column, ColumnType, FinalReply, Value } from './reply';
import type { Expr, Select } from './statement';
import { views } from './views';
import type { View } from './views';
import { variables } from './variables';

export interface SelectContext {
  readonly cluster: Cluster;
  readonly session: Session;
  readonly user: User;
  readonly now: number;
}

type Evaluate = (row: unknown) => Value;
class UnknownColumn extends Error {}

/** Evaluates SELECT over one information_schema view, over nothing, or COUNT(*) over a loaded table. */
export function runSelect(select: Select, context: SelectContext): FinalReply {
  const { from } = select;
  if (from === undefined) return over(select, { columns: [], rows: () => [null] }, context);
  const database = from.database ?? context.session.database;
  if (database === undefined) return noDatabase;
  if (database.toLowerCase() === 'information_schema') {
    const view = views[from.name.toUpperCase()];
    if (view !== undefined) return over(select, view, context);
    return errorReply(1109, '42S02', `Unknown table '${from.name}' in information_schema`);
  }
  const table = context.cluster.tables.get(keyOf({ database, name: from.name }));
  if (table === undefined) return errorReply(1146, '42S02', `Table '${database}.${from.name}' doesn't exist`);
  return over(select, { columns: [], rows: () => Array.from({ length: table.rows }, () => null) }, context);
}

function over(select: Select, view: View, context: SelectContext): FinalReply {
  try {
    return evaluate(select, view, context);
  } catch (error) {
    if (!(error instanceof UnknownColumn)) throw error;
    return errorReply(1054, '42S22', `Unknown column '${error.message}' in 'field list'`);
  }
}

function evaluate(select: Select, view: View, context: SelectContext): FinalReply {
  const items = select.items.flatMap(({ expr, name }) => {
    if (expr.op !== 'all') return [{ expr, name }];
    return view.columns.map((column) => ({ expr: { op: 'column', name: column.name } as Expr, name: column.name }));
  });
  const scope: Scope = { view, context, items };
  const where = select.where && compile(select.where, scope);
  const rows: unknown[] = [];
  for (const row of view.rows(context.cluster, context.user, context.now)) {
    if (where === undefined || truth(where(row))) rows.push(row);
  }
  const grouped = select.groupBy.length > 0 || items.some(({ expr }) => aggregates(expr));
  const groups = grouped ? group(rows, select, scope) : rows.map((row) => [row]);
  const order = select.orderBy.map(({ expr, descending }) => ({ of: compileGroup(expr, scope), descending }));
  if (order.length > 0) {
    groups.sort((a, b) => {
      for (const { of, descending } of order) {
        const difference = compare(of(a), of(b)) ?? 0;
        if (difference !== 0) return descending ? -difference : difference;
      }
      return 0;
    });
  }
  const end = select.limit === undefined ? undefined : select.offset + select.limit;
  const outputs = items.map(({ expr }) => compileGroup(expr, scope));
  const result = groups.slice(select.offset, end).map((rows) => outputs.map((of) => of(rows)));
  const columns = items.map(({ expr, name }, i): Column => ({ name, type: typeOf(expr, view, result[0]?.[i]) }));
  return { type: 'rows', columns, rows: result };
}

interface Scope {
  readonly view: View;
  readonly context: SelectContext;
  readonly items: readonly { readonly expr: Expr; readonly name: string }[];
}

const AGGREGATES = ['COUNT', 'MAX', 'MIN', 'SUM'];

function aggregates(expr: Expr): boolean {
  if (expr.op === 'call') return AGGREGATES.includes(expr.name) || expr.args.some(aggregates);
  if ('left' in expr) return aggregates(expr.left) || aggregates(expr.right);
  return 'of' in expr && aggregates(expr.of);
}

function group(rows: readonly unknown[], select: Select, scope: Scope): unknown[][] {
  if (select.groupBy.length === 0) return [[...rows]];
  const keys = select.groupBy.map((expr) => compile(expr, scope));
  const groups = new Map<string, unknown[]>();
  for (const row of rows) {
    const key = JSON.stringify(keys.map((of) => of(row)));
    const members = groups.get(key);
    if (members) members.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

/** An expression over a group of rows; outside aggregates its first row speaks for all. */
function compileGroup(expr: Expr, scope: Scope): (rows: readonly unknown[]) => Value {
  if (expr.op === 'call' && AGGREGATES.includes(expr.name)) return aggregate(expr.name, expr.args[0], scope);
  if ('left' in expr && aggregates(expr)) {
    const left = compileGroup(expr.left, scope);
    const right = compileGroup(expr.right, scope);
    return (rows) => binary(expr.op, left(rows), right(rows));
  }
  if (expr.op === 'call' && aggregates(expr)) {
    const args = expr.args.map((arg) => compileGroup(arg, scope));
    return (rows) =>
      call(
        expr.name,
        args.map((of) => of(rows)),
        scope.context,
      );
  }
  const alias = expr.op === 'column' && !hasColumn(scope.view, expr.name) && named(scope, expr.name);
  if (alias) return compileGroup(alias, scope);
  const of = compile(expr, scope);
  return (rows) => of(rows[0] ?? null);
}

function named(scope: Scope, name: string): Expr | undefined {
  return scope.items.find((item) => item.name.toLowerCase() === name.toLowerCase())?.expr;
}

function aggregate(name: string, arg: Expr | undefined, scope: Scope): (rows: readonly unknown[]) => Value {
  if (name === 'COUNT' && (arg === undefined || arg.op === 'all')) return (rows) => rows.length;
  const of = compile(arg ?? { op: 'literal', value: null }, scope);
  return (rows) => {
    const values = rows.map(of).filter((value) => value !== null);
    if (name === 'COUNT') return values.length;
    if (values.length === 0) return null;
    if (name === 'SUM') return values.reduce<number>((sum, value) => sum + Number(value), 0);
    return values.reduce((best, value) => {
      const difference = compare(value, best) ?? 0;
      return (name === 'MAX' ? difference > 0 : difference < 0) ? value : best;
    });
  };
}

function hasColumn(view: View, name: string): boolean {
  return view.columns.some((column) => column.name.toLowerCase() === name.toLowerCase());
}

function compile(expr: Expr, scope: Scope): Evaluate {
  switch (expr.op) {
    case 'literal':
      return () => expr.value;
    case 'all':
      return () => 1;
    case 'column': {
      const column = scope.view.columns.find(({ name }) => name.toLowerCase() === expr.name.toLowerCase());
      if (column === undefined) {
        if (expr.name.toUpperCase() === 'CURRENT_USER') return () => `${scope.context.user.name}@%`;
        throw new UnknownColumn(expr.name);
      }
      if (column.type !== 'decimal') return column.of;
      return column.of;
    }
    case 'variable': {
      const value = variables(scope.context.cluster)[expr.name];
      if (value === undefined) throw new UnknownColumn(`@@${expr.name}`);
      return () => value;
    }
    case 'json': {
      const of = compile(expr.of, scope);
      return (row) => jsonValue(of(row), expr.key);
    }
    case 'call': {
      const args = expr.args.map((arg) => compile(arg, scope));
      return (row) =>
        call(
          expr.name,
          args.map((of) => of(row)),
          scope.context,
        );
    }
    case 'not': {
      const of = compile(expr.of, scope);
      return (row) => {
        const value = of(row);
        return value === null ? null : !truth(value);
      };
    }
    case 'is-null': {
      const of = compile(expr.of, scope);
      return (row) => of(row) === null;
    }
    case 'in': {
      const of = compile(expr.of, scope);
      if (expr.list.every((item) => item.op === 'literal' && typeof item.value === 'string')) {
        const wanted = new Set<Value>(expr.list.map((item) => (item.op === 'literal' ? item.value : null)));
        return (row) => wanted.has(of(row)); // thousands of names in one list are usual
      }
      const list = expr.list.map((item) => compile(item, scope));
      return (row) => {
        const value = of(row);
        return list.some((item) => compare(value, item(row)) === 0);
      };
    }
    default: {
      const left = compile(expr.left, scope);
      const right = compile(expr.right, scope);
      if (expr.op === 'and') return (row) => truth(left(row)) && truth(right(row));
      if (expr.op === 'or') return (row) => truth(left(row)) || truth(right(row));
      return (row) => binary(expr.op, left(row), right(row));
    }
  }
}

function binary(op: string, left: Value, right: Value): Value {
  if (left === null || right === null) return null;
  if (op === 'and') return truth(left) && truth(right);
  if (op === 'or') return truth(left) || truth(right);
  if (op === 'like') return likePattern(String(right)).test(String(left));
  if (op === '+') return Number(left) + Number(right);
  if (op === '-') return Number(left) - Number(right);
  if (op === '*') return Number(left) * Number(right);
  if (op === '/') return Number(right) === 0 ? null : Number(left) / Number(right);
  const difference = compare(left, right)!;
  if (op === '=') return difference === 0;
  if (op === '<>') return difference !== 0;
  if (op === '<') return difference < 0;
  if (op === '>') return difference > 0;
  return op === '<=' ? difference <= 0 : difference >= 0;
}

function truth(value: Value): boolean {
  return typeof value === 'string' ? Number(value) !== 0 && !Number.isNaN(Number(value)) : Boolean(value);
}

const NUMERIC = /^-?\d+(\.\d+)?$/;

/** Numbers, and texts that are numbers, compare as numbers; undefined beside NULL. Texts compare exactly. */
function compare(left: Value, right: Value): number | undefined {
  if (left === null || right === null) return left === right ? 0 : undefined;
  const numeric = typeof left !== 'string' || typeof right !== 'string' || (NUMERIC.test(left) && NUMERIC.test(right));
  if (numeric) return Number(left) - Number(right);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function likePattern(pattern: string): RegExp {
  const source = pattern.replace(/\\([%_\\])|[.*+?^${}()|[\]\\]|%|_/g, (match: string, escaped?: string) => {
    if (escaped !== undefined) return escaped === '\\' ? '\\\\' : escaped;
    return match === '%' ? '.*' : match === '_' ? '.' : `\\${match}`;
  });
  return new RegExp(`^${source}$`, 's');
}

function jsonValue(json: Value, key: string): Value {
  if (typeof json !== 'string') return null;
  const value = (JSON.parse(json) as Record<string, unknown>)[key];
  return typeof value === 'object' || value === undefined ? null : (value as Value);
}

function call(name: string, args: readonly Value[], { cluster, session, user, now }: SelectContext): Value {
  const [first = null, second = null] = args;
  switch (name) {
    case 'CONNECTION_ID':
      return session.id;
    case 'UNIX_TIMESTAMP':
      if (first === null) return Math.floor(now / 1000);
      return (Date.parse(`${String(first).replace(' ', 'T')}Z`) / 1000).toFixed(6);
    case 'NOW':
    case 'CURRENT_TIMESTAMP':
    case 'UTC_TIMESTAMP':
      return new Date(now)
        .toISOString()
        .replace('T', ' ')
        .slice(0, Number(first ?? 0) > 0 ? 23 : 19)
        .padEnd(Number(first ?? 0) > 3 ? 26 : 19, '0');
    case 'DATABASE':
    case 'SCHEMA':
      return session.database ?? null;
    case 'USER':
    case 'CURRENT_USER':
      return `${user.name}@%`;
    case 'VERSION':
      return variables(cluster)['version']!;
    case 'COALESCE':
    case 'IFNULL':
      return args.find((arg) => arg !== null) ?? null;
    case 'UPPER':
      return first === null ? null : String(first).toUpperCase();
    case 'LOWER':
      return first === null ? null : String(first).toLowerCase();
    case 'CONCAT':
      return args.includes(null) ? null : args.map(String).join('');
    case 'JSON_EXTRACT_STRING':
      return jsonValue(first, String(second));
    case 'SLEEP':
      return 0;
    default:
      throw new UnknownColumn(`${name}()`);
  }
}

function typeOf(expr: Expr, view: View, sample: Value | undefined): ColumnType {
  if (expr.op === 'column') {
    return view.columns.find(({ name }) => name.toLowerCase() === expr.name.toLowerCase())?.type ?? 'text';
  }
  if (expr.op === 'call' && (expr.name === 'MAX' || expr.name === 'MIN') && expr.args[0]) {
    return typeOf(expr.args[0], view, sample);
  }
  if (expr.op === 'call' && expr.name === 'SUM') return 'decimal';
  if (typeof sample === 'boolean' || typeof sample === 'bigint') return 'integer';
  if (typeof sample === 'number') return Number.isInteger(sample) ? 'integer' : 'decimal';
  return 'text';
}
