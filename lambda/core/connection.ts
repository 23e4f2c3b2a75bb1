import { Credentials } from './credentials';
import { RotationError } from './errors';

/** Where a cluster is and how to log in: AWS's shape for database secrets. */
export interface ConnectionSecret {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: Credentials;
  /** PEM; absent: the system's roots. */
  readonly ca?: string;
  readonly tls: boolean;
}

/**
 * Reads the value of a connection secret. Keys that AWS's own secrets have beside ours (`engine`, `dbname`) are let be.
 *
 * @throws CONNECTION_SECRET_SHAPE, which names every wrong field and no value
 */
export function connectionSecret(value: Credentials, secretId: string): ConnectionSecret {
  const fields = fieldsOf(value, secretId);
  const wrong: string[] = [];
  const take = <T>(name: string, expected: string, read: (held: unknown) => T | undefined): T => {
    const taken = read(fields[name]);
    if (taken === undefined) wrong.push(`"${name}" (${expected})`);
    return taken as T; // not used when wrong
  };
  const connection = {
    host: take('host', 'a name or an IP address, without port', host),
    port: take('port', '1 to 65535, or absent for 3306', port),
    username: take('username', 'a text', text),
    password: new Credentials(take('password', 'a text', text)),
    tls: take('tls', '"off", "on" or absent', tls),
  };
  const ca = fields['ca'] === undefined ? undefined : take('ca', 'PEM certificates, or absent', certificates);
  if (wrong.length > 0) throw shapeError(secretId, `has no valid ${wrong.join(', ')}`);
  return ca === undefined ? connection : { ...connection, ca };
}

function fieldsOf(value: Credentials, secretId: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(value.reveal());
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // JSON's own message quotes its input
  }
  throw shapeError(secretId, 'is not a JSON object');
}

function shapeError(secretId: string, what: string): RotationError {
  return new RotationError(
    'CONNECTION_SECRET_SHAPE',
    `the connection secret ${secretId} ${what}. No connection was made with it. Store {"host", "port", "username", "password", "ca"?, "tls"?} there; the next call reads it again.`,
  );
}

const text = (held: unknown): string | undefined => (typeof held === 'string' && held !== '' ? held : undefined);
const host = (held: unknown): string | undefined => {
  const name = text(held);
  return name === undefined || /[\s/@]/.test(name) || /^[^:]*:[^:]*$/.test(name) ? undefined : name;
};
const port = (held: unknown): number | undefined => {
  const number = typeof held === 'string' && /^\d+$/.test(held) ? Number(held) : held === undefined ? 3306 : held;
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= 65535 ? number : undefined;
};
const tls = (held: unknown): boolean | undefined => {
  if (held === 'off') return false;
  return held === undefined || held === 'on' ? true : undefined;
};
const certificates = (held: unknown): string | undefined => {
  const pem = text(held);
  return pem?.includes('-----BEGIN CERTIFICATE-----') === true ? pem : undefined;
};
