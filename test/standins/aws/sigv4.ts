import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError, type HttpRequest } from './wire';

/** What the `Authorization` header claims: `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`. */
export interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/;

/** @returns undefined if the request is not signed, or signed in a way other than SigV4 in the header. */
export function claimOf(request: HttpRequest): Claim | undefined {
  const match = authorization.exec(request.headers.authorization ?? '');
  if (match === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/**
 * Computes the signature again with the secret we know.
 *
 * The age of the request is not checked: clients sign with the real clock, a stand-in may live at another time.
 * Chunk signatures of a streamed S3 body are not checked either; the seed signature is.
 *
 * @throws AwsError `SignatureDoesNotMatch`; for S3 `XAmzContentSHA256Mismatch` if the body is not the one signed.
 */
export function verify(request: HttpRequest, claim: Claim, secretAccessKey: string): void {
  const declared = request.headers['x-amz-content-sha256'];
  const actual = createHash('sha256').update(request.body).digest('hex');
  const payload = typeof declared === 'string' ? declared : actual;
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== actual)
    throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match.");
  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    String(request.headers['x-amz-date']),
    scope,
    createHash('sha256')
      .update(canonical(request, claim, payload))
      .digest('hex'),
  ].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${secretAccessKey}`);
  if (!timingSafeEqual(hmac(key, toSign), Buffer.from(claim.signature, 'hex')))
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
      403,
    );
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** S3 signs the path as sent; every other service encodes it once more. */
function canonical(request: HttpRequest, claim: Claim, payload: string): string {
  const path = claim.service === 's3' ? request.path : request.path.split('/').map(encodeURIComponent).join('/');
  const query = request.query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort();
  const headers = claim.signedHeaders.map((name) => {
    const value = request.headers[name];
    return `${name}:${String(Array.isArray(value) ? value.join(',') : value)
      .trim()
      .replace(/ +/g, ' ')}\n`;
  });
  return [request.method, path, query.join('&'), headers.join(''), claim.signedHeaders.join(';'), payload].join('\n');
}
