import {
  activateKey,
  deleteKey,
  recoverNow,
  removePending,
  restoreSecret,
  retireAtOnce,
  rotateSecret,
} from './commands';
import { withoutCode, type ErrorCode } from './errors';
import type { Fate } from './fate';
import type { PastRotation } from './history';
import type { Explanation, LinkStatus, VersionStatus } from './status';
import { slotsPerUser } from './keys';
import { iso, triesAgain } from './time';
import { standing, type SecretDescription, type VersionId } from './version';

/** All that tells why a secret does not rotate. */
export interface Circumstances {
  /** Epoch milliseconds. */
  readonly now: number;
  /** `null` outside Lambda. */
  readonly functionName: string | null;
  readonly secret: SecretDescription;
  readonly versions: readonly VersionStatus[];
  /** Versions that have no value yet. */
  readonly valueless: readonly VersionId[];
  readonly links: readonly LinkStatus[];
  readonly keys: readonly { readonly keyId: string; readonly active: boolean; readonly fate: Fate }[];
  /** Of the IAM user; `null`: the source has none. */
  readonly userName: string | null;
  /** Newest first; `null`: it could not be read. */
  readonly history: readonly PastRotation[] | null;
}

/** No call of ours lives longer: a rotation of which nothing was heard for this long goes on no more. Milliseconds. */
const silentMs = 20 * 60_000;
/** The watchdog comes every minute: what it has not mended by now, it cannot. Milliseconds. */
const watchdogMs = 3 * 60_000;
/** A rotation that has failed so often, or for a day, needs a person, whatever the reason. */
const manyFailures = 5;
const dayMs = 24 * 3_600_000;

/** Reasons that pass by themselves. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AWS_REFUSED',
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'CREDENTIALS_NOT_ACCEPTED',
  'PIPELINE_BUSY',
  'TIME_SHORT',
  'DRAIN_EXCEEDED',
  'STOP_UNANSWERED',
  'NEWCOMERS',
  'ALTER_UNANSWERED',
  'LEASE_HELD',
  'LEASE_LOST',
  'PROOF_FAILED',
  'STEP_OUT_OF_ORDER',
  'LABEL_MOVED',
  'PENDING_WITHOUT_VALUE',
]);

/** Whether what failed with this code goes well some time when it is only tried again. */
export const passesByItself = (code: ErrorCode): boolean => passing.has(code);

/** In the message of what was found by a call, and may have been mended since. */
export const notTriedAgain = 'which was not tried again by this look';

type Case = (c: Circumstances) => Explanation | null;

/**
 * Why a secret does not rotate, what is left behind, what happens by itself, and the one command that mends it; the most urgent
 * reason first. `null`: nothing is stuck; a rotation may be under way.
 */
export function explain(c: Circumstances): Explanation | null {
  const cases: readonly Case[] = [leftPaused, deleted, switchedOff, abandoned, pendingFailed, pendingSilent, givenUp];
  for (const tell of cases) {
    const told = tell(c);
    if (told !== null) return told;
  }
  return null;
}

/** A pause whose run is dead: before all else, pipelines are to run. */
const leftPaused: Case = (c) => {
  const dead = c.links.filter(({ bracket }) => bracket?.phase === 'open' && !bracket.held);
  const [oldest] = dead.flatMap(({ bracket }) => bracket ?? []).sort((a, b) => (a.openedAt < b.openedAt ? -1 : 1));
  if (oldest === undefined) return null;
  const { openedAt: since, leaseUntil, to: version, direction } = oldest;
  const freeAt = Math.max(Date.parse(since), Date.parse(leaseUntil ?? since)); // before that nobody may touch it
  const isLate = c.now - freeAt > watchdogMs;
  const told = toldOf(c, version);
  const failedAt = pastOf(c, version)?.failure?.at ?? -Infinity;
  // what failed before the pause was begun is not why it was left; forward, only setSecret begins one
  const killed = { step: direction === 'forward' ? 'setSecret' : null, code: null, logs: null };
  return {
    ...told,
    ...(failedAt < Date.parse(since) ? killed : {}),
    since,
    why: `pipelines are paused by a run that died${isLate ? ', and the watchdog has not started them yet: it does not come, or cannot' : ''}.`,
    next: isLate
      ? 'The watchdog, if it comes, tries again every minute.'
      : `The watchdog starts them within a minute of the end of the dead run's lease (30 s). Not to wait for it: ${recoverNow(c.functionName)}`,
    command: isLate ? recoverNow(c.functionName) : null,
  };
};

