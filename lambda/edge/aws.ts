import { StandardRetryStrategy } from '@smithy/core/retry';
import { RotationError, type ErrorCode } from '../core/errors';

/** How often a call is sent that gets no answer, or a failure: each may take its whole time. */
const attempts = 3;
/** How often one is sent that AWS throttles: that is answered at once, and waited for up to 0.5, 1, 2, 4 and 8 s, by chance less. */
const throttledAttempts = 6;

/**
 * Asks more often where AWS throttles than where it fails. Not the SDK's adaptive way: that slows every later call of the client, down to
 * one in two seconds, which would lengthen a pause.
 */
class Patience extends StandardRetryStrategy {
  override async refreshRetryTokenForRetry(
    ...[token, failure]: Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>
  ): ReturnType<StandardRetryStrategy['refreshRetryTokenForRetry']> {
    if (failure.errorType !== 'THROTTLING' && token.getRetryCount() + 1 >= attempts)
      throw new Error('no more attempts');
    return super.refreshRetryTokenForRetry(token, failure);
  }
}

/**
 * Three bounds on each attempt of a call, because by default there is none. `requestTimeout` ends with the first byte of the
 * answer, `socketTimeout` covers an answer that stops halfway.
 */
const bounded = (timeoutMs: number) => ({
  requestHandler: {
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    throwOnRequestTimeout: true, // else the SDK only warns and waits on
  },
});

/**
 * Options of an AWS client as a rule: three attempts, also where the SDK's default is another (DynamoDB: four), and six where AWS throttles.
 *
 * @param timeoutMs for each attempt
 */
export const clientOptions = (timeoutMs = 10_000) => ({
  ...bounded(timeoutMs),
  retryStrategy: new Patience(throttledAttempts),
});

/** The same for calls that are not to be waited for: sent so often, whatever is wrong. */
export const briefOptions = (maxAttempts: number, timeoutMs = 10_000) => ({ ...bounded(timeoutMs), maxAttempts });

/** What can be told of a failed call without repeating AWS's text, which may echo its input. */
export interface AwsFailure {
  /** AWS's own code as on the wire (`LimitExceeded`, not the SDK's `LimitExceededException`), else the system's (`ECONNRESET`) or `HTTP 403`. */
  readonly code: string;
  readonly status: number | undefined;
  /** AWS said no, by name: nothing was done. Otherwise it may have been: a lost or garbled answer, or a 5xx. */
  readonly refused: boolean;
}

export function failureOf(error: unknown): AwsFailure {
  const { Code, name, code, $fault, $metadata } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly Code?: unknown;
    readonly name?: unknown;
    readonly code?: unknown;
    readonly $fault?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  const answer = $fault === undefined ? undefined : [Code, name].find(isCode);
  if (answer !== undefined) {
    const refused = $fault === 'client' && status !== undefined && status >= 400 && status < 500 && status !== 408;
    return { code: answer, status, refused };
  }
  const bare = status === undefined ? 'no answer' : `HTTP ${status}`;
  const failed = status === undefined || status < 300 ? [code, name].find(isCode) : undefined;
  return { code: failed ?? bare, status, refused: false };
}

/** Codes come off the wire too: only what looks like one is repeated. The SDK says `Unknown` for an answer without code. */
const isCode = (text: unknown): text is string =>
  typeof text === 'string' && /^[\w.-]{1,80}$/.test(text) && text !== 'Unknown' && text !== 'Error';

/**
 * A failed call for a person to read.
 *
 * @param call the operation and the resource: `DescribeSecret of prod/lake`
 * @param advice the state left behind and what to do
 */
export function awsError(error: unknown, call: string, advice: string, code: ErrorCode = 'AWS_REFUSED'): RotationError {
  const failure = failureOf(error);
  const outcome = failure.refused ? `was refused by AWS: ${failure.code}` : `got no clear answer: ${failure.code}`;
  return new RotationError(code, `${call} ${outcome}. ${advice}`);
}
