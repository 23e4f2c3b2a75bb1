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
    '`(?<name>(?:[^`]|``)+)`',
    "'(?<single>(?:[^'\\\\]|\\\\[^]|'')*)'",
    '"(?<double>(?:[^"\\\\]|\\\\[^]|"")*)"',
    '@@(?<variable>[\\w.$]+)',
    '(?<number>\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?(?![\\w$])|\\.\\d+)',
    '(?<word>[\\w$\\u0080-\\uffff]+)',
    '(?<symbol>::[$%]?|<=>|<>|!=|<=|>=|:=|[-+*/%=<>(),.;@{}\\[\\]!:?&|^~])',
  ].join('|'),
  'y',
);

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', '0': '\0', Z: '\x1a' };

/** Splits a statement as MySQL does: backslash escapes in strings, doubled quotes, three kinds of comments. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    if (BLANK.test(sql)) at = BLANK.lastIndex;
    if (at >= sql.length) break;
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(sql)?.groups;
    if (groups === undefined) throw new SyntaxFault(at);
    tokens.push({ ...meaning(groups), start: at, end: TOKEN.lastIndex });
    at = TOKEN.lastIndex;
  }
  tokens.push({ kind: 'end', text: '', start: sql.length, end: sql.length });
  return tokens;
}

function meaning(groups: Record<string, string | undefined>): Pick<Token, 'kind' | 'text'> {
  const { name, single, double, variable, number, word, symbol } = groups;
  if (name !== undefined) return { kind: 'name', text: name.replaceAll('``', '`') };
  if (single !== undefined) return { kind: 'string', text: unescape(single, "'") };
  if (double !== undefined) return { kind: 'string', text: unescape(double, '"') };
  if (variable !== undefined) return { kind: 'variable', text: variable };
  if (number !== undefined) return { kind: 'number', text: number };
  if (word !== undefined) return { kind: 'word', text: word };
  return { kind: 'symbol', text: symbol ?? '' };
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
