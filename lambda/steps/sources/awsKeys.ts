import { Credentials } from '../../core/credentials';
import { textIn } from '../../core/json';
import type { FlatSecret } from '../../core/secret';
import type { AwsCredentials } from '../../ports';

/** The names of a key pair in a link's CREDENTIALS (facts: singlestore, section 2). */
export const keyField = 'aws_access_key_id';
export const secretField = 'aws_secret_access_key';

export function accessKeyId(fields: FlatSecret): string | undefined {
  return textIn(fields.get(keyField)) || undefined;
}

/** The key pair in a value; `null` when there is none, or half of one. */
export function awsCredentials(fields: FlatSecret): AwsCredentials | null {
  const keyId = accessKeyId(fields);
  const secret = textIn(fields.get(secretField));
  return keyId !== undefined && secret !== undefined && secret !== ''
    ? { keyId, secret: new Credentials(secret) }
    : null;
}
