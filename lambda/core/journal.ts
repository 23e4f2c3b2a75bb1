import type { PastRotation } from './history';
import type { Json } from './json';
import type { QualifiedName } from './names';
import type { OwedNotice } from './notice';
import type { Identity } from './pipeline';
import type { VersionId } from './version';

/*
 * What the table remembers. Each item is written as a whole, conditional on its revision (see `Table` in ports.ts), so
 * an item changes in one step or not at all; nothing here needs a transaction. No secret is ever in it: credentials
 * are named by version id and access key id.
 */

/** The right to change what the item describes, for a while. A holder is one invocation, not one version. */
export interface Lease {
  readonly holder: string;
  /** Epoch milliseconds. */
  readonly until: number;
}

export interface Leased {
  /** Grows by one with each new holder, never falls. */
  readonly fence: number;
  readonly lease: Lease | null;
}

/** A credential that a link may hold. `version` null: one that we did not put there. */
export interface HeldVersion {
  readonly version: VersionId | null;
  /** The access key id, for sources that have one. */
  readonly keyId?: string;
  /** Epoch milliseconds of the ALTER that put it there. */
  readonly since?: number;
}

/** Value of a CONFIG key before a change, as it was written; `absent` when the key was not there. */
export type ConfigValue = { readonly json: Json } | { readonly absent: true };

/**
 * One pause of a link's pipelines. Written before the first STOP, with the names in chunks written before it; a header
 * that says `open` means: whatever of the set is stopped was stopped by us.
 */
export interface Bracket {
  /** Names the chunks of its set. */
  readonly id: string;
  /** `open`: members may be paused. `resumed`: each member was seen started, or gone. The set stays until promotion or rollback. */
  readonly phase: 'open' | 'resumed';
  readonly direction: 'forward' | 'back';
  readonly to: VersionId;
  /** How many chunks of names belong to it. */
  readonly chunks: number;
  /** Errors newer than this are news: the newest ERROR_UNIX_TIMESTAMP before the first STOP, by the server's clock. Seconds. */
  readonly errorsAfter: number;
  /** CONFIG keys that change, with what they were before: for the way back. */
  readonly config: Readonly<Record<string, ConfigValue>>;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  readonly resumedAt?: number;
  /** Members that may stop yet: a server may carry out our STOP when a batch ends, long after its client is gone. */
  readonly lingering?: readonly Lingering[];
}

/** A STOP that may still come into effect. It is over when two batches have ended since: then the pipeline goes on loading. */
export interface Lingering {
  readonly pipeline: QualifiedName;
  /** As in {@link Member}. */
  readonly identity?: Identity;
  /** Highest id of an ended batch, when last looked. */
  readonly ended: number;
  /** How many times that has grown. */
  readonly grown: number;
}

/** A lingering STOP is watched for this long, for pipelines that load nothing, or whose batch goes on. Milliseconds. */
export const lingerMs = 4 * 3_600_000;

/** All we know of one link of one cluster. */
export interface LinkRecord extends Leased {
  /** `host:port`. */
  readonly cluster: string;
  readonly link: QualifiedName;
  /** The rotated secret that last changed the link. */
  readonly secretId: string;
  /** Enough to resume without a rotation definition. */
  readonly connectionSecretId: string;
  /** Connections that the holder may act through; its successor kills them first. Those that it could not see gone stay. */
  readonly connections: readonly number[];
  /** When connections were left that could not be ended: whoever sleeps behind one may act as long as it lives. Epoch milliseconds. */
  readonly leftAt?: number;
  /** What the link may hold: one entry when certain, two around an ALTER whose outcome is not confirmed. */
  readonly holds: readonly HeldVersion[];
  readonly bracket: Bracket | null;
}

/** No process of ours lives longer: Lambda ends each after 15 minutes at the latest. Milliseconds. */
export const longestLifeMs = 16 * 60_000;

/** The record with these connections in the place of others. @param leftAt when they were left, if they could not be ended */
export function through(record: LinkRecord, connections: readonly number[], leftAt?: number): LinkRecord {
  const { leftAt: _former, ...rest } = record;
  return { ...rest, connections, ...(leftAt === undefined || connections.length === 0 ? {} : { leftAt }) };
}

/** Connections through which somebody may act yet. */
export const mayAct = ({ connections, leftAt }: LinkRecord, now: number): readonly number[] =>
  leftAt !== undefined && now - leftAt > longestLifeMs ? [] : connections;

/** A member of a bracket's set. */
export interface Member {
  readonly pipeline: QualifiedName;
  /** Which of this name was promised to be started again. Absent: the server did not say, so whatever bears the name is meant. */
  readonly identity?: Identity;
  /** Batches above this id began after the resume; null until the pipeline was resumed. */
  readonly batchesAfter: number | null;
  /** Credentials of ours had driven it into Error before this bracket: it is to be started, though it was not stopped. */
  readonly driven?: true;
}

