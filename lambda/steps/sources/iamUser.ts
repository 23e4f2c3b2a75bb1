import { Credentials } from '../../core/credentials';
import { RotationError } from '../../core/errors';
import { newUserRecord, type Intent, type UserRecord } from '../../core/journal';
import { decideSlots, type KnownKey, type SlotDecision, type Slots } from '../../core/keys';
import type { FlatSecret } from '../../core/secret';
import { labelled } from '../../core/version';
import type { AwsCredentials, Invocation } from '../../ports';
import { withLease, type Held } from '../lease';
import { currentValue, valueOf, type Rotation, type Value } from '../rotation';
import { holders } from './holders';
import { waitUntilAccepted } from './trials';
import type { Source } from '.';

const keyField = 'aws_access_key_id';
const secretField = 'aws_secret_access_key';
/** A CreateAccessKey whose answer was lost may take effect this long after it was sent. Milliseconds; our own time-out is 10 s. */
const intentMs = 60_000;
/** ListAccessKeys may not show a key this young yet (facts: aws-rotation, section 13). Milliseconds. */
const listLagMs = 60_000;

/** Access keys of one IAM user. Old and new key are valid side by side. */
export function iamUser(userName: string): Source {
  return {
    overlap: true,
    keyId,
    create: (run, rotation, current) =>
      withLease(run, 'user', userName, newUserRecord, (held) => create(run, rotation, current, userName, held)),
    exists: async (run, pending) => {
      const id = keyId(pending.fields);
      if (id === undefined) return false;
      if (run.clock.now() - pending.createdAt < listLagMs) return true;
      return (await run.keys.list(userName)).some((key) => key.keyId === id);
    },
    accepted: async (run, pending, current, probes, until) => {
      const fresh = awsCredentials(pending.fields);
      if (fresh === null)
        throw new RotationError(
          'SECRET_SHAPE',
          `version ${pending.version} has no ${keyField} and ${secretField}. Nothing was changed.`,
        );
      await waitUntilAccepted(run, fresh, current === null ? null : awsCredentials(current.fields), probes, until);
    },
    obstacles: async (run, rotation, current) => {
      const record = (await run.table.read('user', userName))?.item ?? newUserRecord;
      const decision = decideSlots(await slotsOf(run, rotation, current, userName, record));
      return decision.do === 'stop' ? [await quota(run, rotation, current, userName, decision.keyIds)] : [];
    },
    discard: (run, id) => run.keys.remove(userName, id),
    lastUsed: (run, id) => run.keys.lastUsed(id),
    retire: (run, id) => run.keys.deactivate(userName, id),
  };
}

