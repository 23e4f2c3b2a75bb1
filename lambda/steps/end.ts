import type { RotationDefinition } from '../core/definition';
import { comesAfterProof, type Retirement, type SecretRecord } from '../core/journal';
import type { Invocation } from '../ports';
import { evidenceAgainst, type Against, type KeyRetirement } from './evidence';
import { updateSecretRecord } from './rotation';
import type { OldKeys } from './sources';

/** An old key, and what is needed to end it. */
export interface OldKey {
  readonly definition: RotationDefinition;
  /** Of the secret. */
  readonly arn: string;
  readonly keys: OldKeys;
  readonly retirement: KeyRetirement;
}

/**
 * Sets a key Inactive against which nothing speaks, and looks again: this run may have slept in between, somebody may have moved
 * AWSCURRENT back to the key, or IAM's late report may show a use. Then it is made Active again, by this run or, when this one dies, by the next.
 *
 * @returns what speaks against it; `gone`: there is no such key any more; `superseded`: somebody else was at it, or has rotated, and the key is Active
 */
export async function end(run: Invocation, old: OldKey): Promise<Against | 'retired' | 'gone' | 'superseded'> {
  const { definition, arn, keys, retirement } = old;
  const { keyId, version, endingAt } = retirement;
  const before = await evidenceAgainst(run, definition, arn, retirement);
  if (before !== null) return endingAt === undefined ? before : takeBack(run, old, before, 'may act yet');
  const begun = await note(run, old, (own) => ({ ...own, endingAt: run.clock.now() }));
  if (!begun) return 'superseded';
  const known = await keys.retire(run, keyId);
  const after = known ? await evidenceAgainst(run, definition, arn, retirement) : null;
  if (after !== null) return takeBack(run, old, after, endingAt === undefined ? 'answered' : 'may act yet');
  const stands = await note(
    run,
    old,
    (own) => (own.endingAt === undefined ? null : { ...own, retiredAt: run.clock.now() }),
    (record) => (comesAfterProof(retirement, record) ? { ...record, unproven: [] } : record),
  );
  if (known && !stands) {
    await takeBack(run, old, { what: 'superseded' }, 'may act yet');
    return 'superseded';
  }
  if (known) run.log.info('old-key-retired', { keyId, version });
  else run.log.warn('old-key-not-found', { keyId, version, note: 'it is gone already, or belongs to another user' });
  return known ? 'retired' : 'gone';
}

/** No invocation lives longer than 15 minutes, and what it asked of IAM comes within one more. Milliseconds. */
const actsYetMs = 960_000;

/**
 * Makes a key Active again that we have set Inactive, or may have. Until that is done the journal says so, and the next run tries again;
 * so it does while a run that has begun the end may be asleep, or its call on its way. Once all is answered it is forgotten: a key that
 * is Inactive after that was deactivated by somebody, and stays so.
 *
 * @param calls whether each call that was to deactivate it has been answered
 */
export async function takeBack<A extends { readonly what: string }>(
  run: Invocation,
  old: OldKey,
  against: A,
  calls: 'answered' | 'may act yet',
): Promise<A & { readonly revived: true }> {
  const { keyId, version } = old.retirement;
  // another run may have taken it back, or ended it, before our deactivation came into effect
  await note(run, old, ({ retiredAt: _ended, ...own }) => ({ ...own, endingAt: own.endingAt ?? run.clock.now() }));
  const known = await old.keys.revive(run, keyId);
  await note(run, old, ({ endingAt, ...own }) =>
    calls === 'may act yet' && endingAt !== undefined && run.clock.now() < endingAt + actsYetMs
      ? { ...own, endingAt }
      : own,
  );
  if (known) run.log.warn('old-key-revived', { keyId, version, because: against.what });
  return { ...against, revived: true };
}

/** Changes this retirement in the journal, not a later one of the same key. @param change `null`: leaves it @returns whether it was changed */
async function note(
  run: Invocation,
  { arn, retirement: { keyId, switchedAt } }: OldKey,
  change: (own: Retirement) => Retirement | null,
  more: (record: SecretRecord) => SecretRecord = (record) => record,
): Promise<boolean> {
  let changed = false;
  await updateSecretRecord(run, arn, (record) => {
    const isOwn = (one: Retirement): boolean => one.keyId === keyId && one.switchedAt === switchedAt;
    const own = record.retirements.find(isOwn);
    const next = own === undefined ? null : change(own);
    changed = next !== null;
    if (next === null) return record;
    return more({ ...record, retirements: record.retirements.map((one) => (isOwn(one) ? next : one)) });
  });
  return changed;
}
