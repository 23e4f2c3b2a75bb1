import { connect, isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SslOptions } from 'mysql2';
import type { ConnectionSecret } from '../ports';

/** One object for all connections of a cluster: the driver caches certificates and TLS sessions by it. */
export function tlsOptions({ tls, ca }: ConnectionSecret): SslOptions | undefined {
  if (!tls) return undefined;
  return { verifyIdentity: true, rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) };
}

/**
 * The socket under a connection, ours so that it can be destroyed at once.
 *
 * The driver upgrades it to TLS without saying for whom the certificate must be when the host is an IP address, since
 * SNI has no addresses. Node then takes the host that the socket was opened for, which it notes for names only and
 * calls `_host`; without one it takes `localhost`. So the address is noted here. Should Node ever stop looking, a
 * certificate for the address is refused: this cannot fail open.
 */
export function dial({ host, port }: ConnectionSecret): Socket {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
  return isIP(host) === 0 ? socket : Object.assign(socket, { _host: host });
}

/** Why the certificate behind `stream` was refused, as a code (`CERT_HAS_EXPIRED`); `undefined` when it was not. */
export function certificateFault(stream: unknown): string | undefined {
  if (!(stream instanceof TLSSocket)) return undefined;
  const fault: unknown = stream.authorizationError; // typed as an Error, but Node puts the code there
  return typeof fault === 'string' && /^[A-Z0-9_]+$/.test(fault) ? fault : undefined;
}
