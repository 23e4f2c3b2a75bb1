import { deleteKey, moveCurrent, retireAtOnce, rotateSecret } from '../../core/commands';
import { RotationError } from '../../core/errors';
import { fateOf } from '../../core/fate';
import type { HeldVersion, UserRecord } from '../../core/journal';
import { holdersOf, slotsPerUser, type KnownKey, type Slots } from '../../core/keys';
import { iso } from '../../core/time';
import type { VersionId } from '../../core/version';
import type { FlatSecret } from '../../core/secret';
import type { Invocation } from '../../ports';
import { withoutStrangers } from '../kin';
import type { Rotation } from '../rotation';
import { claimsOn } from './claims';
import type { Found, KeptKey } from '.';

/** One user's keys, on behalf of one secret. */
export interface Keeping extends Pick<Rotation, 'secret' | 'definition'>, Found {
  readonly run: Invocation;
  readonly userName: string;
  readonly keyId: (fields: FlatSecret) => string | undefined;
  /** The version that a key is to be made for: known to have no value. */
  readonly empty?: VersionId;
}

/** What decides whether a key may be made. Where a slot is free and no key can be an orphan, nothing has to be protected. */
export async function slotsOf(keeping: Keeping, record: UserRecord): Promise<Slots> {
  const { run, userName, keyId, current } = keeping;
  const keys = await run.keys.list(userName);
  const inUse = current === null ? undefined : keyId(current.fields);
  const isUnknown = keys.some((key) => key.keyId === record.made?.keyId && key.keyId !== inUse);
  if (keys.length >= slotsPerUser || record.intent !== null || isUnknown) return protectedSlots(keeping, record, keys);
  const known = keys.map((key) => ({ ...key, everUsed: true }));
  const none = { current: null, pending: null, previous: null, intent: null, claimed: [] };
  return { keys: known, ...none, abandoned: null, unstored: null, recorded: new Set(), unknownHolder: true };
}

/** The two slots, with all that protects a key in them. */
async function protectedSlots(
  keeping: Keeping,
  record: UserRecord,
  keys: Awaited<ReturnType<Invocation['keys']['list']>>,
): Promise<Slots> {
  const { run, keyId, definition, current, unrecorded } = keeping;
  const ids = keys.map((key) => key.keyId);
  const claims = await claimsOn(ids, keeping, record);
  const { intent, unstored } = claims;
  const suspects = (id: string): boolean => (intent !== null && !intent.seen.includes(id)) || id === unstored;
  const { made } = record;
  const known = await Promise.all(
    keys.map(async (key): Promise<KnownKey> => ({
      ...key,
      everUsed: !suspects(key.keyId) || (await run.keys.lastUsed(key.keyId)) !== null,
      ...(made?.at !== undefined && key.keyId === made.keyId ? { madeAt: made.at } : {}),
    })),
  );
  const records = (await run.table.list('link')).map(({ item }) => item);
  return {
    keys: known,
    ...claims,
    ...holdersOf(withoutStrangers(records, definition, run.definitions), unrecorded),
    // at a first rotation links have no record, and the slots alone decide
    ...(current === null || keyId(current.fields) === undefined ? { unknownHolder: false } : {}),
  };
}

/** The user's keys, with what becomes of each. */
export async function keptKeys(keeping: Keeping, record: UserRecord): Promise<readonly KeptKey[]> {
  const { run, userName, secret } = keeping;
  const keys = await run.keys.list(userName);
  const slots = await protectedSlots(keeping, record, keys);
  const retirements = (await run.table.read('secret', secret.arn))?.item.retirements ?? [];
  return Promise.all(
    keys.map(async ({ keyId, active, createdAt }) => {
      const retirement = retirements.find((one) => one.keyId === keyId);
      const lastUsed = await run.keys.lastUsed(keyId);
      const fate = fateOf(keyId, slots, retirement, lastUsed, run.clock.now());
      return { keyId, active, createdAt, lastUsed, fate };
    }),
  );
}

/** The error for a user whose slots are taken by keys that are not ours to delete. */
export async function noFreeSlot(
  { run, userName, keyId, secret, current }: Keeping,
  keyIds: readonly string[],
): Promise<RotationError> {
  const inUse = current === null ? undefined : keyId(current.fields);
  const record = (await run.table.read('secret', secret.arn))?.item;
  const links = await run.table.list('link');
  const held = links.flatMap(({ item }) => (item.secretId === secret.arn ? item.holds : []));
  const about = keyIds.map((id) => {
    if (id === inUse) return `${id} (AWSCURRENT)`;
    const holding = links.filter(({ item }) => item.holds.some((one) => one.keyId === id)).map(({ key }) => key);
    if (holding.length > 0) {
      return `${id} (by the journal ${holding.join(', ')} may hold it; if that link is gone or holds another key, remove its item from the journal's table)`;
    }
    const retirement = record?.retirements.find((waiting) => waiting.keyId === id);
    return retirement === undefined
      ? `${id} (not known to be unused)`
      : `${id} (in use until the last rotation; retires at ${iso(retirement.dueAt)} if unused)`;
  });
  return new RotationError(
    'KEY_QUOTA',
    `IAM user ${userName} has no free slot for a new access key: ${about.join(' and ')}. Nothing was created, deleted or paused. ${storedByHand(current, inUse, held, secret.arn, userName) ?? `${toFree()}, then ${rotateSecret(secret.arn)}`}`,
  );

  /** Where the journal waits for its end, on evidence; of a key that nobody knows, only a person can say that it is out of use. */
  function toFree(): string {
    const other = keyIds.find((id) => id !== inUse) ?? 'KEY';
    return record?.retirements.some(({ keyId: id }) => id === other) === true
      ? `To end the older one now, if nothing uses it: ${retireAtOnce(run.functionName, secret.arn)}`
      : `When the key that is not AWSCURRENT is out of use, ${deleteKey(userName, other)}`;
  }
}

/** AWSCURRENT names a key that no link holds, while links hold another: somebody has stored a value, or moved the label. */
function storedByHand(
  current: Keeping['current'],
  inUse: string | undefined,
  held: readonly HeldVersion[],
  arn: string,
  userName: string,
): string | null {
  const other = held.find(({ version, keyId }) => version !== null && keyId !== undefined && keyId !== inUse);
  if (current === null || inUse === undefined || other?.version == null) return null;
  if (held.some(({ keyId }) => keyId === inUse)) return null;
  return `AWSCURRENT was stored or moved by hand: no link holds its key, and the links hold ${other.keyId ?? ''} of version ${other.version}. To go on from what the links hold: ${moveCurrent(arn, current.version, other.version)}, then ${deleteKey(userName, inUse)}, then ${rotateSecret(arn)}`;
}
