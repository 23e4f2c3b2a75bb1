import { speaksOf, type RotationDefinition } from '../core/definition';
import { removePending, restoreSecret, rotateSecret } from '../core/commands';
import { RotationError } from '../core/errors';
import { newSecretRecord, type SecretRecord } from '../core/journal';
import { parseFlatSecret, type FlatSecret } from '../core/secret';
import { standing, type SecretDescription, type VersionId } from '../core/version';
import type { Invocation, SecretValue } from '../ports';

/** One rotation of one secret, as far as the event and the labels tell. */
export interface Rotation {
  readonly definition: RotationDefinition;
  readonly secret: SecretDescription;
  /** The version that this rotation makes. */
  readonly version: VersionId;
  readonly rotationToken?: string;
}

/** The definition of a secret. @throws SECRET_NOT_CONFIGURED */
export function definitionOf(run: Invocation, secretId: string): RotationDefinition {
  const found = run.definitions.find(
    (definition) => speaksOf(definition, secretId) || definition.secretId === secretId,
  );
  if (found !== undefined) return found;
  throw new RotationError(
    'SECRET_NOT_CONFIGURED',
    `ROTATIONS has no definition for ${secretId}; ${known(run.definitions)}. Nothing was done. Ask for one of those, add this one, or detach this function from the secret.`,
  );
}

/** A few are enough to see a slip of the pen. */
function known(definitions: readonly RotationDefinition[]): string {
  const ids = definitions.slice(0, 8).map(({ secretId }) => secretId);
  const more = definitions.length > ids.length ? ` and ${definitions.length - ids.length} more` : '';
  return ids.length === 0 ? 'it has none' : `it has those of ${ids.join(', ')}${more}`;
}

/**
 * Whether the token may be worked on: rotation is on, the secret is not being deleted, and the version carries
 * AWSPENDING or is current already.
 *
 * @throws ROTATION_OFF, SECRET_UNREADABLE, VERSION_UNKNOWN, VERSION_NOT_PENDING
 */
export function mustBeOurs({ secret, version }: Rotation): 'current' | 'pending' {
  const where = `secret ${secret.arn}`;
  if (secret.deleted)
    throw new RotationError(
      'SECRET_UNREADABLE',
      `${where} is scheduled for deletion. Nothing was changed; what a dead run had paused is resumed. To go on: ${restoreSecret(secret.arn)}, then ${rotateSecret(secret.arn)}`,
    );
  if (!secret.rotationEnabled)
    throw new RotationError(
      'ROTATION_OFF',
      `rotation is not enabled on ${where}: it was cancelled or never turned on. Nothing was changed; what a dead run had paused is resumed. To go on: ${rotateSecret(secret.arn)}. To have links that hold version ${version} brought back to AWSCURRENT by the watchdog: ${removePending(secret.arn, version)}`,
    );
  const now = standing(secret, version);
  switch (now) {
    case 'current':
    case 'pending':
      return now;
    case 'unknown':
      throw new RotationError(
        'VERSION_UNKNOWN',
        `${where} has no labelled version ${version}: it never existed, or lost its label. This call changed nothing; links that hold the version are moved back to AWSCURRENT by the watchdog. To rotate: ${rotateSecret(secret.arn)} (the token is not chosen by hand)`,
      );
    case 'unlabelled':
      throw new RotationError(
        'VERSION_NOT_PENDING',
        `version ${version} of ${where} does not carry AWSPENDING: somebody moved the label or stored a value during the rotation. This call changed nothing; links that hold the version are moved back to AWSCURRENT by the watchdog. When the labels are right: ${rotateSecret(secret.arn)}`,
      );
  }
}

/**
 * Whether a version is to be worked on yet. To be asked behind a long wait, before anything is decided for good: a twin or the
 * watchdog may have gone on meanwhile, and promoted it.
 *
 * @throws LABEL_MOVED when it is neither pending nor current any more
 */
export async function isStillPending({ secret, version }: Rotation, run: Invocation): Promise<boolean> {
  const now = standing(await run.secrets.describe(secret.arn), version);
  if (now === 'pending' || now === 'current') return now === 'pending';
  throw new RotationError(
    'LABEL_MOVED',
    `version ${version} of ${secret.arn} lost AWSPENDING while this call was at work on it. Nothing more was changed by it; links that hold the version are moved back to AWSCURRENT by the watchdog. To rotate: ${rotateSecret(secret.arn)}`,
  );
}

/** A secret's value with its parsed form. */
export interface Value extends SecretValue {
  readonly fields: FlatSecret;
}

/** The value of AWSCURRENT; `null` without one: a first rotation. @throws SECRET_SHAPE */
export async function currentValue(run: Invocation, arn: string): Promise<Value | null> {
  const stored = await run.secrets.read(arn, { label: 'AWSCURRENT' });
  return stored === null
    ? null
    : { ...stored, fields: parseFlatSecret(stored.value, `the AWSCURRENT value of ${arn}`) };
}

/** The value of a version, or `null`. @throws SECRET_SHAPE */
export async function valueOf(run: Invocation, arn: string, version: VersionId): Promise<Value | null> {
  const stored = await run.secrets.read(arn, { version });
  return stored === null ? null : { ...stored, fields: parseFlatSecret(stored.value, `version ${version} of ${arn}`) };
}

/** The pending value. The store's reads may lag behind the put (facts: aws-rotation, section 3), so "none" is asked again for 5 s. @throws PENDING_WITHOUT_VALUE */
export async function pendingValue({ secret, version }: Rotation, run: Invocation): Promise<Value> {
  const until = run.clock.now() + 5_000;
  for (;;) {
    const value = await valueOf(run, secret.arn, version);
    if (value !== null) return value;
    if (run.clock.now() >= until) {
      throw new RotationError(
        'PENDING_WITHOUT_VALUE',
        `version ${version} of ${secret.arn} has no value: createSecret has not stored one. Nothing was changed. The retry of the whole rotation begins with createSecret.`,
      );
    }
    await run.clock.sleep(500);
  }
}

/** What the journal knows of a secret. */
export async function secretRecord(run: Invocation, arn: string): Promise<SecretRecord> {
  return (await run.table.read('secret', arn))?.item ?? newSecretRecord;
}

/** Changes a secret's record; when somebody else wrote meanwhile, the change is made again on what they wrote. */
export async function updateSecretRecord(
  run: Invocation,
  arn: string,
  change: (record: SecretRecord) => SecretRecord,
): Promise<void> {
  for (;;) {
    const stored = await run.table.read('secret', arn);
    const item = change(stored?.item ?? newSecretRecord);
    if ((await run.table.write('secret', arn, item, stored?.revision ?? 0)) !== null) return;
    await run.clock.sleep(50);
  }
}

/** The record as seen by a version: marks of another version do not count. */
export function marksOf(
  record: SecretRecord,
  version: VersionId,
): Pick<SecretRecord, 'setAt' | 'testedAt' | 'failedProofs'> {
  return record.version === version ? record : { failedProofs: 0 };
}

/** The record of a version that has to be set again. */
export function notSet({ setAt: _setAt, testedAt: _testedAt, ...record }: SecretRecord): SecretRecord {
  return record;
}

/** The source has refused a version once more: it is neither set nor proven. @returns how many times by now */
export async function countRefusal(run: Invocation, arn: string, version: VersionId): Promise<number> {
  let failedProofs = 0;
  await updateSecretRecord(run, arn, (record) => {
    failedProofs = marksOf(record, version).failedProofs + 1;
    return { ...notSet(record), version, failedProofs };
  });
  return failedProofs;
}
