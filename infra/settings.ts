import type { Node } from 'constructs';
import { mustBeOneOf } from './checks';
import { splitLinks } from './links';
import { whatIsTold } from './notification';
import { defaults } from './rotation-options';
import { defaultWindow, hoursBetween } from './schedule';
import type { LinkRotationStackProps } from './stack';

/** The example of the README: `npm run synth` shows a whole template before anything is set up. */
const example = {
  secretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf',
  userName: 'singlestore-ingest',
  connectionSecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf',
  links: ['analytics.analytics_link'],
};

/** What else may be given: each as the stack's property of that name. */
const optional = ['schedule', 'email', 'notices', 'kmsKey', 'stackName'] as const;
const known = [...Object.keys(example), 'secretName', ...optional, 'example'];

/**
 * What to deploy, from CDK's context: `cdk deploy -c secretId=… -c userName=… -c connectionSecretId=… -c links=a.b,c.*`, with
 * `-c secretName=…` in the place of `secretId` for a new secret, and `-c schedule='cron(…)'`, `-c email=…`, `-c notices=…`,
 * `-c kmsKey=…` and, beside a stack that is there for another secret, `-c stackName=…` where wanted. In cdk.json `links` may be an array; of one key given twice CDK hands on the last. An old key stays active for 24 hours
 * (`retireAfterHours`), which must fit between a window's end and the next rotation, so a schedule is never daily; the window is three
 * hours or what is left of its day.
 *
 * @returns the README's example when none of them is given, unless `-c example=false` refuses it, as `npm run deploy` does.
 * @throws listing what is missing when only some are given, naming a key that it does not know, or quoting what is not a
 *   secret's or key's ARN, a user's name, a schedule with that much room or one of the choices
 */
export function readSettings(node: Node): LinkRotationStackProps {
  const given = (key: string): unknown => node.tryGetContext(key);
  const text = (key: string): string => String(given(key));
  const isNew = given('secretName') !== undefined;
  checkKeys(Object.keys(node.getAllContext() as object), (key) => given(key) !== undefined);
  if (isNew && given('secretId') !== undefined)
    throw new Error('Give -c secretId=… for a secret that is there, or -c secretName=… for a new one, not both');
  const required = Object.keys(example).filter((key) => key !== 'secretId' || !isNew);
  const further = optional.filter((key) => given(key) !== undefined);
  const missing = required.filter((key) => given(key) === undefined || given(key) === '');
  const said = given('example') === undefined ? 'true' : text('example');
  if (!['true', 'false'].includes(said)) throw new Error(`'example' must be true or false, got '${said}'`);
  const mayBeExample = further.length === 0 && !isNew && said === 'true';
  if (missing.length === required.length && mayBeExample) return { ...example, env: place(example.secretId) };
  if (missing.length > 0) throw new Error(`Missing context: ${missing.map((key) => `-c ${key}=…`).join(' ')}`);

  const userName = text('userName');
  if (!/^(arn:[\w-]+:iam::\d{12}:user\/([!-.0-~]+\/)*)?[\w+=,.@-]{1,64}$/.test(userName)) {
    throw new Error(
      `'userName' must be the name of an IAM user, or the ARN of one under a path, arn:aws:iam::…:user/path/name, got '${userName}'`,
    );
  }
  if (given('kmsKey') !== undefined && !/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(text('kmsKey')))
    throw new Error(`'kmsKey' must be the ARN of a KMS key, arn:aws:kms:…:key/…, got '${text('kmsKey')}'`);
  if (given('notices') !== undefined) mustBeOneOf('notices', text('notices'), whatIsTold);
  if (given('schedule') !== undefined) checkSchedule(text('schedule'));
  const beside = place(text('connectionSecretId'), 'connectionSecretId');
  const links = given('links');
  return {
    ...(isNew
      ? { env: beside, secretName: text('secretName') }
      : { env: place(text('secretId')), secretId: text('secretId') }),
    userName,
    connectionSecretId: text('connectionSecretId'),
    links: Array.isArray(links) ? links.map(String) : splitLinks(text('links')),
    ...Object.fromEntries(further.map((key) => [key, text(key)])),
  };
}

/**
 * How long an old key stays active, and how long a window is, cannot be said here: a schedule must leave room for their defaults.
 *
 * @throws quoting one that does not
 */
function checkSchedule(schedule: string): void {
  const { retireAfterHours } = defaults;
  const between = hoursBetween(schedule) - defaultWindow(schedule).toHours();
  if (between >= retireAfterHours) return;
  throw new Error(
    `'schedule' must leave ${retireAfterHours} hours from a window's end to the next rotation, in which an old key stays active: ` +
      `got '${schedule}', which leaves ${between}. A shorter life (retireAfterHours) takes an app of your own`,
  );
}

/** Account and Region of a secret: the function must be deployed beside the one that it rotates. */
function place(secretArn: string, key = 'secretId'): { account: string; region: string } {
  const [, region, account] = /^arn:[\w-]+:secretsmanager:([\w-]+):(\d{12}):secret:.+-\w{6}$/.exec(secretArn) ?? [];
  if (region && account) return { account, region };
  throw new Error(
    `'${key}' must be the complete ARN of a secret, with the six characters at its end, got '${secretArn}'`,
  );
}

/**
 * CDK's own keys, of features, of its command line and of what it has looked up, have a colon or a slash, but for two.
 *
 * @throws naming a key that nobody reads, which would otherwise deploy something else than was meant
 */
function checkKeys(keys: readonly string[], isGiven: (key: string) => boolean): void {
  const ofCdk = ['cli-telemetry', 'acknowledged-issue-numbers'];
  for (const key of keys) {
    if (known.includes(key) || /[:/]/.test(key) || ofCdk.includes(key)) continue;
    const meant = known.find((ours) => resembles(key, ours) && !isGiven(ours));
    throw new Error(
      meant === undefined
        ? `Unknown context: -c ${key}=…. Accepted are ${known.join(', ')}; whatever else a rotation may have takes an app of your own`
        : `Unknown context: -c ${key}=…, did you mean -c ${meant}=…?`,
    );
  }
}

/** Whether somebody who wrote `key` may have meant `ours`: in other case, cut short, or with one letter in three wrong. */
function resembles(key: string, ours: string): boolean {
  const [a, b] = [key, ours].map((name) => name.toLowerCase().replace(/[-_]/g, '')) as [string, string];
  return (a.length >= 4 && b.startsWith(a)) || editsBetween(a, b) <= Math.max(a.length, b.length) / 3;
}

/** Levenshtein's distance: letters to insert, delete or replace. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at); // edits from what is read of `a` to each beginning of `b`
  for (const letter of Array.from(a)) {
    const [first = 0] = row;
    let last = first + 1;
    row = row.map((same, at) => {
      if (at === 0) return last;
      const replaced = (row[at - 1] ?? 0) + (b[at - 1] === letter ? 0 : 1);
      return (last = Math.min(last + 1, same + 1, replaced));
    });
  }
  return row.at(-1) ?? 0;
}
