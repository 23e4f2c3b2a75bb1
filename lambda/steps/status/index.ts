import { ownerOf, speaksOf, type RotationDefinition } from '../../core/definition';
import { driftOf } from '../../core/drift';
import { explain } from '../../core/explain';
import { asLabelled } from '../../core/history';
import { keyFingerprint, type KeyStatus, type SecretStatus, type Status } from '../../core/status';
import { hoursSince, iso } from '../../core/time';
import { standing } from '../../core/version';
import type { Invocation } from '../../ports';
import { definitionOf } from '../rotation';
import { sourceFor, type KeptKey } from '../sources';
import { journalStatus, readJournal, when, type Journal } from './journal';
import { linkStatuses } from './links';
import { Looking, toldUnseen, type Unseen } from './looking';
import { versionsOf } from './versions';

/** So many rotations are shown of each secret. */
const rotationsShown = 10;

/**
 * The one view of an operator. Changes nothing, anywhere, and fails for one reason only: that there is no such definition. What
 * cannot be looked at is said in `unseen`.
 *
 * @param secretId ARN or name; absent: all secrets
 * @throws SECRET_NOT_CONFIGURED
 */
export async function status(run: Invocation, secretId?: string): Promise<Status> {
  const definitions = secretId === undefined ? run.definitions : [definitionOf(run, secretId)];
  const now = run.clock.now();
  const looking = new Looking();
  const journal = await readJournal(run, looking);
  const secrets = await Promise.all(
    definitions.map((definition) => secretStatus(run, definition, journal, now, looking.unseen)),
  );
  return { at: iso(now), secrets };
}

async function secretStatus(
  run: Invocation,
  definition: RotationDefinition,
  journal: Journal,
  now: number,
  unread: readonly Unseen[],
): Promise<SecretStatus> {
  const looking = new Looking();
  const { secretId, source } = definition;
  const secret = await looking.at(`secret ${secretId}`, null, () => run.secrets.describe(secretId));
  const records = journal.links.filter((record) => speaksOf(definition, record.secretId));
  const history = journal.history
    .filter((past) => speaksOf(definition, past.secretId))
    .map((past) => asLabelled(past, secret));
  const [{ versions, valueless, current }, { links, clusters, unrecorded }] = await Promise.all([
    versionsOf(run, source, secret, now, looking),
    linkStatuses(run, definition, secret, journal.unread.includes('links') ? null : records, looking),
  ]);
  const owner = sourceFor(source).keys;
  const keys =
    owner === null || secret === null
      ? null
      : await looking.at(`the keys of ${ownerOf(source)}`, null, () =>
          owner.all(run, { secret, definition }, { current, unrecorded }),
        );
  const labelled = (wanted: 'current' | 'pending') =>
    versions.find(({ version }) => secret !== null && standing(secret, version) === wanted) ?? null;
  return {
    secretId: secret?.arn ?? secretId,
    source: { type: source.type, of: ownerOf(source) },
    rotation: {
      enabled: secret?.rotationEnabled ?? null,
      next: when(secret?.nextRotation),
      last: when(secret?.lastRotation),
    },
    versions,
    journal: journalStatus([...journal.secrets].find(([arn]) => speaksOf(definition, arn))?.[1]),
    links,
    keys: (keys ?? []).map((key) => keyStatus(key, now)),
    history: history.slice(0, rotationsShown),
    stuck:
      secret === null
        ? null
        : explain({
            ...{ now, functionName: run.functionName, secret, versions, valueless, links },
            history: journal.unread.includes('history') ? null : history,
            keys: keys ?? [],
            userName: owner === null ? null : ownerOf(source),
          }),
    drift: driftOf({ current: labelled('current'), pending: labelled('pending'), links, clusters, keys }),
    ...(journal.unread.length === 0 ? {} : { journalUnread: journal.unread }),
    unseen: toldUnseen([...unread, ...looking.unseen]),
  };
}

function keyStatus({ keyId, active, createdAt, lastUsed, fate }: KeptKey, now: number): KeyStatus {
  return {
    keyId,
    fingerprint: keyFingerprint(keyId),
    active,
    createdAt: iso(createdAt),
    ageHours: hoursSince(createdAt, now),
    lastUsed: lastUsed === null ? null : { ...lastUsed, at: iso(lastUsed.at) },
    fate: fate.words,
  };
}
