import { assumed } from './assumed';
import { may } from './cluster';
import type { Cluster, Session, User } from './cluster';
import type { ColumnType, Value } from './reply';

type SessionRow = readonly [Session, number];

/** One's own connections, or all with PROCESS. */
export function* sessionsFor(cluster: Cluster, user: User, now: number): Generator<SessionRow, void, undefined> {
  for (const session of cluster.sessions.values()) {
    if (session.user === user.name || may(user, 'PROCESS', '*')) yield [session, now];
  }
}

export function processColumns(): Readonly<Record<string, readonly [ColumnType, (row: SessionRow) => Value]>> {
  const { idle, busy, executing } = assumed.process;
  return {
    ID: ['integer', ([session]) => session.id],
    USER: ['text', ([session]) => session.user],
    HOST: ['text', ([session]) => session.host],
    DB: ['text', ([session]) => session.database ?? null],
    COMMAND: ['text', ([session]) => (session.running ? busy : idle)],
    TIME: ['integer', ([session, now]) => Math.floor((now - (session.running?.since ?? session.since)) / 1000)],
    STATE: ['text', ([session]) => (session.running ? executing : '')],
    INFO: ['text', ([session]) => session.running?.sql ?? null],
  };
}