/** At most this many names stand in one chunk: 400 KB is the limit of an item, and a name has at most 2 × 64 characters of 6 bytes as JSON, an identity at most 80 of one. */
export const membersPerChunk = 400;

export interface SetChunk {
  readonly members: readonly Member[];
}

/** How far a rotation of a secret has come. */
export interface SecretRecord {
  /** The version that `setAt` and `testedAt` speak of. */
  readonly version: VersionId | null;
  /** Epoch milliseconds at which setSecret was done. */
  readonly setAt?: number;
  readonly testedAt?: number;
  /** Proofs of `version` that ended in a credential error. */
  readonly failedProofs: number;
  /** What AWSCURRENT was when `version` was set, and its key: due to retire once it is AWSPREVIOUS. */
  readonly replaces?: { readonly version: VersionId; readonly keyId: string };
  /** A version that gave way to a newer mirrored value: links keep what they have of it until that comes. */
  readonly superseded?: VersionId;
  /** For a mirrored secret: its version that was taken over last. */
  readonly mirrored?: VersionId;
  readonly retirements: readonly Retirement[];
  /** Pipelines that had loaded no batch when the version was promoted: watched until the older credentials retire. */
  readonly unproven: readonly Unproven[];
}

export const newSecretRecord: SecretRecord = { version: null, failedProofs: 0, retirements: [], unproven: [] };
export const newUserRecord: UserRecord = { fence: 0, lease: null, intent: null };

/** Whether the link holds this version and nothing else. */
export const holdsOnly = ({ holds }: LinkRecord, version: VersionId): boolean =>
  holds.length === 1 && holds[0]?.version === version;

/** Whether the link is done with its move to this version: holds it for certain, and no other move is recorded. */
export function settledOn(record: LinkRecord | null, version: VersionId): boolean {
  if (record === null || !holdsOnly(record, version)) return false;
  return record.bracket === null || (record.bracket.phase === 'resumed' && record.bracket.to === version);
}

/** Whether the link may hold this version. */
export const mayHold = (record: LinkRecord, version: VersionId): boolean =>
  record.holds.some((held) => held.version === version);

/** Credentials that are out of use and wait for their end. */
export interface Retirement {
  readonly version: VersionId;
  readonly keyId?: string;
  /** Epoch milliseconds of the promotion of its successor. */
  readonly switchedAt: number;
  readonly dueAt: number;
  /** Epoch milliseconds. Written before the key is set Inactive: whoever finds it without `retiredAt`, and the key in use, takes that back. */
  readonly endingAt?: number;
  /** When the key was set Inactive. It is deleted by the next rotation. */
  readonly retiredAt?: number;
}

/** Whether the switch came after the proof that the record tells of, if of any: then both are of one rotation, and nothing newer is proven. */
export const comesAfterProof = ({ switchedAt }: Retirement, { testedAt }: SecretRecord): boolean =>
  (testedAt ?? 0) <= switchedAt;

export interface Unproven {
  readonly cluster: string;
  readonly connectionSecretId: string;
  readonly pipeline: QualifiedName;
  readonly errorsAfter: number;
  readonly batchesAfter: number | null;
}

/** What stands in the table about an IAM user while a key is being made. */
export interface UserRecord extends Leased {
  /** Written before CreateAccessKey is sent, taken away by its answer. Open: a key may exist whose secret nobody knows. */
  readonly intent: Intent | null;
  /** The key that we made last, and for which version: ours to delete once that version has lost its labels, or does not name it when its value can no longer arrive, and no link holds it. */
  readonly made?: {
    readonly keyId: string;
    readonly secretId: string;
    readonly version: VersionId;
    /** When its PutSecretValue was about to be sent, epoch milliseconds. */
    readonly at?: number;
    /** It is about to be deleted: whoever stores it yet takes its version back. */
    readonly ending?: true;
  };
}

export interface Intent {
  readonly secretId: string;
  readonly version: VersionId;
  /** Versions of earlier intents, of any secret, whose keys may appear under this one. */
  readonly covers?: readonly Pick<Intent, 'secretId' | 'version'>[];
  /** Key ids that existed before. */
  readonly seen: readonly string[];
  /** Epoch milliseconds. A key made by this intent was created between the two, give or take the clocks. */
  readonly openedAt: number;
  readonly until: number;
}

/** The items of the table by kind. */
export interface Items {
  readonly link: LinkRecord;
  readonly set: SetChunk;
  readonly secret: SecretRecord;
  readonly user: UserRecord;
  /** For people: nothing is decided by it. Ends by itself, after `historyDays`. */
  readonly history: PastRotation;
  /** For people, too: gone once the topic has taken it, or with the history. */
  readonly notice: OwedNotice;
}
export type Kind = keyof Items;

export const linkKey = (cluster: string, link: QualifiedName): string => `${cluster}/${link}`;
export const chunkKey = (cluster: string, link: QualifiedName, bracketId: string, chunk: number): string =>
  `${linkKey(cluster, link)}/${bracketId}/${String(chunk).padStart(4, '0')}`;
