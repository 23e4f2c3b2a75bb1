import { isPastRotation, type PastRotation } from '../../core/history';
import type { LinkRecord, SecretRecord } from '../../core/journal';
import { newSecretRecord } from '../../core/journal';
import type { JournalStatus } from '../../core/status';
import { iso } from '../../core/time';
import type { Invocation } from '../../ports';
import type { Looking } from './looking';

/** All that the table holds, read once for all secrets. */
export interface Journal {
  readonly links: readonly LinkRecord[];
  readonly secrets: ReadonlyMap<string, SecretRecord>;
  /** Newest first. */
  readonly history: readonly PastRotation[];
}

export async function readJournal(run: Invocation, looking: Looking): Promise<Journal> {
  const [links, secrets, history] = await Promise.all([
    looking.at('the links in the journal', [], () => run.table.list('link')),
    looking.at('the secrets in the journal', [], () => run.table.list('secret')),
    looking.at('the history', [], () => run.table.list('history')),
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
