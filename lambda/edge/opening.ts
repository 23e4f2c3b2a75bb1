import { defect, RotationError } from '../core/errors';
import type { ConnectionSecret } from '../ports';
import { closedAtLogin } from './login';
import { ask } from './reading';
import { Session } from './session';
import { escaped, probeEscapes, readMode } from './statements';
import { tlsOptions } from './tls';

/**
 * Opens `count` connections side by side, all or none.
 *
 * @throws CONNECTION_REFUSED, TLS_REFUSED, LOGIN_REFUSED, SQL_MODE_UNSAFE
 */
export async function openSessions(to: ConnectionSecret, count: number): Promise<[Session, ...Session[]]> {
  const ssl = tlsOptions(to);
  const opening = Array.from({ length: count }, async () => {
    const session = await Session.open(to, ssl);
    try {
      await checkMode(session, to);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  });
  const opened = await Promise.allSettled(opening);
  const failed = opened.find((result) => result.status === 'rejected');
  const sessions = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const [first, ...others] = sessions;
  if (failed === undefined && first !== undefined) return [first, ...others];
  await Promise.all(sessions.map((session) => session.close()));
  throw failed?.reason ?? defect('no connection was asked for');
}

/**
 * Literals are written with backslash escapes. In a session that reads them otherwise a secret would arrive changed,
 * or end its literal and be read as SQL. Each connection is asked: they may reach different aggregators.
 */
async function checkMode(session: Session, to: ConnectionSecret): Promise<void> {
  const mode = await ask(session, readMode);
  if (mode.is === 'lost') throw closedAtLogin(to, 'closed after the login');
  const modes = mode.is === 'rows' ? mode.rows[0]?.['mode'] : undefined;
  const unsafe =
    typeof modes === 'string'
      ? modes.split(',').find((word) => /^(NO_BACKSLASH_ESCAPES|ANSI_QUOTES)$/i.test(word.trim()))
      : await escapesFail(session);
  if (unsafe === undefined) return;
  throw new RotationError(
    'SQL_MODE_UNSAFE',
    `${to.host}:${to.port} runs with ${unsafe}: text would be read otherwise than it is written. No credentials were sent; the next call asks again. Take it out of sql_mode for the user ${JSON.stringify(to.username)}.`,
  );
}

async function escapesFail(session: Session): Promise<string | undefined> {
  const probe = await ask(session, probeEscapes);
  return probe.is === 'rows' && probe.rows[0]?.['v'] === escaped
    ? undefined
    : 'string escapes that are not the usual ones';
}
