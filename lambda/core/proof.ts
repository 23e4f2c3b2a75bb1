import { isInError } from './pipeline';

/** What the server shows of a pipeline after its link was changed. */
export interface Seen {
  /** Undefined: dropped meanwhile. */
  readonly state: string | undefined;
  /** Highest id of a batch in state Succeeded. */
  readonly succeeded: number;
  /** Batches above this id began after the resume; null: not known. */
  readonly batchesAfter: number | null;
  /** Its newest error since the pause; null without one. */
  readonly error: { readonly code: number; readonly message: string } | null;
}

/**
 * `loaded`: a batch that began after the switch has succeeded. `refused`: the source does not take the new credentials.
 * `waiting`: nothing yet. `faulty`: in Error for a reason that is not the credentials. `gone`: dropped or stopped by somebody.
 */
export type Proof = 'loaded' | 'refused' | 'waiting' | 'faulty' | 'gone';

/** A pipeline's proof. A batch that has loaded since outweighs an error before it; without one, a credential error decides. */
export function proofOf(seen: Seen): Proof {
  if (seen.state === undefined) return 'gone';
  const loaded = seen.batchesAfter !== null && seen.succeeded > seen.batchesAfter;
  if (loaded && !isInError(seen.state)) return 'loaded';
  if (seen.error !== null && isCredentialError(seen.error)) return 'refused';
  if (isInError(seen.state)) return 'faulty';
  return seen.state.toLowerCase() === 'running' ? 'waiting' : 'gone';
}

/**
 * Whether the source refused the credentials. No published list exists (facts: singlestore, section 6), so this is the
 * one place for what is known: the sources' own codes and words in the message. 1933 (the source cannot be listed) and
 * 1970 (extractor timed out) also stand for a network fault, which a change of credentials neither causes nor mends.
 */
export function isCredentialError(error: { readonly code: number; readonly message: string }): boolean {
  if (credentialWords.test(error.message)) return true;
  return error.code === 1933 && !networkWords.test(error.message);
}

const credentialWords =
  /InvalidAccessKeyId|InvalidClientTokenId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|AccessDenied|access denied|access key id|forbidden|unauthori[sz]ed|not authori[sz]ed|authenticat|authorization|(?:http|status|code)\W{0,3}40[13]\b|invalid[ _]?grant|sasl|bad credentials|invalid credentials|login failed|permission denied/i;
const networkWords =
  /timed? ?out|could ?n.t resolve|name or service not known|connection refused|connection reset|unreachable|no route to host|broken pipe/i;
