import type { VersionId } from './version';

/*
 * What a person runs to mend what a rotation must not decide by itself. The names in them are of characters that a shell
 * leaves alone: AWS allows no others in ARNs, version ids, user names and key ids.
 */

const secretsManager = (action: string, arn: string, more = ''): string =>
  `aws secretsmanager ${action} --secret-id ${arn}${more}`;

/** Also turns a cancelled rotation on again. */
export const rotateSecret = (arn: string): string => secretsManager('rotate-secret', arn);

export const restoreSecret = (arn: string): string => secretsManager('restore-secret', arn);

/** Ends a rotation that is not to go on: the watchdog then brings links that hold the version back to AWSCURRENT. */
export const removePending = (arn: string, version: VersionId): string =>
  secretsManager('update-secret-version-stage', arn, ` --version-stage AWSPENDING --remove-from-version-id ${version}`);

export const moveCurrent = (arn: string, from: VersionId, to: VersionId): string =>
  secretsManager(
    'update-secret-version-stage',
    arn,
    ` --version-stage AWSCURRENT --remove-from-version-id ${from} --move-to-version-id ${to}`,
  );

const accessKey = (action: string, userName: string, keyId: string): string =>
  `aws iam ${action} --user-name ${userName} --access-key-id ${keyId}`;

export const activateKey = (userName: string, keyId: string): string =>
  `${accessKey('update-access-key', userName, keyId)} --status Active`;

export const deactivateKey = (userName: string, keyId: string): string =>
  `${accessKey('update-access-key', userName, keyId)} --status Inactive`;

export const deleteKey = (userName: string, keyId: string): string => accessKey('delete-access-key', userName, keyId);

/** The command-line tool of this package, against the function that speaks. @param functionName `null`: it runs in no function */
const tool = (command: string, functionName: string | null): string =>
  `npx singlestore-link-rotation ${command} ${functionName === null ? '--local' : `--function ${functionName}`}`;

export const askStatus = (functionName: string | null, arn: string): string => tool(`status ${arn}`, functionName);

export const recoverNow = (functionName: string | null): string => tool('recover', functionName);

/** Ends the older key at once, on evidence: one that has leaked, or that takes the slot of the next. */
export const retireAtOnce = (functionName: string | null, arn: string): string =>
  tool(`retire ${arn} --now`, functionName);
