import { ownerOf, speaksOf, type RotationDefinition } from '../../core/definition';
import { fingerprintOf, type SecretStatus, type Status, type VersionStatus } from '../../core/status';
import { hoursSince, iso } from '../../core/time';
import type { SecretDescription } from '../../core/version';
import type { Invocation } from '../../ports';
import { definitionOf, valueOf } from '../rotation';
import { sourceFor } from '../sources';
import { journalStatus, readJournal, type Journal } from './journal';
import { linkStatuses } from './links';
import { Looking } from './looking';

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
  unseen: readonly string[],
): Promise<SecretStatus> {
  const looking = new Looking();
  const { secretId, source } = definition;
  const secret = await looking.at<SecretDescription | null>(`secret ${secretId}`, null, () =>
    run.secrets.describe(secretId),
  );
  const own = journal.links.filter((record) => speaksOf(definition, record.secretId));
  const record = [...journal.secrets].find(([arn]) => speaksOf(definition, arn))?.[1];
  const [versions, links] = await Promise.all([
    secret === null ? [] : versionsOf(run, definition, secret, now, looking),
    linkStatuses(run, definition, secret, own, looking),
  ]);
  return {
    secretId: secret?.arn ?? secretId,
    source: { type: source.type, of: ownerOf(source) },
    rotation: {
      enabled: secret?.rotationEnabled ?? false,
      next: when(secret?.nextRotation),
      last: when(secret?.lastRotation),
    },
    versions,
    journal: journalStatus(record),
    links,
    keys: [],
    history: [],
    stuck: null,
    drift: [],
    unseen: [...unseen, ...looking.unseen],
  };
}

const order = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'];
const rank = (labels: readonly string[]): number => {
  const at = order.findIndex((label) => labels.includes(label));
  return at < 0 ? order.length : at;
};

async function versionsOf(
  run: Invocation,
  { source }: RotationDefinition,
  { arn, deleted, labels }: SecretDescription,
  now: number,
  looking: Looking,
): Promise<readonly VersionStatus[]> {
  const sorted = Object.entries(labels).sort(([, a], [, b]) => rank(a) - rank(b));
  return Promise.all(
    sorted.map(async ([version, on]) => {
      const value = deleted
        ? null
        : await looking.at(`version ${version} of ${arn}`, null, () => valueOf(run, arn, version));
      return {
        version,
        fingerprint: fingerprintOf(version),
        labels: on,
        since: when(value?.createdAt),
        ageHours: value === null ? null : hoursSince(value.createdAt, now),
        keyId: value === null ? null : (sourceFor(source).keyId(value.fields) ?? null),
      };
    }),
  );
}

const when = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : iso(at));
