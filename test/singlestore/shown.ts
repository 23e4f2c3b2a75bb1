/** What SHOW CREATE LINK says, formatting apart. */
export interface ShownLink {
  readonly name: string;
  readonly type: string;
  readonly config: unknown;
  readonly credentials: string;
}

const SHAPE =
  /^CREATE LINK `((?:[^`]|``)+)` AS (\w+)\s+CONFIG "((?:[^"\\]|\\[^])*)"\s+CREDENTIALS (<CREDENTIALS REDACTED>)(?:\s+DESCRIPTION .*)?;?$/s;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', '0': '\0', Z: '\x1a' };

/** Reads the text of SHOW CREATE LINK, as a server sends it or as the vendor's page prints it. @throws if it has another shape */
export function readShown(text: string): ShownLink {
  const [, name, type, config, credentials] = SHAPE.exec(text.trim()) ?? [];
  if (name === undefined || type === undefined || config === undefined || credentials === undefined) {
    throw new Error(`not what SHOW CREATE LINK is documented to say: ${text}`);
  }
  return { name: name.replaceAll('``', '`'), type, config: JSON.parse(unescape(config)) as unknown, credentials };
}

function unescape(text: string): string {
  return text.replace(/\\([^])/g, (_, char: string) => ESCAPES[char] ?? char);
}
