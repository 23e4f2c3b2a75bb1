/** A token of SQL text. `text` is the value: unquoted and unescaped. */
export interface Token {
  readonly kind: 'word' | 'identifier' | 'string' | 'symbol';
  readonly text: string;
  /** Nothing stands between it and the token before. */
  readonly adjacent: boolean;
}

const shapes: readonly [Token['kind'] | 'skip', RegExp][] = [
  ['skip', /\s+|--(?=\s|$)[^\n]*|#[^\n]*|\/\*.*?(?:\*\/|$)/sy],
  ['identifier', /`(?:[^`]|``)*`/sy],
  ['string', /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/sy],
  ['word', /(?:[\w$]|[^\p{ASCII}\s])+/uy],
  ['symbol', /./sy],
];
const escapes: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };

/** Cuts SQL into tokens, as MySQL and SingleStore read it by default: backslash escapes, double quotes for strings, three kinds of comments. */
export function* tokens(sql: string): Generator<Token> {
  let adjacent = false;
  for (let at = 0; at < sql.length;) {
    for (const [kind, shape] of shapes) {
      shape.lastIndex = at;
      const raw = shape.exec(sql)?.[0];
      if (raw === undefined || raw === '') continue;
      at += raw.length;
      if (kind !== 'skip') yield { kind, text: value(kind, raw), adjacent };
      adjacent = kind !== 'skip';
      break;
    }
  }
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
