export interface Token {
  /** `name` is a backticked identifier, which no keyword can be. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'variable' | 'symbol' | 'end';
  /** The token as it is meant: quotes and escapes resolved, words as written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Thrown at the first place that cannot be read; `at` is an offset into the statement. */
export class SyntaxFault extends Error {
  constructor(readonly at: number) {
    super(`syntax error at ${at}`);
  }
}

const BLANK = /(?:\s+|--(?=\s|$)[^\n]*|#[^\n]*|\/\*[^]*?\*\/)+/y;
const TOKEN = new RegExp(
  [
    '@@(?<variable>[\\w.$]+)',
    '(?<number>\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?(?![\\w$])|\\.\\d+)',
    '(?<word>[\\w$\\u0080-\\uffff]+)',
    '(?<symbol>::[$%]?|<=>|<>|!=|<=|>=|:=|[-+*/%=<>(),.;@{}\\[\\]!:?&|^~])',
  ].join('|'),
  'y',
);
/** What may stand in quotes up to the next quote or backslash. */
const PLAIN: Readonly<Record<string, RegExp>> = { "'": /[^'\\]*/y, '"': /[^"\\]*/y, '`': /[^`]*/y };

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', '0': '\0', Z: '\x1a' };

/** Splits a statement as MySQL does: backslash escapes in strings, doubled quotes, three kinds of comments. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    if (BLANK.test(sql)) at = BLANK.lastIndex;
    if (at >= sql.length) break;
    const token = quotedToken(sql, at) ?? plainToken(sql, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: sql.length, end: sql.length });
  return tokens;
}

function plainToken(sql: string, start: number): Token {
  TOKEN.lastIndex = start;
  const { variable, number, word, symbol } = TOKEN.exec(sql)?.groups ?? {};
  const end = TOKEN.lastIndex;
  if (variable !== undefined) return { kind: 'variable', text: variable, start, end };
  if (number !== undefined) return { kind: 'number', text: number, start, end };
  if (word !== undefined) return { kind: 'word', text: word, start, end };
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, start, end };
  throw new SyntaxFault(start);
}

/** A string or a backticked name; not by one regular expression, whose stack a string of megabytes would exhaust. */
function quotedToken(sql: string, start: number): Token | undefined {
  const quote = sql[start]!;
  const plain = PLAIN[quote];
  if (plain === undefined) return undefined;
  for (let at = start + 1; at < sql.length; at += 2) {
    plain.lastIndex = at;
    plain.test(sql);
    at = plain.lastIndex;
    if (at >= sql.length) break;
    if (sql[at] === '\\' || sql[at + 1] === quote) continue; // an escape, or the quote doubled
    const body = sql.slice(start + 1, at);
    const end = at + 1;
    if (quote !== '`') return { kind: 'string', text: unescape(body, quote), start, end };
    if (body === '') throw new SyntaxFault(start);
    return { kind: 'name', text: body.replaceAll('``', '`'), start, end };
  }
  throw new SyntaxFault(start);
}

function unescape(body: string, quote: string): string {
  if (!body.includes('\\') && !body.includes(quote)) return body;
  return body.replace(/\\([^])|''|""/g, (match: string, escaped?: string) => {
    if (escaped === undefined) return match[0] === quote ? quote : match;
    if (escaped === '%' || escaped === '_') return match; // kept for LIKE
    return ESCAPES[escaped] ?? escaped;
  });
}

/** The statement with every literal as `?`: what it does, without what it says. */
export function normalize(sql: string): string {
  try {
    const words = tokenize(sql).slice(0, -1);
    return words
      .map(({ kind, text, start, end }) => {
        if (kind === 'string' || kind === 'number') return '?';
        return kind === 'word' ? text : sql.slice(start, end);
      })
      .join(' ');
  } catch {
    return /^\s*\w*/.exec(sql)?.[0].trim() ?? '';
  }
}
