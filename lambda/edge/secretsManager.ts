import { randomUUID } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { Credentials } from '../core/credentials';
import { RotationError } from '../core/errors';
import type { SecretDescription } from '../core/version';
import type { Secrets } from '../ports';
import { awsError, clientOptions, failureOf } from './aws';

/** Codes by which Secrets Manager says that a secret is not there (any more) or not ours to read. */
const unreadable = [
  'ResourceNotFoundException',
  'AccessDeniedException',
  'InvalidRequestException',
  'DecryptionFailure',
];
const readingAdvice =
  'Nothing was changed. Check that the secret exists, is not scheduled for deletion, and that the role of the function may call DescribeSecret, GetSecretValue and, with a key of your own, kms:Decrypt.';

/** AWS Secrets Manager. `timeoutMs` bounds each attempt of a call. */
export function openSecrets(timeoutMs?: number): Secrets {
  const client = new SecretsManagerClient(clientOptions(timeoutMs));

  const describe: Secrets['describe'] = async (secretId) => {
    try {
      const found = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
      return {
        arn: found.ARN ?? secretId,
        rotationEnabled: found.RotationEnabled === true,
        deleted: found.DeletedDate !== undefined,
        nextRotation: found.NextRotationDate?.getTime() ?? null,
        lastRotation: found.LastRotatedDate?.getTime() ?? null,
        labels: found.VersionIdsToStages ?? {},
      };
    } catch (error) {
      throw readingError(error, `DescribeSecret of ${secretId}`);
    }
  };

  const read: Secrets['read'] = async (secretId, wanted) => {
    const which = 'version' in wanted ? { VersionId: wanted.version } : { VersionStage: wanted.label };
    const call = `GetSecretValue of ${secretId}, ${'version' in wanted ? `version ${wanted.version}` : wanted.label},`;
    const found = await client
      .send(new GetSecretValueCommand({ SecretId: secretId, ...which }))
      .catch((error: unknown) => {
        // The same code for a version without value and for a missing secret, which describe tells apart.
        if (failureOf(error).code === 'ResourceNotFoundException') return null;
        throw readingError(error, call);
      });
    if (found === null) return null;
    if (found.SecretString === undefined)
      throw new RotationError(
        'SECRET_SHAPE',
        `${call} has no text, only binary data. Nothing was changed. Store the secret as text: a JSON object.`,
      );
    if (found.VersionId === undefined || found.CreatedDate === undefined)
      throw new RotationError(
        'AWS_REFUSED',
        `${call} came without its version id or date. Nothing was changed; the next call asks again.`,
      );
    return {
      version: found.VersionId,
      value: new Credentials(found.SecretString),
      createdAt: found.CreatedDate.getTime(),
    };
  };

  return {
    describe,
    read,

    async put(secretId, version, value, rotationToken) {
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId: secretId,
            ClientRequestToken: version,
            SecretString: value.reveal(),
            VersionStages: ['AWSPENDING'], // without it AWSCURRENT would move at once
            ...(rotationToken === undefined ? {} : { RotationToken: rotationToken }),
          }),
        );
        return true;
      } catch (error) {
        const { code, refused } = failureOf(error);
        if (code === 'ResourceExistsException') return false;
        const stored = refused ? null : await read(secretId, { version }).catch(() => null);
        if (stored !== null) return stored.value.equals(value);
        throw awsError(
          error,
          `PutSecretValue of ${secretId}, version ${version},`,
          refused
            ? 'The version has no value; the retry tries again. Check that the role of the function may call PutSecretValue and, with a key of your own, kms:GenerateDataKey.'
            : 'The version may have its value or not; the next call finds out. Check the way from the function to Secrets Manager.',
        );
      }
    },

    async rotate(secretId) {
      try {
        const version = randomUUID();
        await client.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: version }));
        return version;
      } catch (error) {
        // "A previous rotation isn't complete. That rotation will be reattempted."
        if (failureOf(error).code === 'InvalidRequestException') return null;
        throw awsError(
          error,
          `RotateSecret of ${secretId}`,
          'The next look, within five minutes, tries again. Check that rotation is configured and that the role of the function may call RotateSecret, and invoke the function.',
        );
      }
    },

    async moveLabel(secretId, label, from, to) {
      try {
        await client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: secretId,
            VersionStage: label,
            ...(from === null ? {} : { RemoveFromVersionId: from }),
            ...(to === null ? {} : { MoveToVersionId: to }),
          }),
        );
        return true;
      } catch (error) {
        // Refused or unanswered, by us or by a retry of ours that came second: only the labels can tell.
        const seen = await describe(secretId).catch(() => null);
        if (seen !== null && bearer(seen, label) === to) return true;
        if (seen !== null && bearer(seen, label) !== from) return false;
        throw awsError(
          error,
          `UpdateSecretVersionStage of ${secretId}, ${label} from ${from ?? 'none'} to ${to ?? 'none'},`,
          `${seen === null ? 'Where the label is now is not known' : 'The label is where it was'}; the next call looks again. Check that the role of the function may call UpdateSecretVersionStage, and the way from the function to Secrets Manager.`,
        );
      }
    },
  };
}

function readingError(error: unknown, call: string): RotationError {
  return awsError(
    error,
    call,
    readingAdvice,
    unreadable.includes(failureOf(error).code) ? 'SECRET_UNREADABLE' : 'AWS_REFUSED',
  );
}

/** The version that carries any label, or `null`. */
function bearer(secret: SecretDescription, label: string): string | null {
  return Object.entries(secret.labels).find(([, labels]) => labels.includes(label))?.[0] ?? null;
}
