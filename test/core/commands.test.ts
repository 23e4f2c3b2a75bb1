import {
  activateKey,
  deactivateKey,
  deleteKey,
  moveCurrent,
  removePending,
  restoreSecret,
  retireAtOnce,
  rotateSecret,
} from '../../lambda/core/commands';

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf';

test.each([
  [rotateSecret(arn), `aws secretsmanager rotate-secret --secret-id ${arn}`],
  [restoreSecret(arn), `aws secretsmanager restore-secret --secret-id ${arn}`],
  [
    removePending(arn, 'v-2'),
    `aws secretsmanager update-secret-version-stage --secret-id ${arn} --version-stage AWSPENDING --remove-from-version-id v-2`,
  ],
  [
    moveCurrent(arn, 'v-2', 'v-1'),
    `aws secretsmanager update-secret-version-stage --secret-id ${arn} --version-stage AWSCURRENT --remove-from-version-id v-2 --move-to-version-id v-1`,
  ],
  [
    activateKey('ingest', 'AKIA1'),
    'aws iam update-access-key --user-name ingest --access-key-id AKIA1 --status Active',
  ],
  [
    deactivateKey('ingest', 'AKIA1'),
    'aws iam update-access-key --user-name ingest --access-key-id AKIA1 --status Inactive',
  ],
  [retireAtOnce('rotator', arn), `npx singlestore-link-rotation retire ${arn} --now --function rotator`],
  [retireAtOnce(null, arn), `npx singlestore-link-rotation retire ${arn} --now --local`],
  [deleteKey('ingest', 'AKIA1'), 'aws iam delete-access-key --user-name ingest --access-key-id AKIA1'],
])('%s', (command, expected) => {
  expect(command).toBe(expected);
});
