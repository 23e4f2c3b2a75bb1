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

/** The set of a link's bracket, in its chunks. */
export async function readSet(
  run: Invocation,
  record: Whose & { readonly bracket: Bracket | null },
): Promise<Member[][]> {
  const { cluster, link, bracket } = record;
  if (bracket === null) return [];
  const keys = Array.from({ length: bracket.chunks }, (_, at) => chunkKey(cluster, link, bracket.id, at));
  const chunks = await Promise.all(keys.map((key) => run.table.read('set', key)));
  return chunks.map((chunk) => [...(chunk?.item.members ?? [])]);
}

/** Takes away the names of a bracket that is over. */
export async function removeSet(run: Invocation, { cluster, link }: Whose, bracket: Bracket): Promise<void> {
  for (let at = 0; at < bracket.chunks; at += 1) await run.table.remove('set', chunkKey(cluster, link, bracket.id, at));
}
