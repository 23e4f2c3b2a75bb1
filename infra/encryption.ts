import { Annotations, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IAlias, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import { checkArn, checkRegion } from './checks';

/**
 * The key itself, of an alias the one that it stands for: policies and log groups take no alias.
 *
 * @param prop the property that it was given by
 * @throws quoting an alias that does not say its key, and a key that nobody in the stack's Region can use
 */
export function keyOf(prop: string, given: IKey, stack: Stack): IKey {
  const key = 'aliasTargetKey' in given ? targetOf(given as IAlias) : given;
  if (key === undefined || key.keyArn.includes(':alias/'))
    throw new Error(
      `'${prop}' must be a key, or an alias that knows its key, since policies take no alias: got '${given.keyArn}'`,
    );
  const { keyArn, env } = key;
  checkRegion(prop, env.region, stack, `'${keyArn}'`);
  checkArn(prop, keyArn, 'kms', stack);
  return key;
}

/** For people: what is known only when deployed is written by its name. */
function inWords(text: string, { partition, region, account, urlSuffix }: Stack): string {
  return Object.entries({ PARTITION: partition, REGION: region, ACCOUNT: account, DOMAIN: urlSuffix }).reduce(
    (said, [name, value]) => (Token.isUnresolved(value) ? said.replaceAll(value, name) : said),
    text,
  );
}

/** The domain of the stack's partition: `amazonaws.com`, in China `amazonaws.com.cn`. */
export function domainOf({ region, urlSuffix }: Stack): string {
  return (Token.isUnresolved(region) ? undefined : RegionInfo.get(region).domainSuffix) ?? urlSuffix;
}

/** An alias that was imported by its name throws instead. */
function targetOf(alias: IAlias): IKey | undefined {
  try {
    return alias.aliasTargetKey;
  } catch {
    return undefined;
  }
}

/**
 * The key of log group and topic. AWS's own key for topics admits neither alarms nor events, so it takes one of the account.
 * The journal has AWS's own: a key that somebody disables must not keep pipelines paused.
 *
 * @param given one that was imported keeps its policy, which CDK cannot change
 */
export function openKey(scope: Construct, given: IKey | undefined): IKey {
  const stack = Stack.of(scope);
  const key =
    (given && keyOf('encryptionKey', given, stack)) ??
    new Key(scope, 'Key', {
      description: 'Log and notifications of the rotation of SingleStore links',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, // as long as the log
    });
  const { account, region, partition } = stack;
  // a Region's principal has its partition's domain; every other service is `amazonaws.com` everywhere, and CDK makes it so
  const principal = `logs.${region}.${domainOf(stack)}`;
  const actions = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'];
  const conditions = {
    ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
  };
  const isOwn = key.addToResourcePolicy(
    new PolicyStatement({ principals: [new ServicePrincipal(principal)], actions, resources: ['*'], conditions }),
  ).statementAdded;
  if (!isOwn)
    Annotations.of(scope).addWarningV2(
      'singlestore-link-rotation:imported-key',
      inWords(
        `CDK cannot change the policy of an imported key: that of ${key.keyArn} must allow ${actions.join(', ')} to ${principal}, at most with the condition ${JSON.stringify(conditions)}, or the log group cannot be made`,
        stack,
      ),
    );
  return key;
}
