import type { ErrorCode } from '../lambda/core/errors';
import * as run from './commands';
import { phrase, type Entry } from './entry';

/** The next credentials, and AWS in general. */
export const credentialCodes = {
  KEY_QUOTA: {
    failed:
      'The IAM user has two access keys, and neither may be deleted: one is in use, the other is not provably ours and unused. The message names both, and why.',
    where: 'createSecret, before a key is made; the plan.',
    left: 'Nothing was created, deleted or paused.',
    next: phrase.retry,
    person:
      'Which case it is stands in the message. A key that is due to retire: wait, or [retire it now](#a-key-has-leaked). A key that nobody knows: find its user, and delete it when it has none. A key that the journal says a link may hold, though that link is gone: [take the link out of the journal](#the-links-have-moved).',
    run: [run.listKeys, run.keyLastUsed, run.deleteKey, run.rotate],
  },
  CREATE_REFUSED: {
    failed: 'CreateAccessKey was refused, or its answer was lost.',
    where: 'createSecret.',
    left: 'Links and pipelines were not touched. Refused: there is no new key. Unanswered: there may be a key whose secret nobody knows; the journal remembers which keys were there before.',
    next: `${phrase.retry} It deletes a key that was made without an answer, and makes another.`,
    person: 'Refused: check the user name and that the role may call `iam:CreateAccessKey` on it. Unanswered: nothing.',
    run: [run.listKeys],
  },
  CREDENTIALS_NOT_ACCEPTED: {
    failed:
      'The new credentials are not taken: by STS or a bucket within three minutes, because they are young; because somebody set the key Inactive or deleted it; or because the function cannot reach the service.',
    where: 'setSecret before the first pause; finishSecret before the label moves.',
    left: 'In setSecret nothing was paused or changed, and AWSPENDING keeps the new key. In finishSecret links hold the new credentials and AWSCURRENT stays where it is.',
    next: `${phrase.retry} It waits again.`,
    person:
      'Look whether the key is Active. Make it so, or delete it: the retry gives the version up, and the next rotation makes another. Where the links hold it already, taking the version away brings them back.',
    run: [run.listKeys, run.activateKey, '# or', run.removePending],
  },
  CREDENTIALS_DENIED: {
    failed: 'A bucket that lets the current key list denies it to the new one.',
    where: 'setSecret, before the first pause.',
    left: 'Nothing was paused or changed. AWSPENDING keeps the new key.',
    next: phrase.retry,
    person: 'Look for access key ids or sessions in the bucket policy. Then let the retry go on, or rotate.',
    run: ['aws s3api get-bucket-policy --bucket BUCKET', run.rotate],
  },
  VERSION_GIVEN_UP: {
    failed:
      'The pending version will not be used: its source refused it twice, its key was deleted, or the mirrored secret has another value by now.',
    where: 'createSecret, setSecret, testSecret, the watchdog.',
    left: 'Links are back on AWSCURRENT, AWSPENDING is removed, and the key is deleted if no link may hold it. With nothing to go back to: the links keep the version, AWSPENDING stays, and the message says so. Of a mirrored secret: links keep what they have.',
    next: 'Nothing, until the next rotation; of a mirrored secret one with the new value is started.',
    person: 'Find out what the new credentials may not do at the source; then rotate.',
    run: [run.rotate],
  },
  PROOF_FAILED: {
    failed: 'The source refuses the new credentials to pipelines that were paused: the message names them.',
    where: 'testSecret; the watchdog, 20 minutes after a setSecret without testSecret.',
    left: 'Links of those pipelines are back on AWSCURRENT and their pipelines run; other links stay moved. With nothing to go back to, or where a link could not be moved back, the message says what they hold.',
    next: `${phrase.retry} The version is tried once more, then given up. The watchdog goes on moving links back that could not be.`,
    person: 'Check at the source what the new credentials may do: bucket policy, key policy, the Kafka user.',
    run: [run.status],
  },
  AWS_REFUSED: {
    failed: 'A call to AWS was refused, or got no clear answer. The message names the call and AWS’s code.',
    where: 'Any step, and the watchdog.',
    left: 'A refused call did nothing. One without an answer may have acted; the next call looks. If pipelines are paused, the journal says so.',
    next: `${phrase.retry} ${phrase.watchdog}`,
    person:
      'Refused: compare the role with the [permissions](../README.md#permissions). Unanswered: the way from the function to AWS, in a VPC its endpoints or NAT gateway.',
    run: [run.logsOfFailures],
  },
  INTERNAL: {
    failed: 'A defect of this program, or an item of the journal that somebody else wrote.',
    where: 'Anywhere.',
    left: 'Whatever is paused stands in the journal.',
    next: 'The next call or the watchdog resumes it.',
    person:
      'Report it, with the log of the invocation. An item that cannot be read: repair it, or remove it once no pipeline of that link is paused.',
    run: [run.recover, run.logsOfFailures],
  },
} as const satisfies Partial<Record<ErrorCode, Entry>>;
