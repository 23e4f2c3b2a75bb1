import * as names from '../lambda/core/commands';

/*
 * The commands of this runbook, with words in capitals where names of your own belong. What a message of the function gives as a
 * command is made by the same functions.
 */

export const rotate = names.rotateSecret('SECRET');
export const restore = names.restoreSecret('SECRET');
export const removePending = names.removePending('SECRET', 'VERSION');
export const moveCurrentBack = names.moveCurrent('SECRET', 'NEW', 'OLD');
export const activateKey = names.activateKey('USER', 'KEY');
export const deactivateKey = names.deactivateKey('USER', 'KEY');
export const deleteKey = names.deleteKey('USER', 'KEY');
export const listKeys = 'aws iam list-access-keys --user-name USER';
export const keyLastUsed = 'aws iam get-access-key-last-used --access-key-id KEY';

/** What is left on a version that was promoted and is AWSCURRENT no more. */
export const removePendingOfNew = names.removePending('SECRET', 'NEW');
export const removePrevious =
  'aws secretsmanager update-secret-version-stage --secret-id SECRET --version-stage AWSPREVIOUS --remove-from-version-id NEW';
export const versions = 'aws secretsmanager list-secret-version-ids --secret-id SECRET';
export const labels = 'aws secretsmanager describe-secret --secret-id SECRET';

const ask = (command: string): string => `npx singlestore-link-rotation ${command} --function FUNCTION`;
export const status = ask('status SECRET');
export const plan = ask('plan SECRET');
export const recover = ask('recover');
export const wouldRecover = ask('recover --dry-run');
export const retire = ask('retire SECRET --now');
export const follow = ask('rotate SECRET');

/** The same without the tool. */
export const invoke = (payload: Readonly<Record<string, unknown>>): string =>
  `aws lambda invoke --function-name FUNCTION --cli-binary-format raw-in-base64-out --payload '${JSON.stringify(payload)}' /dev/stdout`;

export const start = 'START PIPELINE IF NOT RUNNING `database`.`pipeline`;';
export const states =
  "SELECT DATABASE_NAME, PIPELINE_NAME, STATE FROM information_schema.PIPELINES WHERE STATE <> 'Running';";
export const alterLink =
  'ALTER LINK `database`.`link` SET CREDENTIALS \'{"aws_access_key_id":"…","aws_secret_access_key":"…"}\';';
export const grants = "GRANT SHOW LINK, CREATE LINK, SHOW PIPELINE, START PIPELINE ON `database`.* TO 'rotator'@'%';";

const query = (kind: string): string =>
  `aws dynamodb query --table-name TABLE --consistent-read --key-condition-expression 'pk = :kind' --expression-attribute-values '{":kind":{"S":"${kind}"}}'`;
export const pausedByJournal = query('set');
export const linksInJournal = query('link');
export const removeLinkFromJournal =
  'aws dynamodb delete-item --table-name TABLE --key \'{"pk":{"S":"link"},"sk":{"S":"HOST:PORT/`database`.`link`"}}\'';

export const logsOfFailures = 'aws logs tail LOG_GROUP --since 1d --filter-pattern \'{ $.level = "ERROR" }\'';
