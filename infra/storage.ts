import { RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  CustomDataIdentifier,
  DataIdentifier,
  DataProtectionPolicy,
  LogGroup,
  type RetentionDays,
} from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { keyOf } from './encryption';
import type { RotationOptions } from './rotation-options';

/** Kept when the stack goes; but a first deployment that fails takes it back, so that the next one finds its name free. */
const kept = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

export function makeJournal(scope: Construct): Table {
  return new Table(scope, 'Journal', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'expiresAt',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    encryption: TableEncryption.AWS_MANAGED,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/** No secret is written to it; should one ever be, it is masked by its field's name: those that AWS and links use, since a policy has room for ten, and not whatever `fields` maps. */
export function makeLog(scope: Construct, retention: RetentionDays, encryptionKey: IKey): LogGroup {
  // quotes and colons are no characters of such an expression: what stands between name and value is "no word", and as a
  // password may hold any character, all is masked to the next space
  const field = (name: string): CustomDataIdentifier => new CustomDataIdentifier(name, `${name}\\W+\\S+`);
  const fields = [
    'aws_secret_access_key',
    'aws_session_token',
    'secret_key',
    'account_key',
    'password',
    'RotationToken',
    'SecretAccessKey', // as IAM answers
  ];
  const identifiers = [DataIdentifier.AWSSECRETKEY, ...fields.map(field)];
  return new LogGroup(scope, 'Log', {
    retention,
    encryptionKey,
    dataProtectionPolicy: new DataProtectionPolicy({ name: 'credentials', identifiers }),
    removalPolicy: kept,
  });
}

export function makeSecret(scope: Construct, { secretName, secretKey }: RotationOptions): Secret {
  return new Secret(scope, 'Secret', {
    secretName,
    encryptionKey: secretKey && keyOf('secretKey', secretKey, Stack.of(scope)),
    description: 'Credentials of SingleStore links',
    // nothing secret yet: the first rotation makes the first key. Never to be changed: CloudFormation would store it over that
    secretStringValue: SecretValue.unsafePlainText('{}'),
    removalPolicy: kept,
  });
}
