import { readFileSync } from 'node:fs';

/** Where a cluster answers, and as whom. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM to verify the server with; `system` for the roots of this machine; `off` sends everything in the clear. */
  readonly tls: { readonly ca: string } | 'system' | 'off';
}

/**
 * Reads `mysql://user:password@host:port`. TLS is on and verified against the system's roots; `?ca=/path` names a PEM
 * file to verify with, `?tls=off` does without. User and password are percent-encoded, the port defaults to 3306.
 *
 * @throws for anything else, without repeating the text: it holds a password
 */
export function readTarget(text: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const unknown = [...(url?.searchParams.keys() ?? [])].filter((name) => name !== 'ca' && name !== 'tls');
  if (url?.protocol !== 'mysql:' || url.hostname === '' || url.username === '' || unknown.length > 0) {
    throw new Error('expected mysql://user:password@host:port, with ?ca=/path or ?tls=off at most');
  }
  const [ca, tls] = [url.searchParams.get('ca'), url.searchParams.get('tls')];
  if (tls !== null && (tls !== 'off' || ca !== null)) throw new Error('tls can only be "off", and then there is no ca');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    tls: tls === 'off' ? 'off' : ca === null ? 'system' : { ca: readFileSync(ca, 'utf8') },
  };
}
