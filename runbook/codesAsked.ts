import type { ErrorCode } from '../lambda/core/errors';
import * as run from './commands';
import { phrase, type Entry } from './entry';

/** What the function was asked or told, and the labels of the secret. */
export const askedCodes = {
  EVENT_INVALID: {
    failed: 'The event has none of the accepted shapes. The message lists them.',
    where: 'Before any step.',
    left: phrase.nothing,
    next: 'Nothing: Secrets Manager and the watchdog send what is accepted.',
    person: 'Correct whoever invokes the function.',
    run: [run.invoke({ action: 'plan', secretId: 'SECRET' })],
  },
  CONFIG_INVALID: {
    failed: '`ROTATIONS` or `JOURNAL_TABLE` is missing or wrong. The message names every offending path.',
    where: 'At the cold start, so in each invocation.',
    left: 'Nothing was changed. Links keep what they have. A rotation that was under way stands still.',
    next: 'The watchdog goes on resuming what is paused, because the journal says all that this takes; without `JOURNAL_TABLE` it cannot. Nothing is rotated, settled or retired.',
    person: 'Correct the definitions and deploy again; then rotate.',
    run: [run.rotate],
  },
  SECRET_NOT_CONFIGURED: {
    failed: 'No definition in `ROTATIONS` names this secret.',
    where: 'Before any step; also `plan`, `status` and `retire` of a secret.',
    left: phrase.nothing,
    next: 'Secrets Manager goes on calling while the secret names this function.',
    person: 'Add a definition and deploy, or let the secret name another function or none.',
    run: ['aws secretsmanager cancel-rotate-secret --secret-id SECRET'],
  },
  SECRET_UNREADABLE: {
    failed:
      'A secret is not there, has no value, is scheduled for deletion, or the role of the function may not read it: the rotated one, the connection secret, or the mirrored one. The message says which.',
    where: 'Any step, and the watchdog.',
    left: 'Nothing was changed by this call. Links keep what they have. What is paused on a cluster whose connection secret cannot be read stays paused.',
    next: `Secrets Manager tries again, unless the rotated secret is being deleted. ${phrase.watchdog} It resumes as soon as the connection secret can be read.`,
    person:
      'Restore or store the secret, or let the role read it: `DescribeSecret`, `GetSecretValue`, and `kms:Decrypt` on a key of its own. See also [a secret was deleted](#the-secret-was-deleted).',
    run: [run.restore, run.rotate],
  },
  SECRET_SHAPE: {
    failed:
      'A value is no flat JSON object of texts and numbers, has no whole key pair, lacks a key that `fields` asks for, or the CONFIG of a link is no JSON object. The message says which, and names keys, never values.',
    where: 'Any step that reads the value, before anything is paused.',
    left: phrase.nothing,
    next: phrase.retry,
    person:
      'Store a whole value, or correct `fields` and deploy. A pending version with a wrong value is taken away, and the next rotation makes a new one.',
    run: [run.removePending, run.rotate],
  },
  ROTATION_OFF: {
    failed: 'Rotation is not turned on for the secret: it was cancelled, or never was.',
    where: 'Before any step.',
    left: 'This call changed nothing. Links that hold the pending version keep it: it works. What a dead run had paused was resumed first.',
    next: 'Nothing, until a person decides.',
    person: 'Turn rotation on, which goes on; or take the pending version away, and links go back to AWSCURRENT.',
    run: ['# go on', run.rotate, '# or give it up', run.removePending],
  },
  VERSION_UNKNOWN: {
    failed: 'The secret has no such version, or it has lost all its labels.',
    where: 'Before any step.',
    left: `${phrase.nothingHere} What a dead run had paused was resumed first.`,
    next: phrase.back,
    person: 'Rotate. The token is chosen by Secrets Manager, never by hand.',
    run: [run.rotate],
  },
  VERSION_NOT_PENDING: {
    failed: 'The version does not carry AWSPENDING: somebody moved the label, or stored a value during the rotation.',
    where: 'Before any step.',
    left: `${phrase.nothingHere} What a dead run had paused was resumed first.`,
    next: `${phrase.back} That takes the version to have no label at all: while it carries one, AWSPREVIOUS or one of yours, links keep it.`,
    person: 'Look at the labels, put them right, then rotate.',
    run: [run.labels, run.rotate],
  },
  PENDING_WITHOUT_VALUE: {
    failed: 'The pending version has no value: createSecret has not stored one, or it cannot be seen yet.',
    where: 'setSecret and testSecret, first thing, after looking for 5 s.',
    left: phrase.nothing,
    next: `${phrase.retry} It begins with createSecret, which stores one.`,
    person: 'Nothing, unless it stays so: then look why createSecret fails.',
    run: [run.status],
  },
  STEP_OUT_OF_ORDER: {
    failed: 'A step was called for a version for which the step before it is not done, or which links hold no more.',
    where: 'testSecret and finishSecret, before the label moves.',
    left: 'AWSCURRENT stays where it is. Links stay on what they hold; nothing is paused.',
    next: `${phrase.retry} It sets and proves what is missing.`,
    person: 'Nothing. Should it come again and again, two things move the links: look at the history.',
    run: [run.status],
  },
  LABEL_MOVED: {
    failed: 'Somebody moved AWSPENDING or AWSCURRENT while a step was at work.',
    where:
      'setSecret behind the first journal entry, testSecret before it decides, finishSecret at the promotion; the watchdog.',
    left: 'The labels were left where they are. Whatever was paused for it was started again.',
    next: `${phrase.back} Where AWSCURRENT was moved, the retry decides anew.`,
    person: 'Find out who moves labels. When they are right, rotate.',
    run: [run.labels, run.rotate],
  },
} as const satisfies Partial<Record<ErrorCode, Entry>>;
