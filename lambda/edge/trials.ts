import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentials, Trial, Trials } from '../ports';
import { briefOptions, failureOf } from './aws';

/** Answers to credentials that are not known there, or not yet (facts: aws-rotation, section 13). */
const unaccepted = [
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'UnrecognizedClientException',
  'AuthFailure',
  'HTTP 403', // without a code: some S3-compatible stores, and S3 itself where it sends no body
];
/** Answers to credentials that are known and not allowed. */
const denied = ['AccessDenied', 'AccessDeniedException', 'AllAccessDisabled', 'AccountProblem'];

/**
 * Tries credentials at STS and S3, each with a client of its own that is gone afterwards.
 *
 * @param env where the SDK's own endpoint variables are seen: a stand-in or a private store has no DNS name for each bucket
 * @param timeoutMs bounds each attempt of a call
 */
export function openTrials(env: NodeJS.ProcessEnv, timeoutMs?: number): Trials {
  const ownEndpoint = (env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']) !== undefined;

  return {
    identity(credentials) {
      const client = new STSClient({ ...briefOptions(3, timeoutMs), credentials: asIdentity(credentials) });
      return verdict(client, () => client.send(new GetCallerIdentityCommand({})));
    },

    list(credentials, { bucket, prefix, region, endpoint }) {
      const client = new S3Client({
        ...briefOptions(3, timeoutMs),
        credentials: asIdentity(credentials),
        followRegionRedirects: true,
        forcePathStyle: endpoint !== undefined || ownEndpoint,
        ...(region === undefined ? {} : { region }),
        ...(endpoint === undefined ? {} : { endpoint }),
      });
      return verdict(client, () =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 })),
      );
    },
  };
}

const asIdentity = ({ keyId, secret }: AwsCredentials) => ({ accessKeyId: keyId, secretAccessKey: secret.reveal() });

async function verdict(client: { destroy(): void }, call: () => Promise<unknown>): Promise<Trial> {
  try {
    await call();
    return { is: 'accepted' };
  } catch (error) {
    const { code } = failureOf(error);
    if (unaccepted.includes(code)) return { is: 'unaccepted' };
    return denied.includes(code) ? { is: 'denied' } : { is: 'unreachable', why: code };
  } finally {
    client.destroy();
  }
}
