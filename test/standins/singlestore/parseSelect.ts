import type { Cursor } from './cursor';
import type { Binary, Expr, Select } from './statement';

/** What follows SELECT: one view or none, no joins, no subqueries. */
export function select(c: Cursor): Select {
  const items: Select['items'][number][] = [];
  do items.push(item(c));
  while (c.takeSymbol(','));
  let from: Select['from'];
  if (c.take('FROM')) {
    from = c.ref();
    if (c.take('AS') || isAlias(c)) c.identifier();
  }
  const where = c.take('WHERE') ? expression(c) : undefined;
  const groupBy: Expr[] = [];
  if (c.take('GROUP', 'BY')) {
    do groupBy.push(expression(c));
    while (c.takeSymbol(','));
  }
  const orderBy: { expr: Expr; descending: boolean }[] = [];
  if (c.take('ORDER', 'BY')) {
    do {
      const expr = expression(c);
      const descending = c.take('DESC');
      if (!descending) c.take('ASC');
      orderBy.push({ expr, descending });
    } while (c.takeSymbol(','));
  }
  let limit: number | undefined;
  let offset = 0;
  if (c.take('LIMIT')) {
    limit = c.number();
    if (c.take('OFFSET')) offset = c.number();
    else if (c.takeSymbol(',')) [offset, limit] = [limit, c.number()];
  }
  return { items, from, where, groupBy, orderBy, limit, offset };
}

const CLAUSES = ['FROM', 'WHERE', 'GROUP', 'ORDER', 'LIMIT'];

function isAlias(c: Cursor): boolean {
  const { kind, text } = c.token;
  return kind === 'name' || (kind === 'word' && !CLAUSES.includes(text.toUpperCase()));
}

function item(c: Cursor): Select['items'][number] {
  const { start } = c.token;
  const expr = c.takeSymbol('*') ? ({ op: 'all' } as const) : expression(c);
  const written = c.sql.slice(start, c.token.start).replace(/[\s;]+$/, '');
  if (c.take('AS') || isAlias(c)) return { expr, name: c.token.kind === 'string' ? c.string() : c.identifier() };
  return { expr, name: expr.op === 'column' ? expr.name : expr.op === 'literal' ? String(expr.value) : written };
}

function expression(c: Cursor): Expr {
  let left = conjunction(c);
  while (c.take('OR')) left = { op: 'or', left, right: conjunction(c) };
  return left;
}

function conjunction(c: Cursor): Expr {
  let left = negation(c);
  while (c.take('AND')) left = { op: 'and', left, right: negation(c) };
  return left;
}

function negation(c: Cursor): Expr {
  return c.take('NOT') ? { op: 'not', of: negation(c) } : comparison(c);
}

const COMPARISONS = ['=', '<>', '!=', '<=', '>=', '<', '>'];

function comparison(c: Cursor): Expr {
  const left = sum(c);
  if (c.take('IS')) {
    const not = c.take('NOT');
    c.expect('NULL');
    return negated(not, { op: 'is-null', of: left });
  }
  const not = c.take('NOT');
  if (c.take('IN')) return negated(not, { op: 'in', of: left, list: list(c) });
  if (c.take('LIKE')) return negated(not, { op: 'like', left, right: sum(c) });
  if (c.take('BETWEEN')) {
    const low = sum(c);
    c.expect('AND');
    const within: Expr = { op: 'and', left: { op: '>=', left, right: low }, right: { op: '<=', left, right: sum(c) } };
    return negated(not, within);
  }
  if (not) c.fail();
  const symbol = COMPARISONS.find((candidate) => c.takeSymbol(candidate));
  if (symbol === undefined) return left;
  return { op: (symbol === '!=' ? '<>' : symbol) as Binary, left, right: sum(c) };
}

function negated(not: boolean, of: Expr): Expr {
  return not ? { op: 'not', of } : of;
}

function sum(c: Cursor): Expr {
  let left = product(c);
  for (;;) {
    if (c.takeSymbol('+')) left = { op: '+', left, right: product(c) };
    else if (c.takeSymbol('-')) left = { op: '-', left, right: product(c) };
    else return left;
  }
}

function product(c: Cursor): Expr {
  let left = primary(c);
  for (;;) {
    if (c.takeSymbol('*')) left = { op: '*', left, right: primary(c) };
    else if (c.takeSymbol('/')) left = { op: '/', left, right: primary(c) };
    else return left;
  }
}

function list(c: Cursor): Expr[] {
  c.expectSymbol('(');
  const items: Expr[] = [];
  if (c.takeSymbol(')')) return items;
  do items.push(c.takeSymbol('*') ? { op: 'all' } : expression(c));
  while (c.takeSymbol(','));
  c.expectSymbol(')');
  return items;
}

function primary(c: Cursor): Expr {
  const { kind, text } = c.token;
  if (c.takeSymbol('(')) {
    const inner = expression(c);
    c.expectSymbol(')');
    return inner;
  }
  if (c.takeSymbol('-')) return { op: '-', left: { op: 'literal', value: 0 }, right: primary(c) };
  if (kind === 'string') return { op: 'literal', value: c.string() };
  if (kind === 'number') return { op: 'literal', value: c.number() };
  if (kind === 'variable') {
    c.next();
    return { op: 'variable', name: text.replace(/^(?:session|global)\./i, '').toLowerCase() };
  }
  if (c.take('NULL')) return { op: 'literal', value: null };
  if (kind === 'word' && CLAUSES.includes(text.toUpperCase())) c.fail();
  let name = c.identifier();
  if (kind === 'word' && c.token.kind === 'symbol' && c.token.text === '(') {
    return { op: 'call', name: name.toUpperCase(), args: list(c) };
  }
  while (c.takeSymbol('.')) name = c.identifier(); // the alias or view before it adds nothing: there is one source
  const column: Expr = { op: 'column', name };
  return c.takeSymbol('::$') ? { op: 'json', of: column, key: c.identifier() } : column;
}
