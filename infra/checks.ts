import { type Duration, type Stack, Token } from 'aws-cdk-lib';
import type { IUser } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { inspect } from 'node:util';
import { readLink } from './links';
import { completeArn, defaults, type LinkTarget, type RotationOptions } from './rotation-options';
import { hoursBetween } from './schedule';
import type { RotationSource } from './source';
import { isUnknown } from './unknown';

/** @throws quoting the value that is wrong */
export function checkOptions(options: RotationOptions, timeout: Duration): void {
  checkShapes({ ...options });
  checkTargets(options.targets);
  const { fields = {}, limits = {}, retireAfterHours, source } = options;
  if (options.secret !== undefined && options.secretName !== undefined)
    throw new Error(`'secretName' is of a new secret, and 'secret' is given: got '${options.secretName}'`);
  checkName(options.secretName);
  if (options.secret !== undefined && options.secretKey !== undefined)
    throw new Error(`'secretKey' is of a new secret, and 'secret' is given: got '${options.secretKey.keyArn}'`);
  checkKeys('fields', fields, ['credentials', 'config']);
  checkMapping('fields.credentials', fields.credentials);
  checkMapping('fields.config', fields.config);
  checkKeys('limits', limits, ['drainSeconds', 'proofSeconds', 'connections']);
  mustBe('limits.drainSeconds', limits.drainSeconds, 1, 600);
  mustBe('limits.proofSeconds', limits.proofSeconds, 1, 600);
  mustBe('limits.connections', limits.connections, 1, 64);
  mustBe('retireAfterHours', retireAfterHours, 0, 8760, false);
  checkBoolean('rotateImmediatelyOnUpdate', options.rotateImmediatelyOnUpdate);
  checkBoolean('restartAfterCredentialError', options.restartAfterCredentialError);
  checkSource(source);
  for (const name of ['drainSeconds', 'proofSeconds'] as const) {
    // the function needs 30 s to change and resume behind the drain, prepares the pause before it, and logs in for the proof
    const seconds = limits[name] ?? defaults[name];
    if (seconds + 90 > timeout.toSeconds())
      throw new Error(
        `'limits.${name}' must leave 90 s of the function's timeout: ${seconds} s do not fit ${timeout.toHumanString()}`,
      );
  }
}

/** What the compiler sees to, for those who call without one. @throws quoting what is missing or of another kind */
function checkShapes({ source, targets, schedule, window }: Readonly<Record<string, unknown>>): void {
  check('source', source, has(source, 'definition'), 'RotationSource.iamUser(…) or RotationSource.mirror(…)');
  check('targets', targets, Array.isArray(targets), 'an array of { connectionSecret, links }');
  for (const target of targets as readonly unknown[]) {
    check('targets', target, has(target, 'links'), 'an array of { connectionSecret, links }');
    const { connectionSecret, links } = target as Readonly<Record<string, unknown>>;
    check('connectionSecret', connectionSecret, has(connectionSecret, 'secretArn'), 'a secret of CDK');
    check('links', links, Array.isArray(links), 'an array of names, such as ["database.link"]');
  }
  if (schedule !== undefined) check('schedule', schedule, typeof schedule === 'string', 'a string');
  mustBeDuration('window', window);
}

/** The same for a function's. @throws quoting what is of another kind, and a retention that CloudWatch has not */
export function checkFunction({
  architecture,
  logRetention,
  network,
  statusPage,
}: Readonly<Record<string, unknown>>): void {
  const isRetention =
    logRetention === undefined ||
    Token.isUnresolved(logRetention) ||
    Object.values(RetentionDays).includes(logRetention as RetentionDays);
  check('logRetention', logRetention, isRetention, 'one of RetentionDays');
  check(
    'architecture',
    architecture,
    architecture === undefined || has(architecture, 'dockerPlatform'),
    'an Architecture',
  );
  if (network !== undefined) check('network', network, has(network, 'vpc'), 'a VPC and where in it, { vpc, … }');
  if (has(network, 'vpc')) check('network.vpc', network.vpc, has(network.vpc, 'selectSubnets'), 'a VPC of CDK');
  checkBoolean('statusPage', statusPage);
}

function check(name: string, value: unknown, isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`'${name}' must be ${what}, got ${inspect(value, { depth: -1 })}`);
}

/** By what it can do: an app may have another copy of CDK. */
const has = <K extends string>(value: unknown, key: K): value is Readonly<Record<K, unknown>> =>
  typeof value === 'object' && value !== null && key in value;

/** @throws quoting what is none, such as a number without its unit */
export function mustBeDuration(name: string, value: unknown): void {
  if (value === undefined || has(value, 'toSeconds')) return;
  throw new Error(`'${name}' must be a Duration, such as Duration.hours(3), got ${inspect(value, { depth: -1 })}`);
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
function checkName(name: string | undefined): void {
  if (name === undefined || Token.isUnresolved(name) || /^[\w/+=.@-]{1,512}$/.test(name)) return;
  throw new Error(`'secretName' must be 1 to 512 letters, digits and /_+=.@-, got '${name}'`);
}

function checkBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean' || Token.isUnresolved(value)) return;
  throw new Error(`'${name}' must be true or false, got ${JSON.stringify(value)}`);
}

/** @throws quoting what is none of the choices */
export function mustBeOneOf(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new Error(`'${name}' must be one of ${choices.join(', ')}, got '${value}'`);
}

/** The function reads all its definitions or none, so what it would not read must not be deployed; CDK is called without types, too. */
function checkKeys(name: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given))
    if (!known.includes(key)) throw new Error(`'${name}' may have ${known.join(', ')}, got '${key}'`);
}

