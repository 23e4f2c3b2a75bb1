import { historyKey, withPauses, type PastRotation, type PauseSpan } from '../../core/history';
import type { SecretDescription, VersionId } from '../../core/version';
import type { EndedPause, Invocation } from '../../ports';
import { effortOf } from './effort';

/** One rotation of one secret. */
export interface Whose {
  readonly secret: Pick<SecretDescription, 'arn'>;
  readonly version: VersionId;
}

/**
 * Changes a rotation's item, with its pauses in this invocation; when somebody else wrote meanwhile, on what they wrote.
 *
 * @param change `null`: it stays as it is
 * @param before it is written, with what it was and what it would be
 */
export async function remember(
  run: Invocation,
  { secret: { arn }, version }: Whose,
  change: (past: PastRotation | null) => PastRotation | null,
  before: (past: PastRotation | null, next: PastRotation) => Promise<PastRotation> = (_, next) => Promise.resolve(next),
): Promise<void> {
  const key = historyKey(arn, version);
  const ours = pausesOf(run, arn, version);
  for (;;) {
    const stored = await run.table.read('history', key);
    if (effortOf(run).over) return;
    const past = stored?.item ?? null;
    const changed = change(past);
    if (changed === null) return;
    const next = await before(past, withPauses(changed, ours.map(spanOf)));
    if (effortOf(run).over) return;
    if (next !== past && (await run.table.write('history', key, next, stored?.revision ?? 0)) === null) continue;
    run.pauses.splice(0, Infinity, ...run.pauses.filter((pause) => !ours.includes(pause)));
    return;
  }
}

/** Those that are not kept yet. */
export const pausesOf = (run: Invocation, arn: string, version: VersionId): readonly EndedPause[] =>
  run.pauses.filter((pause) => pause.secretId === arn && (effortOf(run).claimed.get(pause) ?? version) === version);

/** What has paused up to now was for this version, whenever it is written. */
export function claimPauses(
  run: Invocation,
  { secret: { arn }, version }: Whose,
  which: (pause: EndedPause) => boolean = () => true,
): void {
  const { claimed } = effortOf(run);
  for (const pause of pausesOf(run, arn, version).filter(which)) claimed.set(pause, version);
}

const spanOf = ({ secretId: _of, ...span }: EndedPause): PauseSpan => span;
