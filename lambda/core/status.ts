import type { LeftOut } from './bound';
import type { PastRotation } from './history';
import type { QualifiedName } from './names';
import type { VersionId } from './version';

/*
 * What `status` returns: the one view of an operator. It goes to people (command-line tool, page) and to machines (JSON), so its
 * times are ISO 8601 in UTC, its ages hours. No secret is in it, nor anything made from one: a fingerprint is made from a version
 * id or an access key id.
 */

export interface Status {
  /** When it was looked. */
  readonly at: string;
  readonly secrets: readonly SecretStatus[];
  /** What is not listed in an answer that would be too long; absent: all is. */
  readonly leftOut?: LeftOut;
}

export interface SecretStatus {
  /** ARN. */
  readonly secretId: string;
  readonly source: { readonly type: string; readonly of: string };
  /** `enabled` is `null`, as the dates are, when the secret could not be described. */
  readonly rotation: { readonly enabled: boolean | null; readonly next: string | null; readonly last: string | null };
  /** AWSCURRENT first, then AWSPENDING, AWSPREVIOUS, others. */
  readonly versions: readonly VersionStatus[];
  readonly journal: JournalStatus;
  readonly links: readonly LinkStatus[];
  /** Of the source's IAM user; empty for sources without keys. */
  readonly keys: readonly KeyStatus[];
  /** Newest first, at most ten. */
  readonly history: readonly PastRotation[];
  /** A rotation that does not go on by itself, or has failed and will be tried again; `null`: all is well. */
  readonly stuck: Explanation | null;
  /** Where secret and links disagree, in sentences; empty: they agree. */
  readonly drift: readonly string[];
  /** Of the journal, what could not be read: that nothing of it is told is no sign that there is none. Absent: all was read. */
  readonly journalUnread?: readonly JournalPart[];
  /** What could not be looked at (a cluster that is down, a right that is missing), in sentences with their error codes. */
  readonly unseen: readonly string[];
}

export interface VersionStatus {
  readonly version: VersionId;
  readonly fingerprint: string;
  readonly labels: readonly string[];
  /** `null`: it has no value yet, or that was not read. */
  readonly since: string | null;
  readonly ageHours: number | null;
  readonly keyId: string | null;
  /** Its value was not read; absent: it was, or there is none yet. */
  readonly unread?: true;
}

export type JournalPart = 'links' | 'secrets' | 'history';

export interface JournalStatus {
  /** The version that the marks speak of. */
  readonly version: VersionId | null;
  readonly setAt: string | null;
  readonly testedAt: string | null;
  readonly failedProofs: number;
  readonly unproven: readonly QualifiedName[];
  readonly retirements: readonly {
    readonly version: VersionId;
    readonly keyId: string | null;
    readonly switchedAt: string;
    readonly dueAt: string;
    /** Its end has begun; without `retiredAt` it is brought to its end, or taken back, by the next run. */
    readonly endingAt: string | null;
    readonly retiredAt: string | null;
  }[];
}

/** What a link may hold, as the journal knows it. */
export interface Holding {
  /** `null`: a credential that we did not put there. */
  readonly version: VersionId | null;
  readonly fingerprint: string | null;
  readonly keyId: string | null;
  readonly labels: readonly string[];
  readonly since: string | null;
}

export interface LinkStatus {
  readonly cluster: string;
  readonly link: QualifiedName;
  /** As the catalogue says it; `null`: the link is not there, or its cluster could not be looked at. */
  readonly type: string | null;
  /** One entry when certain, two around a change whose outcome is not confirmed; empty: nobody has a record. */
  readonly holds: readonly Holding[];
  /** It holds AWSCURRENT and nothing else. */
  readonly agrees: boolean;
  /** Its record, or the pause in it, was not read: whether we have paused its pipelines is not known, nor what it holds if `holds` is empty. Absent: both were. */
  readonly unread?: true;
  /** A pause, or what remains of one until its version is promoted. */
  readonly bracket: {
    readonly phase: 'open' | 'resumed';
    readonly direction: 'forward' | 'back';
    readonly to: VersionId;
    readonly openedAt: string;
    readonly pipelines: readonly QualifiedName[];
    /** How many more there are, which the answer does not list. */
    readonly leftOut?: number;
    /** Somebody is at work on it, or was until a moment ago: the lease on it runs. */
    readonly held: boolean;
    /** When the last lease on it runs out, or has; who is at work renews it. `null`: it was given back. */
    readonly leaseUntil: string | null;
  } | null;
  readonly pipelines: readonly PipelineStatus[];
  /** How many more there are, which the answer does not list: those first that run without an error. */
  readonly leftOut?: number;
}

export interface PipelineStatus {
  readonly pipeline: QualifiedName;
  /** The server's own word. */
  readonly state: string;
  /** It stands in the set of an open pause of ours. */
  readonly pausedByUs: boolean;
  /** Highest id of a batch that has succeeded; `null`: none. */
  readonly lastBatch: number | null;
  /** The newest error since the link's last change of credentials. */
  readonly lastError: { readonly at: string; readonly code: number; readonly kind: 'credential' | 'other' } | null;
}

export interface KeyStatus {
  readonly keyId: string;
  readonly fingerprint: string;
  readonly active: boolean;
  readonly createdAt: string;
  readonly ageHours: number;
  readonly lastUsed: { readonly at: string; readonly service: string; readonly region: string } | null;
  /** What it is and what becomes of it, in words: `AWSCURRENT`, `retires at … if unused`, `Inactive, deleted by the next rotation`, … */
  readonly fate: string;
}

/** A stuck secret told in words, with the one command that mends it. */
export interface Explanation {
  /** Since when the rotation is pending; `null`: unknown. */
  readonly since: string | null;
  readonly version: VersionId | null;
  /** The step that failed or was killed last; `null`: none is known to have been. */
  readonly step: string | null;
  readonly code: string | null;
  /** Without the code. */
  readonly why: string;
  readonly leftBehind: readonly string[];
  /** What happens by itself. */
  readonly next: string;
  /** The one command for a person; `null`: nothing is to be done. */
  readonly command: string | null;
  /** The command does not mend the cause, which `why` names, and fails the same way before that is mended. */
  readonly afterMending: boolean;
  /** Address of the log of the invocation that failed. */
  readonly logs: string | null;
}

/** Short, and the same wherever the version is shown. */
export const fingerprintOf = (version: VersionId): string => version.replaceAll('-', '').slice(0, 8);

/** The end of an access key id, as the console's lists are told apart. */
export const keyFingerprint = (keyId: string): string => `…${keyId.slice(-6)}`;