const deleted: Case = (c) =>
  !c.secret.deleted
    ? null
    : {
        ...toldOf(c, pendingOf(c)?.version ?? null),
        step: null,
        code: 'SECRET_UNREADABLE',
        why: 'the secret is scheduled for deletion, so its value cannot be read.',
        next: 'Nothing but its deletion. Links keep the credentials that they have.',
        command: restoreSecret(c.secret.arn),
      };

const switchedOff: Case = (c) => {
  if (c.secret.rotationEnabled) return null;
  const pending = pendingOf(c);
  return {
    ...toldOf(c, pending?.version ?? null),
    step: null,
    code: 'ROTATION_OFF',
    why: `rotation is not enabled: it was cancelled, or never turned on.${pending === null ? '' : ' AWSPENDING was left behind.'}`,
    next: 'Nothing. To go on with the rotation, turn it on again with the command; it says what it needs if it was never configured.',
    command: rotateSecret(c.secret.arn),
  };
};

/** Links that hold a version which has lost its labels. */
const abandoned: Case = (c) => {
  const lost = c.links.flatMap(({ holds, link }) =>
    holds.flatMap(({ version }) =>
      version !== null && standing(c.secret, version) === 'unknown' ? [{ link, version }] : [],
    ),
  );
  const [first] = lost;
  if (first === undefined) return null;
  return {
    ...toldOf(c, first.version),
    leftBehind: lost.map(({ link, version }) => `${link} may hold version ${version}`),
    why: `version ${first.version} has lost its labels (AWSPENDING was removed, or a value was stored by hand) while links hold it.`,
    next: `The watchdog moves these links back to AWSCURRENT within a minute, and Secrets Manager rotates again in its next window${windowEnd(c, ', which ends at ')}. Should the links stay as they are, the command does the same at once, and says what is in the way.`,
    command: recoverNow(c.functionName),
  };
};

const pendingFailed: Case = (c) => {
  const pending = pendingOf(c);
  const past = pastOf(c, pending?.version);
  const failure = past?.failure;
  if (pending === null || past === undefined || failure === undefined) return null;
  const lasting = past.failures >= manyFailures || c.now - past.startedAt > dayMs;
  const waits = passesByItself(failure.code) && !lasting;
  const mended = looksMended(c, failure.code);
  if (mended !== null)
    return {
      ...toldOf(c, pending.version),
      why: `the last call, at ${iso(failure.at)}, found no free slot for a new access key. That looks mended: ${mended}.`,
      next: `${triedAgain(c)} The command does so at once.`,
      command: rotateSecret(c.secret.arn),
    };
  return {
    ...toldOf(c, pending.version),
    next: waits
      ? `${triedAgain(c)} Nothing is to be done.`
      : `${triedAgain(c)} Each call fails the same way until the cause is mended; ${past.failures} failed so far.${inTheWay(c, failure.code)}`,
    ...(waits ? {} : mending(c, pending, failure.code)),
  };
};

/** What has changed since a call failed so that the next one need not; `null`: nothing that is known. */
function looksMended({ keys, userName }: Circumstances, code: ErrorCode): string | null {
  if (code !== 'KEY_QUOTA' || userName === null || keys.length === 0) return null; // none: they were not seen
  if (keys.length < slotsPerUser) return `${userName} has a free slot`;
  const ends = keys.find(({ fate }) => fate.is === 'ends');
  return ends === undefined ? null : `${ends.keyId} is ${ends.fate.words}`;
}

/** The key without which there would be a slot, where only its use is against its end. */
function inTheWay({ keys }: Circumstances, code: ErrorCode): string {
  const used = code === 'KEY_QUOTA' ? keys.find(({ fate }) => fate.is === 'used') : undefined;
  return used === undefined ? '' : ` In the way is key ${used.keyId}, ${used.fate.words}.`;
}

const triedAgain = (c: Circumstances): string => `${triesAgain}${windowEnd(c, ': this one or the next ends at ')}.`;

/** What Secrets Manager calls the next date of a rotation is the end of a window; one that has passed tells nothing. */
const windowEnd = ({ secret: { nextRotation }, now }: Circumstances, words: string): string =>
  nextRotation === null || nextRotation <= now ? '' : `${words}${iso(nextRotation)}`;

function mending(c: Circumstances, pending: Pending, code: ErrorCode): Pick<Explanation, 'command' | 'afterMending'> {
  const { arn } = c.secret;
  const command = commandFor(c, pending, code);
  return { command: command ?? rotateSecret(arn), afterMending: command === null };
}

