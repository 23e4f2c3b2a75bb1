import { RotationError } from '../core/errors';
import { chunkKey, membersPerChunk, type Bracket, type LinkRecord, type Member } from '../core/journal';
import type { Invocation } from '../ports';

type Whose = Pick<LinkRecord, 'cluster' | 'link'>;

/** Writes members as chunks from number `at` on, before the header that counts them. @returns the chunks written. */
export async function writeChunks(
  run: Invocation,
  { cluster, link }: Whose,
  bracketId: string,
  at: number,
  members: readonly Member[],
): Promise<Member[][]> {
  const chunks: Member[][] = [];
  for (let from = 0; from < members.length; from += membersPerChunk)
    chunks.push(members.slice(from, from + membersPerChunk));
  await Promise.all(
    chunks.map(async (chunk, index) => {
      const key = chunkKey(cluster, link, bracketId, at + index);
      // only the holder of the link writes its chunks, so whatever stands there is an earlier write of this run
      const stored = await run.table.read('set', key);
      const written = await run.table.write('set', key, { members: chunk }, stored?.revision ?? 0);
      if (written === null)
        throw new RotationError(
          'LEASE_LOST',
          `somebody else wrote ${key}. This invocation does nothing more; what is paused stands in the journal and is resumed by the next holder.`,
        );
    }),
  );
  return chunks;
}

type WithSet = Whose & Pick<LinkRecord, 'bracket'>;

/** The set of a link's bracket, in its chunks; one that is not there any more is empty. */
export async function readSet(run: Invocation, record: WithSet): Promise<Member[][]> {
  const chunks = await Promise.all(keysOf(record).map((key) => run.table.read('set', key)));
  return chunks.map((chunk) => [...(chunk?.item.members ?? [])]);
}

/**
 * Before an open set is given up for read: whom a chunk named that is gone stays paused, and nobody knows.
 *
 * @throws RESUME_FAILED if somebody has removed a chunk that the header counts.
 */
export async function mustBeWhole(run: Invocation, record: WithSet): Promise<void> {
  const keys = keysOf(record);
  const chunks = await Promise.all(keys.map((key) => run.table.read('set', key)));
  const lost = keys.filter((_, at) => chunks[at] === null);
  if (lost.length === 0) return;
  const { link, cluster } = record;
  throw new RotationError(
    'RESUME_FAILED',
    `link ${link} on ${cluster}: pipelines of it may still be paused, and nobody knows which: the table has lost ${lost.map((key) => `item "set" "${key}"`).join(', ')}, which named them. What other items name was started. Restore the item from the table's point-in-time recovery, and the watchdog goes on. Or by hand: START PIPELINE IF NOT RUNNING for each pipeline of the link that is to run, then put an item of that key, with "rev" the number 1 and "item" the text {"members":[]}.`,
  );
}

const keysOf = ({ cluster, link, bracket }: WithSet): readonly string[] =>
  bracket === null ? [] : Array.from({ length: bracket.chunks }, (_, at) => chunkKey(cluster, link, bracket.id, at));

/** Takes away the names of a bracket that is over. */
export async function removeSet(run: Invocation, { cluster, link }: Whose, bracket: Bracket): Promise<void> {
  for (let at = 0; at < bracket.chunks; at += 1) await run.table.remove('set', chunkKey(cluster, link, bracket.id, at));
}
