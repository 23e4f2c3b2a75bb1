import { RotationError } from '../core/errors';
import type { ConnectionSecret } from '../ports';
import { certificateFault } from './tls';

/**
 * Answers to a login that say nothing about user and password: too many connections of all or of this user, shutdown,
 * a blocked host.
 */
const full = new Set([1040, 1053, 1129, 1203, 1226]);

/**
 * Why there is no connection, from what the driver threw. Only numbers and codes are taken from it.
 *
 * @param stream the driver's, which knows what was wrong with a certificate.
 */
export function loginError(
  { code = '', errno = 0 }: { readonly code?: string | undefined; readonly errno?: number | undefined },
  to: ConnectionSecret,
  stream: unknown,
): RotationError {
  const where = `${to.host}:${to.port}`;
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return new RotationError(
      'TLS_REFUSED',
      `${where} offers no TLS; the password was not sent, and the next call tries again. Turn TLS on at the server, or set "tls": "off" in the connection secret.`,
    );
  if (code === 'HANDSHAKE_SSL_ERROR' || /^ERR_(TLS|SSL|OSSL)/.test(code))
    return new RotationError(
      'TLS_REFUSED',
      `the TLS handshake with ${where} failed (${certificateFault(stream) ?? 'no certificate was judged'}); the password was not sent, and the next call tries again. Check "host" and "ca" in the connection secret against the server's certificate.`,
    );
  if (errno > 0 && !full.has(errno))
    return new RotationError(
      'LOGIN_REFUSED',
      `${where} refused the login of ${JSON.stringify(to.username)} (error ${errno}). No statement was sent; the next call tries again. Check "username" and "password" in the connection secret.`,
    );
  if (code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED' || code.startsWith('AUTH_SWITCH'))
    return new RotationError(
      'LOGIN_REFUSED',
      `${where} wants ${JSON.stringify(to.username)} to log in by a method that is not used here, such as a password in clear text. No statement was sent; the next call tries again. Give the user mysql_native_password.`,
    );
  return closedAtLogin(to, errno > 0 ? `error ${errno}` : /^[A-Z0-9_]+$/.test(code) ? code : 'no known reason');
}

export function closedAtLogin({ host, port }: ConnectionSecret, why: string): RotationError {
  return new RotationError(
    'CONNECTION_REFUSED',
    `no connection to ${host}:${port} (${why}). No statement was sent; the next call tries again. Check "host" and "port" in the connection secret, and that this function's network reaches them.`,
  );
}
