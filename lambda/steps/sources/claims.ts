import { RotationError } from '../../core/errors';
import type { Intent, UserRecord } from '../../core/journal';
import type { Slots } from '../../core/keys';
import { labelled, type SecretDescription, type VersionId } from '../../core/version';
import type { Invocation } from '../../ports';
import { namedByKin } from '../kin';
import { valueOf } from '../rotation';
import type { Keeping } from './slots';

/** What one key was made for: a version, unless it has lost its labels, and the key that it names. */
type Claim = { readonly version: VersionId | null; readonly keyId: string | null } | 'unreadable';

/**
 * Which of a user's keys are named by labels, of this secret or another, and which of ours are named by none. What cannot be read of
 * another secret protects: its key is then nobody's to delete.
 */
export async function claimsOn(
  keyIds: readonly string[],
  keeping: Keeping,
  { intent, made }: UserRecord,
): Promise<Pick<Slots, 'current' | 'pending' | 'previous' | 'intent' | 'abandoned' | 'unstored' | 'claimed'>> {
  const { run, definition } = keeping;
  const idIn = await keyReader(keeping);
  // a label may have been moved since the step began, and what it stands on now is protected
  const secret = await run.secrets.describe(keeping.secret.arn);
  const [current = null, pending = null, previous = null] = await Promise.all(
    (['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'] as const).map((label) => idIn(secret.arn, labelled(secret, label))),
  );
  const claimOf = (one: Pick<Intent, 'secretId' | 'version'>): Promise<Claim> => claimed(run, secret, idIn, one);
  const meant = intent === null ? [] : await Promise.all([intent, ...(intent.covers ?? [])].map(claimOf));
  const ours = made !== undefined && keyIds.includes(made.keyId) ? made : null;
  const isStored = ours === null || [current, pending, previous].includes(ours.keyId);
  const own = isStored ? null : await claimOf(ours);
  const byKin = await namedByKin(run, definition);
  const others = [
    ...[...meant, own].flatMap((claim) => (claim === null || claim === 'unreadable' ? [] : (claim.keyId ?? []))),
    ...(own === 'unreadable' && ours !== null ? [ours.keyId] : []),
    ...byKin.flatMap(({ keyId }) => keyId ?? keyIds),
  ];
  const unnamed = own === null || own === 'unreadable' || ours === null || others.includes(ours.keyId) ? null : own;
  return {
    current,
    pending,
    previous,
    // whose key it was for cannot be asked, so what it may have made is not judged
    intent: meant.includes('unreadable') ? null : intent,
    abandoned: unnamed?.version === null ? (ours?.keyId ?? null) : null,
    unstored: unnamed !== null && unnamed.version !== null ? (ours?.keyId ?? null) : null,
    claimed: others,
  };
}

async function claimed(
  run: Invocation,
  fresh: SecretDescription,
  idIn: Awaited<ReturnType<typeof keyReader>>,
  { secretId, version }: Pick<Intent, 'secretId' | 'version'>,
): Promise<Claim> {
  try {
    const { labels } = secretId === fresh.arn ? fresh : await run.secrets.describe(secretId);
    if ((labels[version] ?? []).length === 0) return { version: null, keyId: null };
    return { version, keyId: await idIn(secretId, version) };
  } catch (thrown) {
    if (thrown instanceof RotationError && thrown.code === 'SECRET_UNREADABLE') return 'unreadable';
    throw thrown;
  }
}

/** What tells which key a version names. A version's value never changes: what was read of it, or written down, is not read again. */
async function keyReader({ run, keyId, secret: { arn }, current, empty }: Keeping) {
  const retirements = (await run.table.read('secret', arn))?.item.retirements ?? [];
  const writtenDown = (version: VersionId): string | undefined =>
    retirements.find((one) => one.version === version)?.keyId;
  return async (secretId: string, version: VersionId | null): Promise<string | null> => {
    const isOwn = secretId === arn;
    if (version === null || (isOwn && version === empty)) return null;
    const known = isOwn ? writtenDown(version) : undefined;
    if (known !== undefined) return known;
    const value = isOwn && current?.version === version ? current : await valueOf(run, secretId, version);
    return value === null ? null : (keyId(value.fields) ?? null);
  };
}
