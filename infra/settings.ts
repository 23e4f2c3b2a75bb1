import type { Node } from 'constructs';
import type { LinkRotationStackProps } from './stack';

/** The example of the README: `npm run synth` shows a whole template before anything is set up. */
const example = {
  secretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf',
  userName: 'singlestore-ingest',
  connectionSecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf',
  links: ['analytics.analytics_link'],
};

/**
 * What to deploy, from CDK's context: `cdk deploy -c secretId=… -c userName=… -c connectionSecretId=… -c links=a.b,c.*`,
 * and `-c schedule='cron(…)'` where the construct's default does not suit. In cdk.json `links` may be an array.
 *
 * @returns the README's example when none of them is given. It belongs to nobody's account, so it cannot be deployed by mistake.
 * @throws listing what is missing when only some are given, or quoting what is not a secret's ARN or user's name
 */
export function readSettings(node: Node): LinkRotationStackProps {
  const given = (key: string): unknown => node.tryGetContext(key);
  const text = (key: string): string => String(given(key));
  const schedule = given('schedule') === undefined ? {} : { schedule: text('schedule') };

  const required = Object.keys(example);
  const missing = required.filter((key) => given(key) === undefined || given(key) === '');
  if (missing.length === required.length && given('schedule') === undefined)
    return { ...example, env: place(example.secretId) };
  if (missing.length > 0) throw new Error(`Missing context: ${missing.map((key) => `-c ${key}=…`).join(' ')}`);

  const userName = text('userName');
  if (!/^[\w+=,.@-]{1,64}$/.test(userName)) {
    throw new Error(`'userName' must be the name of an IAM user, without its path, got '${userName}'`);
  }
  place(text('connectionSecretId'), 'connectionSecretId');
  const links = given('links');
  return {
    env: place(text('secretId')),
    secretId: text('secretId'),
    userName,
    connectionSecretId: text('connectionSecretId'),
    links: Array.isArray(links) ? links.map(String) : text('links').split(','),
    ...schedule,
  };
}

/** Account and Region of a secret: the function must be deployed beside the one that it rotates. */
function place(secretArn: string, key = 'secretId'): { account: string; region: string } {
  const [, region, account] = /^arn:[\w-]+:secretsmanager:([\w-]+):(\d{12}):secret:.+-\w{6}$/.exec(secretArn) ?? [];
  if (region && account) return { account, region };
  throw new Error(
    `'${key}' must be the complete ARN of a secret, with the six characters at its end, got '${secretArn}'`,
  );
}
