import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  paginateListAccessKeys,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { Credentials } from '../core/credentials';
import { RotationError } from '../core/errors';
import type { AccessKey, AccessKeys } from '../ports';
import { awsError, briefOptions, clientOptions, failureOf } from './aws';

const advice = (action: string): string =>
  `The next call looks at the keys anew and goes on from there. Check that the user exists, that the role of the function may call iam:${action} on it, and the way from the function to IAM (from a VPC outside us-east-1 it takes NAT).`;

/**
 * Access keys in IAM. The user is always named: with a role's credentials IAM cannot infer it. `timeoutMs` bounds each
 * attempt of a call.
 */
export function openAccessKeys(timeoutMs?: number): AccessKeys {
  let opened: IAMClient | undefined;
  const client = (): IAMClient => (opened ??= new IAMClient(clientOptions(timeoutMs)));

  const update = async (userName: string, keyId: string, status: 'Active' | 'Inactive'): Promise<void> => {
    try {
      const change = { UserName: userName, AccessKeyId: keyId, Status: status };
      await client().send(new UpdateAccessKeyCommand(change));
    } catch (error) {
      if (!isGone(error))
        throw awsError(error, `UpdateAccessKey of ${keyId} of ${userName}`, advice('UpdateAccessKey'));
    }
  };

  return {
    async list(userName) {
      const keys: AccessKey[] = [];
      try {
        for await (const page of paginateListAccessKeys({ client: client() }, { UserName: userName }))
          for (const { AccessKeyId, Status, CreateDate } of page.AccessKeyMetadata ?? []) {
            if (AccessKeyId === undefined || CreateDate === undefined)
              throw new RotationError(
                'AWS_REFUSED',
                `ListAccessKeys of ${userName} named a key without id or date. Nothing was changed; the next call asks again.`,
              );
            keys.push({ keyId: AccessKeyId, active: Status === 'Active', createdAt: CreateDate.getTime() });
          }
      } catch (error) {
        if (error instanceof RotationError) throw error;
        throw awsError(error, `ListAccessKeys of ${userName}`, advice('ListAccessKeys'));
      }
      return keys;
    },

    async create(userName) {
      // A client of its own: one attempt, and a fresh socket, since a kept one may be dead and lose the answer.
      const once = new IAMClient(briefOptions(1, timeoutMs));
      try {
        const { AccessKey: key } = await once.send(new CreateAccessKeyCommand({ UserName: userName }));
        return key?.AccessKeyId === undefined || key.SecretAccessKey === undefined
          ? { is: 'unknown' }
          : { is: 'made', keyId: key.AccessKeyId, secret: new Credentials(key.SecretAccessKey) };
      } catch (error) {
        const { code, refused } = failureOf(error);
        return refused ? { is: 'refused', code } : { is: 'unknown' };
      } finally {
        once.destroy();
      }
    },

    async remove(userName, keyId) {
      try {
        await client().send(new DeleteAccessKeyCommand({ UserName: userName, AccessKeyId: keyId }));
      } catch (error) {
        if (!isGone(error))
          throw awsError(error, `DeleteAccessKey of ${keyId} of ${userName}`, advice('DeleteAccessKey'));
      }
    },

    deactivate: (userName, keyId) => update(userName, keyId, 'Inactive'),
    activate: (userName, keyId) => update(userName, keyId, 'Active'),

    async lastUsed(keyId) {
      try {
        const { AccessKeyLastUsed: use } = await client().send(new GetAccessKeyLastUsedCommand({ AccessKeyId: keyId }));
        return use?.LastUsedDate === undefined
          ? null
          : { at: use.LastUsedDate.getTime(), service: use.ServiceName ?? 'N/A', region: use.Region ?? 'N/A' };
      } catch (error) {
        throw awsError(error, `GetAccessKeyLastUsed of ${keyId}`, advice('GetAccessKeyLastUsed'));
      }
    },
  };
}

const isGone = (error: unknown): boolean => failureOf(error).code === 'NoSuchEntity';
