import type { ErrorCode } from '../lambda/core/errors';
import { askedCodes } from './codesAsked';
import { bracketCodes } from './codesBracket';
import { clusterCodes } from './codesCluster';
import { credentialCodes } from './codesCredentials';
import type { Entry } from './entry';

/** What each error code means. One without its entry does not compile. */
export const codes: Readonly<Record<ErrorCode, Entry>> = {
  ...askedCodes,
  ...credentialCodes,
  ...clusterCodes,
  ...bracketCodes,
};
