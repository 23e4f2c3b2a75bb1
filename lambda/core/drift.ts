import type { Holding, KeyStatus, LinkStatus, VersionStatus } from './status';

/** What is compared: the secret, and what is known of links and keys. */
export interface Compared {
  /** AWSCURRENT; `null`: there is none, or it could not be read. */
  readonly current: VersionStatus | null;
  /** AWSPENDING on another version: links that hold it are where they should be. */
  readonly pending: VersionStatus | null;
  readonly links: readonly LinkStatus[];
  /** Clusters that were looked at. */
  readonly clusters: ReadonlySet<string>;
  /** Of the IAM user; `null`: it has none, or they could not be looked at. */
  readonly keys: readonly Pick<KeyStatus, 'keyId' | 'active'>[] | null;
}

/**
 * Where secret and links disagree, in sentences. No statement of SQL shows the credentials of a link, so this is what the journal
 * recorded when it set them; one altered by hand since shows only by what its pipelines run into.
 */
export function driftOf({ current, pending, links, clusters, keys }: Compared): readonly string[] {
  if (current === null) return [];
  return [...links.flatMap((link) => ofLink(link, current, pending, clusters)), ...ofKey(current, keys)];
}

function ofLink(
  { cluster, link, type, holds, agrees, bracket, pipelines }: LinkStatus,
  current: VersionStatus,
  pending: VersionStatus | null,
  clusters: ReadonlySet<string>,
): readonly string[] {
  const where = `${link} on ${cluster}`;
  if (type === null && clusters.has(cluster))
    return [
      `${where} has a record, and is not there any more, or not shown to this user. The next rotation forgets it.`,
    ];
  const [held, other] = holds;
  if (held === undefined) return [];
  if (other !== undefined) {
    if (bracket?.phase === 'open') return []; // it is being changed, or a dead run left it so: its pause tells
    const isPending = pending !== null && holds.some(({ version }) => version === pending.version);
    const who = isPending ? 'The retry of the rotation' : 'The watchdog or the next rotation';
    return [
      `${where} holds ${holds.map(inWords).join(' or ')}: the answer to its last change was lost. ${who} settles it.`,
    ];
  }
  const isSameKey = held.keyId !== null && held.keyId === current.keyId;
  if (agrees || isSameKey) {
    const refused = pipelines
      .filter(({ lastError }) => lastError?.kind === 'credential')
      .map(({ pipeline }) => pipeline);
    return refused.length === 0
      ? []
      : [
          `${where} was given AWSCURRENT, and the source has refused credentials to ${named(refused)} since: it was altered by hand, or AWSCURRENT may do less than before.`,
        ];
  }
  if (held.version !== null && held.version === pending?.version) return [];
  return [`${where} holds ${inWords(held)}, and AWSCURRENT is ${current.fingerprint}.`];
}

/** So many names make a sentence; more are counted. */
const mostNames = 8;

function named(pipelines: readonly string[]): string {
  const more = pipelines.length - mostNames;
  return `${pipelines.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function inWords({ version, fingerprint, labels }: Holding): string {
  if (version === null) return 'a credential that no rotation put there';
  return `version ${fingerprint ?? version} (${labels.length === 0 ? 'without a label' : labels.join(', ')})`;
}

function ofKey({ keyId }: VersionStatus, keys: Compared['keys']): readonly string[] {
  if (keyId === null || keys === null) return [];
  const key = keys.find((one) => one.keyId === keyId);
  if (key === undefined)
    return [`AWSCURRENT names key ${keyId}, which the user does not have: it was deleted, or is another user's.`];
  return key.active ? [] : [`AWSCURRENT names key ${keyId}, which is Inactive: whatever uses it is refused.`];
}