/** The command that is itself the mending, if there is one. */
function commandFor(c: Circumstances, pending: Pending, code: ErrorCode): string | null {
  const { arn } = c.secret;
  if (code === 'KEY_QUOTA' && c.userName !== null) {
    const other = (...kinds: readonly Fate['is'][]) => c.keys.find(({ fate }) => kinds.includes(fate.is));
    if (other('waits', 'due') !== undefined) return retireAtOnce(c.functionName, arn);
    const unknown = other('unknown');
    if (unknown !== undefined) return deleteKey(c.userName, unknown.keyId);
  }
  const key = c.keys.find(({ fate }) => fate.is === 'pending');
  if (key?.active === false && c.userName !== null) return activateKey(c.userName, key.keyId);
  // a version without a value can only be in the way
  return code === 'PENDING_WITHOUT_VALUE' && !pending.hasValue ? removePending(arn, pending.version) : null;
}

/** AWSPENDING, and nobody at work on it. */
const pendingSilent: Case = (c) => {
  const pending = pendingOf(c);
  const past = pastOf(c, pending?.version);
  if (pending === null) return null;
  if (c.history === null)
    return {
      ...toldOf(c, pending.version),
      why: 'whether the rotation that is pending is stuck, and why, is not known: the history could not be read.',
      next: triedAgain(c),
    };
  if (past !== undefined && c.now - past.startedAt < silentMs) return null;
  // one with a value and no history comes from before there was one, or was stored by hand
  const code = pending.hasValue ? null : 'PENDING_WITHOUT_VALUE';
  return {
    ...toldOf(c, pending.version),
    code,
    why:
      past === undefined
        ? `AWSPENDING stands on a version ${pending.hasValue ? '' : 'without a value '}of which no call is remembered: Secrets Manager could not invoke the function, or has only begun.`
        : 'the rotation has begun, and no call of it has been heard of since: Secrets Manager has given up calling, or cannot.',
    next: `Secrets Manager calls again in the next rotation window${windowEnd(c, ', which ends at ')}.`,
    command: rotateSecret(c.secret.arn),
  };
};

const givenUp: Case = (c) => {
  const [newest] = c.history ?? [];
  if (pendingOf(c) !== null || newest?.outcome !== 'given-up') return null;
  return {
    ...toldOf(c, newest.version),
    ...(newest.failure === undefined
      ? { why: 'the source refused the new credentials twice, so the version was given up.' }
      : {}),
    next: `Links are on AWSCURRENT. The next rotation makes a new version${windowEnd(c, ', in the window that ends at ')}.`,
    command: rotateSecret(c.secret.arn),
    afterMending: true,
  };
};

/** What is remembered of a version's rotation. */
const pastOf = ({ history }: Circumstances, version: VersionId | null | undefined): PastRotation | undefined =>
  history?.find((past) => past.version === version);

interface Pending {
  readonly version: VersionId;
  readonly hasValue: boolean;
}

/** AWSPENDING may stay on AWSCURRENT after a promotion: then nothing is pending. */
function pendingOf({ secret, valueless }: Circumstances): Pending | null {
  const version = Object.keys(secret.labels).find((each) => standing(secret, each) === 'pending');
  if (version === undefined) return null;
  return { version, hasValue: !valueless.includes(version) };
}

/** What every explanation says of a version: its failure, as far as one is remembered, and what it has left behind. */
function toldOf(c: Circumstances, version: VersionId | null): Explanation {
  const past = pastOf(c, version);
  const failure = past?.failure;
  return {
    since: past === undefined ? null : iso(past.startedAt),
    version,
    step: failure?.step ?? null,
    code: failure?.code ?? null,
    why: failure === undefined ? '' : withoutCode(failure.message, failure.code),
    leftBehind: leftBehind(c, version),
    next: '',
    command: null,
    afterMending: false,
    logs: failure?.logs ?? null,
  };
}

/** A few by their names, many by their number and the first of them. */
function named(pipelines: readonly string[]): string {
  if (pipelines.length <= mostNamed) return pipelines.join(', ');
  const first = pipelines.slice(0, 3);
  return `${pipelines.length} pipelines: ${first.join(', ')} and ${pipelines.length - first.length} more`;
}
const mostNamed = 8;

function leftBehind({ links, versions, secret }: Circumstances, version: VersionId | null): readonly string[] {
  const keyId = versions.find((one) => one.version === version)?.keyId ?? null;
  const isCurrent = version !== null && standing(secret, version) === 'current';
  return [
    ...(keyId === null || isCurrent ? [] : [`key ${keyId} exists, and stands in version ${version ?? ''}`]),
    ...links.flatMap(({ link, bracket }) =>
      bracket?.phase === 'open' && !bracket.held ? [`paused through ${link}: ${named(bracket.pipelines)}`] : [],
    ),
    ...links.flatMap(({ link, holds }) =>
      version !== null && !isCurrent && holds.some((held) => held.version === version)
        ? [`${link} ${holds.length > 1 ? 'may hold' : 'holds'} version ${version}`]
        : [],
    ),
  ];
}
