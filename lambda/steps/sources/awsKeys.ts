import { Credentials } from '../../core/credentials';
import type { FlatSecret } from '../../core/secret';
import type { AwsCredentials } from '../../ports';

/** The names of a key pair in a link's CREDENTIALS (facts: singlestore, section 2). */
export const keyField = 'aws_access_key_id';
export const secretField = 'aws_secret_access_key';

export function accessKeyId(fields: FlatSecret): string | undefined {
  const id = fields[keyField];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** The key pair in a value; `null` when there is none, or half of one. */
export function awsCredentials(fields: FlatSecret): AwsCredentials | null {
  const keyId = accessKeyId(fields);
  const secret = fields[secretField];
  return keyId !== undefined && typeof secret === 'string' && secret !== ''
    ? { keyId, secret: new Credentials(secret) }
    : null;
}
