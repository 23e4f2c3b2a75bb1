/** A token of SQL text. `text` is the value: unquoted and unescaped. */
export interface Token {
  readonly kind: 'word' | 'identifier' | 'string' | 'symbol';
  readonly text: string;
  /** Nothing stands between it and the token before. */
  readonly adjacent: boolean;
}

/** No two but the last can begin with the same character, so the first that fits is the one. */
const shapes: readonly (readonly [Token['kind'] | 'skip', RegExp])[] = [
  ['word', /(?:[\w$]|[^\p{ASCII}\s])+/uy],
  ['skip', /\s+|--(?=\s|$)[^\n]*|#[^\n]*|\/\*.*?(?:\*\/|$)/sy],
  ['identifier', /`(?:[^`]|``)*`/sy],
  ['string', /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/sy],
  ['symbol', /./sy],
];
const escapes: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };

/**
 * Cuts SQL into tokens, as MySQL and SingleStore read it by default: backslash escapes, double quotes for strings, three kinds of comments.
 * Thousands of definitions are cut in one look, so nothing is made on the way but the tokens.
 */
export function tokens(sql: string): readonly Token[] {
  const found: Token[] = [];
  let adjacent = false;
  for (let at = 0; at < sql.length;) {
    for (const [kind, shape] of shapes) {
      shape.lastIndex = at;
      if (!shape.test(sql)) continue;
      const end = shape.lastIndex;
      if (kind !== 'skip') found.push({ kind, text: value(kind, sql.slice(at, end)), adjacent });
      adjacent = kind !== 'skip';
      at = end;
      break;
    }
  }
  return found;
}

function value(kind: Token['kind'], raw: string): string {
  if (kind === 'identifier') return raw.slice(1, -1).replaceAll('``', '`');
  if (kind !== 'string') return raw;
  const quote = raw.charAt(0);
  return raw
    .slice(1, -1)
    .replaceAll(/\\(.)|''|""/gs, (pair, escaped: string | undefined) =>
      escaped !== undefined ? (escapes[escaped] ?? escaped) : pair === quote + quote ? quote : pair,
    );
}

/**
 * A string literal for the default SQL mode: backslash escapes. A backslash, a quote and a NUL are all that could end
 * or change a literal; everything else stands for itself.
 */
export function literal(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
}
