import { keyOf, may } from './cluster';
import { binary, compare, compile, functionOf, hasColumn, truth, UnknownColumn } from './expression';
import type { Scope } from './expression';
import type { SelectContext } from './functions';
import { denied, errorReply, noDatabase } from './reply';
import type { Column, ColumnType, FinalReply, Value } from './reply';
import type { Expr, Select } from './statement';
import { views } from './views';
import type { View } from './views';

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
  if (!may(context.user, 'SELECT', database)) return denied('SELECT', context.user.name, from.name);
  const items = select.items.map(({ expr, name }) => {
    const counts = expr.op === 'call' && expr.name === 'COUNT';
    return { name, expr: counts ? ({ op: 'literal', value: table.rows } as const) : expr }; // only the number is kept
  });
  return over({ ...select, items }, { columns: [], rows: () => [null] }, context);
}

function over(select: Select, view: View, context: SelectContext): FinalReply {
  try {
    return evaluate(select, view, context);
  } catch (error) {
    if (error instanceof RangeError) return errorReply(1119, 'HY000', 'Thread stack overrun'); // nested too deep
    if (!(error instanceof UnknownColumn)) throw error;
    return errorReply(1054, '42S22', `Unknown column '${error.message}' in 'field list'`);
  }
}

function evaluate(select: Select, view: View, context: SelectContext): FinalReply {
  const items = select.items.flatMap(({ expr, name }): Select['items'] => {
    if (expr.op !== 'all') return [{ expr, name }];
    return view.columns.map((column) => ({ expr: { op: 'column', name: column.name }, name: column.name }));
  });
  const scope: Scope = { view, context };
  const where = select.where && compile(select.where, scope);
  const rows: unknown[] = [];
  for (const row of view.rows(context.cluster, context.user, context.now)) {
    if (where === undefined || truth(where(row))) rows.push(row);
  }
  const grouped = select.groupBy.length > 0 || items.some(({ expr }) => aggregates(expr));
  const groups = grouped ? group(rows, select, scope) : rows.map((row) => [row]);
  const order = select.orderBy.map(({ expr, descending }) => {
    const alias = expr.op === 'column' && !hasColumn(view, expr.name) && items.find(({ name }) => name === expr.name);
    return { of: compileGroup(alias ? alias.expr : expr, scope), descending };
  });
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

const AGGREGATES = ['COUNT', 'MAX', 'MEDIAN', 'MIN', 'SUM'];

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
    const run = functionOf(expr.name);
    const args = expr.args.map((arg) => compileGroup(arg, scope));
    return (rows) => {
      const values = args.map((of) => of(rows));
      return run(values, scope.context);
    };
  }
  const of = compile(expr, scope);
  return (rows) => of(rows[0] ?? null);
}

function aggregate(name: string, arg: Expr | undefined, scope: Scope): (rows: readonly unknown[]) => Value {
  if (name === 'COUNT' && (arg === undefined || arg.op === 'all')) return (rows) => rows.length;
  const of = compile(arg ?? { op: 'literal', value: null }, scope);
  return (rows) => {
    const values = rows.map(of).filter((value) => value !== null);
    if (name === 'COUNT') return values.length;
    if (values.length === 0) return null;
    if (name === 'SUM') return values.reduce<number>((sum, value) => sum + Number(value), 0);
    if (name === 'MEDIAN') return median(values.map(Number));
    return values.reduce((best, value) => {
      const difference = compare(value, best) ?? 0;
      return (name === 'MAX' ? difference > 0 : difference < 0) ? value : best;
    });
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number): number => sorted[Math.floor(place)] ?? 0;
  return (at((sorted.length - 1) / 2) + at(sorted.length / 2)) / 2;
}

function typeOf(expr: Expr, view: View, sample: Value | undefined): ColumnType {
  if (expr.op === 'column') {
    return view.columns.find(({ name }) => name.toLowerCase() === expr.name.toLowerCase())?.type ?? 'text';
  }
  if (expr.op === 'call' && (expr.name === 'MAX' || expr.name === 'MIN') && expr.args[0]) {
    return typeOf(expr.args[0], view, sample);
  }
  if (expr.op === 'call' && (expr.name === 'SUM' || expr.name === 'MEDIAN')) return 'decimal';
  if (typeof sample === 'boolean' || typeof sample === 'bigint') return 'integer';
  if (typeof sample === 'number') return Number.isInteger(sample) ? 'integer' : 'decimal';
  return 'text';
}