function keyId(fields: FlatSecret): string | undefined {
  const id = fields[keyField];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function awsCredentials(fields: FlatSecret): AwsCredentials | null {
  const id = keyId(fields);
  const secret = fields[secretField];
  return id !== undefined && typeof secret === 'string' && secret !== ''
    ? { keyId: id, secret: new Credentials(secret) }
    : null;
}

async function create(
  run: Invocation,
  rotation: Rotation,
  current: Value | null,
  userName: string,
  held: Held<'user'>,
): Promise<void> {
  // a twin of this call may have stored a value while we waited for the lease
  if ((await valueOf(run, rotation.secret.arn, rotation.version)) !== null) return;
  await makeRoom(run, rotation, current, userName, held);
  const seen = (await run.keys.list(userName)).map((key) => key.keyId);
  const now = run.clock.now();
  // an earlier call may still take effect: what it makes is ours as well
  const former = held.item.intent !== null && held.item.intent.until >= now ? held.item.intent : null;
  const { arn: secretId } = rotation.secret;
  const intent: Intent = {
    secretId,
    version: rotation.version,
    seen,
    openedAt: former?.openedAt ?? now,
    until: now + intentMs,
  };
  await held.save((record) => ({ ...record, intent }));
  await held.guard();
  const made = await run.keys.create(userName);
  switch (made.is) {
    case 'unknown':
      throw new RotationError(
        'CREATE_REFUSED',
        `CreateAccessKey for ${userName} got no answer. A key may exist whose secret nobody knows; the journal remembers which keys were there before, and the next try deletes exactly that one. Links and pipelines were not touched.`,
      );
    case 'refused':
      await held.save((record) => ({ ...record, intent: former === null ? null : intent }));
      if (made.code.startsWith('LimitExceeded'))
        throw await quota(
          run,
          rotation,
          current,
          userName,
          (await run.keys.list(userName)).map((key) => key.keyId),
        );
      throw new RotationError(
        'CREATE_REFUSED',
        `AWS refused CreateAccessKey for ${userName}: ${made.code}. No key was made; links and pipelines were not touched. Check the user name and the function's IAM permissions.`,
      );
    case 'made':
      await store(run, rotation, current, userName, held, { keyId: made.keyId, secret: made.secret });
  }
}

/** The first writer wins: whoever comes second deletes the key it just made. */
async function store(
  run: Invocation,
  { secret, version, rotationToken }: Rotation,
  current: Value | null,
  userName: string,
  held: Held<'user'>,
  made: AwsCredentials,
): Promise<void> {
  const { aws_session_token: _dropped, ...carried } = current?.fields ?? {};
  const value = new Credentials(
    JSON.stringify({ ...carried, [keyField]: made.keyId, [secretField]: made.secret.reveal() }),
  );
  const stored = await run.secrets.put(secret.arn, version, value, rotationToken);
  if (!stored) await run.keys.remove(userName, made.keyId);
  run.log.info(stored ? 'key-created' : 'key-discarded', { userName, keyId: made.keyId, version });
  await held.save((record) => ({ ...record, intent: null }));
}

/** Deletes what is ours and unused, until a slot is free. @throws KEY_QUOTA, having changed nothing that is not ours */
async function makeRoom(
  run: Invocation,
  rotation: Rotation,
  current: Value | null,
  userName: string,
  held: Held<'user'>,
): Promise<void> {
  for (;;) {
    const decision: SlotDecision = decideSlots(await slotsOf(run, rotation, current, userName, held.item));
    switch (decision.do) {
      case 'create':
        return;
      case 'stop':
        throw await quota(run, rotation, current, userName, decision.keyIds);
      case 'delete':
        await held.guard();
        await run.keys.remove(userName, decision.keyId);
        if (decision.because === 'orphan') await held.save((record) => ({ ...record, intent: null }));
        run.log.info('key-deleted', { userName, keyId: decision.keyId, because: decision.because });
    }
  }
}

async function slotsOf(
  run: Invocation,
  { secret, definition }: Pick<Rotation, 'secret' | 'definition'>,
  current: Value | null,
  userName: string,
  record: UserRecord,
): Promise<Slots> {
  const keys = await run.keys.list(userName);
  const used = async (id: string): Promise<boolean> => (await run.keys.lastUsed(id)) !== null;
  const known = await Promise.all(
    keys.map(async (key): Promise<KnownKey> => ({
      ...key,
      everUsed: record.intent === null || record.intent.seen.includes(key.keyId) || (await used(key.keyId)),
    })),
  );
  const labels = { pending: labelled(secret, 'AWSPENDING'), previous: labelled(secret, 'AWSPREVIOUS') };
  const idIn = async (version: string | null): Promise<string | null> => {
    const value = version === null ? null : await valueOf(run, secret.arn, version);
    return value === null ? null : (keyId(value.fields) ?? null);
  };
  const currentId = current === null ? null : (keyId(current.fields) ?? null);
  return {
    keys: known,
    current: currentId,
    pending: await idIn(labels.pending),
    previous: await idIn(labels.previous),
    intent: record.intent,
    // at a first rotation no link has a record, and the slots alone decide
    ...(currentId === null ? { recorded: new Set<string>(), unknownHolder: false } : await holders(run, definition)),
  };
}

async function quota(
  run: Invocation,
  { secret }: Pick<Rotation, 'secret'>,
  current: Value | null,
  userName: string,
  keyIds: readonly string[],
): Promise<RotationError> {
  const now = current ?? (await currentValue(run, secret.arn));
  const inUse = now === null ? undefined : keyId(now.fields);
  const record = (await run.table.read('secret', secret.arn))?.item;
  const about = keyIds.map((id) => {
    const retirement = record?.retirements.find((waiting) => waiting.keyId === id);
    if (id === inUse) return `${id} (AWSCURRENT)`;
    return retirement === undefined
      ? `${id} (not known to be unused)`
      : `${id} (in use until the last rotation; retires at ${new Date(retirement.dueAt).toISOString()} if unused)`;
  });
  return new RotationError(
    'KEY_QUOTA',
    `IAM user ${userName} has no free slot for a new access key: ${about.join(' and ')}. Nothing was created, deleted or paused. When the key that is not AWSCURRENT is out of use, deactivate and delete it in IAM, then rotate again.`,
  );
}
