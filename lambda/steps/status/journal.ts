import { isPastRotation, type PastRotation } from '../../core/history';
import type { LinkRecord, SecretRecord } from '../../core/journal';
import { newSecretRecord } from '../../core/journal';
import type { JournalPart, JournalStatus } from '../../core/status';
import { iso } from '../../core/time';
import type { Invocation } from '../../ports';
import type { Looking } from './looking';

/** All that the table holds, read once for all secrets. */
export interface Journal {
  readonly links: readonly LinkRecord[];
  readonly secrets: ReadonlyMap<string, SecretRecord>;
  /** Newest first. */
  readonly history: readonly PastRotation[];
  /** What of the above could not be read, and is empty for that. */
  readonly unread: readonly JournalPart[];
}

export async function readJournal(run: Invocation, looking: Looking): Promise<Journal> {
  const unread: JournalPart[] = [];
  const read = async <T>(part: JournalPart, what: string, list: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    const found = await looking.at(what, null, list);
    if (found === null) unread.push(part);
    return found ?? [];
  };
  const [links, secrets, history] = await Promise.all([
    read('links', 'the links in the journal', () => run.table.list('link')),
    read('secrets', 'the secrets in the journal', () => run.table.list('secret')),
    read('history', 'the history', () => run.table.list('history')),
  ]);
  const unreadable = history.filter(({ item }) => !isPastRotation(item)).map(({ key }) => key);
  for (const key of unreadable) looking.missed(`the history item ${key}`, 'it is not one that this function writes');
  return {
    links: links.map(({ item }) => item),
    secrets: new Map(secrets.map(({ key, item }) => [key, item])),
    history: history
      .map(({ item }) => item)
      .filter(isPastRotation)
      .sort((a, b) => b.startedAt - a.startedAt),
    unread,
  };
}

/** A time as the status tells it; `null`: there is none. */
export const when = (at: number | null | undefined): string | null =>
  at === null || at === undefined ? null : iso(at);

export function journalStatus(record: SecretRecord = newSecretRecord): JournalStatus {
  return {
    version: record.version,
    setAt: when(record.setAt),
    testedAt: when(record.testedAt),
    failedProofs: record.failedProofs,
    unproven: record.unproven.map(({ pipeline }) => pipeline),
    retirements: record.retirements.map(({ version, keyId, switchedAt, dueAt, endingAt, retiredAt }) => ({
      version,
      keyId: keyId ?? null,
      switchedAt: iso(switchedAt),
      dueAt: iso(dueAt),
      endingAt: when(endingAt),
      retiredAt: when(retiredAt),
    })),
  };
}
