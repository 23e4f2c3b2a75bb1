import { functions, jsonValue } from './functions';
import type { SelectContext, SqlFunction } from './functions';
import type { Value } from './reply';
import type { Expr } from './statement';
import { variables } from './variables';
import type { View } from './views';

export type Evaluate = (row: unknown) => Value;
/** Thrown for a column, variable or function that does not exist; the message is its name. */
export class UnknownColumn extends Error {}

/** What names in an expression can mean. */
export interface Scope {
  readonly view: View;
  readonly context: SelectContext;
}

export function hasColumn(view: View, name: string): boolean {
  return view.columns.some((column) => column.name.toLowerCase() === name.toLowerCase());
}

/** Turns an expression into a function of a row of the view. */
export function compile(expr: Expr, scope: Scope): Evaluate {
  if ('left' in expr) {
    const left = compile(expr.left, scope);
    const right = compile(expr.right, scope);
    if (expr.op === 'and') return (row) => truth(left(row)) && truth(right(row));
    if (expr.op === 'or') return (row) => truth(left(row)) || truth(right(row));
    return (row) => binary(expr.op, left(row), right(row));
  }
  switch (expr.op) {
    case 'literal':
      return () => expr.value;
    case 'all':
      return () => 1;
    case 'column': {
      const column = scope.view.columns.find(({ name }) => name.toLowerCase() === expr.name.toLowerCase());
      if (column === undefined) throw new UnknownColumn(expr.name);
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
      const run = functionOf(expr.name);
      return (row) => {
        const values = args.map((of) => of(row));
        return run(values, scope.context);
      };
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
  }
}

export function functionOf(name: string): SqlFunction {
  const found = functions[name];
  if (found === undefined) throw new UnknownColumn(`${name}()`);
  return found;
}

export function binary(op: string, left: Value, right: Value): Value {
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

export function truth(value: Value): boolean {
  return typeof value === 'string' ? Number(value) !== 0 && !Number.isNaN(Number(value)) : Boolean(value);
}

const NUMERIC = /^-?\d+(\.\d+)?$/;

/** Numbers, and texts that are numbers, compare as numbers; undefined beside NULL. Texts compare exactly. */
export function compare(left: Value, right: Value): number | undefined {
  if (left === right) return 0;
  if (left === null || right === null) return undefined;
  const texts = typeof left === 'string' && typeof right === 'string';
  if (texts && !(NUMERIC.test(left) && NUMERIC.test(right))) return left < right ? -1 : 1;
  return Number(left) - Number(right);
}

export function likePattern(pattern: string): RegExp {
  const source = pattern.replace(/\\([%_\\])|[.*+?^${}()|[\]\\]|%|_/g, (match: string, escaped?: string) => {
    if (escaped !== undefined) return escaped === '\\' ? '\\\\' : escaped;
    return match === '%' ? '.*' : match === '_' ? '.' : `\\${match}`;
  });
  return new RegExp(`^${source}$`, 's');
}
