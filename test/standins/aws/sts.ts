import type { Principal } from './iam';
import { queryService, type Service } from './wire';

/** STS: who signed the request. */
export const stsService = (accountId: string): Service<Principal> =>
  queryService('sts', 'https://sts.amazonaws.com/doc/2011-06-15/', {
    GetCallerIdentity: (_, { arn, id }) => ({ Arn: arn, UserId: id, Account: accountId }),
  });