function checkMapping(name: string, mapping: Readonly<Record<string, unknown>> = {}): void {
  for (const [key, value] of Object.entries(mapping))
    if (key === '' || typeof value !== 'string' || value === '')
      throw new Error(`'${name}' must give a key of the secret for each key, got ${JSON.stringify({ [key]: value })}`);
}

function checkSource({ user, mirrored }: RotationSource): void {
  if (mirrored !== undefined) completeArn('source', mirrored);
  if (user === undefined || Token.isUnresolved(user.userName) || /^[\w+=,.@-]{1,64}$/.test(user.userName)) return;
  throw new Error(`'source' must be a user whose name is one of IAM's, got '${user.userName}'`);
}

/** For what is computed with, or put into words. @throws naming what is known only when deployed */
export function mustBeKnown(name: string, value: number | Duration | undefined): void {
  const isKnown = typeof value === 'object' ? !value.isUnresolved() : !Token.isUnresolved(value);
  if (!isKnown) throw new Error(`'${name}' must be known at synth, got a value that is known only when deployed`);
}

/** @throws quoting the value */
export function mustBe(name: string, value: number | undefined, lowest: number, highest: number, whole = true): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (typeof value === 'number' && value >= lowest && value <= highest && (!whole || Number.isInteger(value))) return;
  throw new Error(
    `'${name}' must be ${whole ? 'a whole number ' : ''}from ${lowest} to ${highest}, got ${typeof value === 'number' ? value : `'${String(value)}'`}`,
  );
}

function checkTargets(targets: readonly LinkTarget[]): void {
  if (targets.length === 0) throw new Error(`'targets' must name at least one cluster, got []`);
  for (const { connectionSecret, links, port } of targets) {
    mustBe('port', port, 1, 65_535);
    if (links.length === 0)
      throw new Error(`'links' must name at least one link of ${connectionSecret.secretName}, got []`);
    for (const link of links) if (!isUnknown(link)) readLink(link);
  }
}

/** Each in a place that the function can reach, and the rotated secret in one part only. @throws quoting what is not */
export function checkPlaces(secret: ISecret, { source, targets }: RotationOptions, stack: Stack): void {
  const { user, mirrored } = source;
  checkAccount('secret', 'a secret', secret.env.account, stack);
  if (user !== undefined) {
    checkAccount('source', 'a user', accountOf(user), stack);
    checkArn('source', user.userArn, 'iam', stack);
  }
  checkRegion('secret', secret.env.region, stack);
  checkArn('secret', completeArn('secret', secret), 'secretsmanager', stack);
  const others = targets.map(({ connectionSecret }): [string, ISecret] => ['connectionSecret', connectionSecret]);
  if (mirrored !== undefined) others.push(['source', mirrored]);
  for (const [prop, other] of others) {
    checkRegion(prop, other.env.region, stack);
    const secretId = completeArn(prop, other);
    checkArn(prop, secretId, 'secretsmanager', stack);
    if (secretId === completeArn('secret', secret))
      throw new Error(`'${prop}' must be another secret than the one that is rotated, got '${secretId}'`);
  }
}

/**
 * Secrets Manager calls functions, and is asked by this one, in its own Region only; so it is with keys, topics and alarms.
 *
 * @param got quotes what is there
 * @throws when it is in another
 */
export function checkRegion(prop: string, theirs: string, { region }: Stack, got = `a secret in ${theirs}`): void {
  if (differ(theirs, region)) throw new Error(`'${prop}' must be in the stack's Region, ${region}, got ${got}`);
}

/**
 * Secrets Manager may call the function for secrets of its own account only, and IAM knows users of the caller's only.
 *
 * @param got quotes what is there
 * @throws when it is in another
 */
export function checkAccount(prop: string, got: string, theirs: string, { account }: Stack, why = ''): void {
  if (differ(theirs, account))
    throw new Error(`'${prop}' must be in the stack's account, ${account}, got ${got} in ${theirs}${why}`);
}

/** CDK takes any ARN for that of what is imported. @throws quoting one of another service, or of another partition than the stack's */
export function checkArn(prop: string, arn: string, service: string, { region }: Stack): void {
  if (Token.isUnresolved(arn)) return;
  const [, theirs, of] = arn.split(':');
  if (of !== service) throw new Error(`'${prop}' must have an ARN of ${service}, got '${arn}'`);
  const ours = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).partition;
  if (ours !== undefined && theirs !== ours)
    throw new Error(`'${prop}' must be in the stack's partition, ${ours}, got '${arn}'`);
}

/** CDK takes an imported user for one of the stack's account, whatever its ARN says. */
function accountOf({ userArn, env }: IUser): string {
  return (Token.isUnresolved(userArn) ? undefined : userArn.split(':')[4]) ?? env.account;
}

/** Whether both are known, and not the same. */
export const differ = (theirs: string, ours: string): boolean =>
  !Token.isUnresolved(theirs) && !Token.isUnresolved(ours) && theirs !== ours;

/** A key that is not yet retired when the next rotation comes leaves it no free slot; one may end late in its window, the next come early. */
export function checkRetirement(
  { source, retireAfterHours }: RotationOptions,
  schedule: string,
  window: Duration,
): void {
  if (source.user === undefined || isUnknown(schedule)) return;
  const after = retireAfterHours ?? defaults.retireAfterHours;
  const between = hoursBetween(schedule) - window.toHours();
  if (after <= between) return;
  throw new Error(
    `'retireAfterHours' must be shorter than the schedule's interval without its window, or a rotation may find both key slots taken: ` +
      `'${schedule}' may come ${between} hours after a window of ${window.toHumanString()}, got ${after}`,
  );
}
