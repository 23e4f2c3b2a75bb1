import { askStatus, recoverNow, rotateSecret } from './commands';
import { withoutCode } from './errors';
import type { PastRotation, Telling } from './history';
import { iso, triesAgain } from './time';
import type { VersionId } from './version';
import { visible } from './visible';

/** A message to people: a subject as SNS takes it (ASCII, one line, at most 100 characters), and a text. */
export interface Notice {
  readonly subject: string;
  readonly text: string;
}

export interface NoticeContext {
  /** What happened, where the item does not say. */
  readonly why?: string | undefined;
  /** Of the function; `null` outside Lambda. */
  readonly functionName: string | null;
  /** Address of the log of the invocation that tells it. */
  readonly logs: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A message that the topic has not taken, as the journal keeps it. */
export interface OwedNotice extends Notice {
  /** ARN. */
  readonly secretId: string;
  readonly version: VersionId;
  readonly what: Telling;
  /** When it was to be told. Epoch milliseconds. */
  readonly at: number;
  /** How often it was sent in vain. */
  readonly tries: number;
  /** It is not sent again before. Epoch milliseconds. */
  readonly notBefore: number;
}

/** Between two tries: doubled each time, from the one to the other. Milliseconds. */
const waitMs = { first: 30_000, longest: 3_600_000 };

export const noticeKey = (arn: string, version: VersionId, what: Telling): string => `${arn}/${version}/${what}`;

/** After its first try. */
export const owed = (
  notice: Notice,
  of: Pick<OwedNotice, 'secretId' | 'version' | 'what'>,
  now: number,
): OwedNotice => ({
  ...notice,
  ...of,
  at: now,
  tries: 1,
  notBefore: now + waitMs.first,
});

/** Before another try, so that no other comes beside it. */
export const triedAgain = (notice: OwedNotice, now: number): OwedNotice => ({
  ...notice,
  tries: notice.tries + 1,
  notBefore: now + Math.min(waitMs.longest, waitMs.first * 2 ** notice.tries),
});

/** Whether an item of the table is one. */
export function isOwed(item: unknown): item is OwedNotice {
  if (typeof item !== 'object' || item === null) return false;
  const found = item as Partial<Record<keyof OwedNotice, unknown>>;
  const texts = [found.subject, found.text, found.secretId, found.version, found.what];
  return (
    texts.every((text) => typeof text === 'string') && [found.at, found.tries, found.notBefore].every(Number.isFinite)
  );
}

/** Since it was to be told, things may have changed. */
export const toldLate = ({ subject, text, at }: OwedNotice): Notice => ({
  subject,
  text: `${text}\nTold late: this was to be told at ${iso(at)}, and the topic did not take it. How things stand now, the status says.\n`,
});

interface Words {
  readonly subject: string;
  readonly lines: readonly (readonly [label: string, said: string | null])[];
}

const longestSubject = 100;

/** What is told of a rotation: what failed, where, what is left behind, what happens next, and the one command. */
export function noticeOf(what: Telling, past: PastRotation, context: NoticeContext): Notice {
  const { secretId, version, startedAt, startedBy, failures } = past;
  const name = secretId.replace(/^.*:secret:/, '').replace(/-\w{6}$/, '');
  const told = (shown: string): Words => words[what](past, context, shown);
  const { subject, lines } = told(name);
  const all: Words['lines'] = [
    ...lines,
    ['Secret', secretId],
    ['Version', version],
    ['Started', `${iso(startedAt)} by ${startedBy}`],
    ['Failed calls so far', failures === 0 ? null : String(failures)],
    ['Function', context.functionName],
    ['Log', past.failure?.logs ?? context.logs],
  ];
  // names in what is said may hold line breaks: none of them begins a line of its own
  const body = all.flatMap(([label, said]) => (said === null ? [] : [`${label}: ${visible(said)}`]));
  // what happened stands behind the name: of a long one its middle makes way
  const over = subject.length - longestSubject;
  return {
    subject: asSubject(over > 0 ? told(shortenedBy(name, over)).subject : subject),
    text: `${subject}.\n\n${body.join('\n\n')}\n`,
  };
}

const words: Readonly<Record<Telling, (past: PastRotation, context: NoticeContext, name: string) => Words>> = {
  failed: ({ secretId, failure }, { functionName }, name) => ({
    subject: `Rotation of ${name} failed in ${failure?.step ?? 'a step'}: ${failure?.code ?? 'unknown'}`,
    lines: [
      // the subject has the code
      [
        'What failed, and what is left behind',
        failure === undefined ? null : withoutCode(failure.message, failure.code),
      ],
      [
        'What happens next',
        `${triesAgain}, and the watchdog starts what may be paused within a minute. You hear of this rotation again only if it is given up or needs you`,
      ],
      ['To see where it stands, and the command that mends it', askStatus(functionName, secretId)],
    ],
  }),
  'given-up': ({ secretId, failure }, { why }, name) => ({
    subject: `Rotation of ${name} was given up`,
    lines: [
      ['Why', why ?? failure?.message ?? null],
      ['What is left behind', 'links are on AWSCURRENT and their pipelines run; AWSPENDING is removed'],
      ['What happens next', 'nothing until the next rotation, which makes a new version'],
      ['Once the cause is mended', rotateSecret(secretId)],
    ],
  }),
  abandoned: ({ secretId }, { why }, name) => ({
    subject: `Rotation of ${name} was abandoned`,
    lines: [
      ['Why', why ?? null],
      ['What is left behind', 'links are back on AWSCURRENT and their pipelines run'],
      [
        'What happens next',
        'nothing until the next rotation, which deletes the key of this version when it needs the slot',
      ],
      ['If nobody meant to', rotateSecret(secretId)],
    ],
  }),
  paused: (_, { why, functionName }, name) => ({
    subject: `Pipelines are left paused by the rotation of ${name}`,
    lines: [
      ['What failed', why ?? null],
      ['What happens next', 'the watchdog tries again every minute, whatever the reason was'],
      ['To try at once, and be told what is in the way', recoverNow(functionName)],
    ],
  }),
  person: ({ secretId }, { why, functionName }, name) => ({
    subject: `Rotation of ${name} needs you`,
    lines: [
      ['Why', why ?? null],
      ['What happens next', 'the watchdog looks again every minute, and goes on once the cause is mended'],
      ['To see where it stands, and the command that mends it', askStatus(functionName, secretId)],
    ],
  }),
  done: ({ startedAt, paused, spans }, { now }, name) => ({
    subject: `Rotation of ${name} is done`,
    lines: [
      ['Took', seconds(Math.max(0, now - startedAt))],
      ['Pauses', paused === 0 ? 'none' : `${paused}, the longest ${seconds(spans[0]?.milliseconds ?? 0)}`],
      ['What happens next', 'the older credentials retire, on evidence that nobody uses them'],
    ],
  }),
};

/** An odd clock or a spoilt record may give no number. */
const seconds = (milliseconds: number): string =>
  Number.isFinite(milliseconds) ? `${(milliseconds / 1_000).toFixed(1)} s` : 'an unknown time';

/** Without so many characters of its middle, for which dots stand. */
function shortenedBy(name: string, characters: number): string {
  const dots = '...';
  const left = Math.max(0, name.length - characters - dots.length);
  return name.slice(0, Math.ceil(left / 2)) + dots + name.slice(name.length - Math.floor(left / 2));
}

const asSubject = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, longestSubject);
