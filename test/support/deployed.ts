import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Account, AccountOptions } from '../standins/demo/account';
import type { Operation } from '../standins/aws/wire';

type Tree = string | number | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };
interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, Tree>>;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** A stack with one rotation, as it would be deployed. */
export interface DeployedStack {
  /** The keys of the journal's table. */
  readonly journal: NonNullable<AccountOptions['journal']>;
  /** What a rotation runs with, with this account's names in the place of the template's. Makes the secrets that the template has or mirrors. */
  in(account: Account, connections: readonly string[]): Deployed;
}

export interface Deployed {
  /** The one in the variable `ROTATIONS`; nothing when that is the ARN of a secret. */
  readonly definition: object;
  /** The function's variables, but for definitions that stand in `ROTATIONS` itself. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly rules: Readonly<Record<string, string>>;
  /** What the role is allowed, each as `action ARN`, but for what Lambda itself does by it: writing the log, and network interfaces. */
  readonly allowed: readonly string[];
  /** What it was asked for so far, in the same words, and of that what its policies do not allow. */
  readonly used: ReadonlySet<string>;
  readonly denied: ReadonlySet<string>;
  /** Whether the role's policies allow it, as IAM would evaluate them, with all that the service does for it in the caller's name. */
  mayRole(operation: Operation): Promise<boolean>;
}

/** The names in the example of the README, and of a secret to mirror: templates have them, accounts have others. */
export const example = {
  secret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf',
  connection: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf',
  mirrored: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/upstream-AbCdEf',
} as const;
/** Of the mirrored secret in an account. */
export const mirroredName = 'prod/upstream';
const table = 'journal';
const tableArn = `arn:aws:dynamodb:us-east-1:111122223333:table/${table}`;
const logGroupArn = 'arn:aws:logs:us-east-1:111122223333:log-group:rotation:*';
/** Of the template's own. */
const topicArn = 'arn:aws:sns:us-east-1:111122223333:topic';
const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/own';
const functionArn = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';

/**
 * @param template of a stack whose secrets are those of `example`
 * @param keys by secret: the key that it is under, when it is not the account's own
 * @param handler of the function in question
 */
export function deployedFrom(
  template: object,
  keys: Readonly<Record<string, string>> = {},
  handler = 'index.handler',
): DeployedStack {
  const Resources = resourcesOf(template, handler);
  return {
    journal: one(Object.values(Resources), 'AWS::DynamoDB::Table') as unknown as DeployedStack['journal'],
    in: (account, connections) => deployedIn(Resources, Object.entries(keys), account, connections),
  };
}

/** Resources of a template without those functions that have another handler, and without their roles and policies. */
export function resourcesOf(template: object, handler: string): Readonly<Record<string, Resource>> {
  const { Resources } = template as { readonly Resources: Readonly<Record<string, Resource>> };
  const others = Object.values(Resources).filter(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties['Handler'] !== handler,
  );
  const roles = others.map(({ Properties }) => (Properties['Role'] as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]);
  const isTheirs = ([id, resource]: [string, Resource]): boolean => {
    const { Roles = [] } = { ...resource.Properties } as { Roles?: readonly { readonly Ref: string }[] };
    return others.includes(resource) || roles.includes(id) || Roles.some(({ Ref }) => roles.includes(Ref));
  };
  return Object.fromEntries(Object.entries(Resources).filter((entry) => !isTheirs(entry)));
}

function deployedIn(
  template: Readonly<Record<string, Resource>>,
  templateKeys: readonly (readonly [string, string])[],
  account: Account,
  connections: readonly string[],
): Deployed {
  const { secrets, sns } = account.aws;
  sns.topics.add(topicArn);
  const made = Object.keys(template).filter((id) => template[id]?.Type === 'AWS::SecretsManager::Secret');
  const madeArns = new Map(made.map((Name) => [Name, secrets.createSecret({ Name }).arn]));
  let text = JSON.stringify(resolved([template, templateKeys] as unknown as Tree, madeArns));
  if (text.includes(example.mirrored)) {
    const SecretString = secrets.valueOf(account.secretArn);
    text = text.replaceAll(example.mirrored, secrets.createSecret({ Name: mirroredName, SecretString }).arn);
  }
  text = text.replaceAll(example.secret, account.secretArn);
  const [own, keys] = JSON.parse(text, (key, value: Tree) => {
    if (value === example.connection) return connections;
    return key === 'Resource' ? [value].flat(2) : value; // each cluster's beside others
  }) as [Record<string, Resource>, readonly [string | readonly string[], string][]];
  const named = (said: string): string => said.replaceAll(example.connection, connections[0] ?? '');
  for (const [id, SecretId] of madeArns) {
    const { SecretString } = own[id]?.Properties as { SecretString: string };
    secrets.putSecretValue({ SecretId, ClientRequestToken: undefined, SecretString: named(SecretString) });
  }
  const resources = Object.values(own);
  const policies = resources.filter(({ Type }) => /^AWS::IAM::(?:Managed)?Policy$/.test(Type));
  const identityPolicies = policies.map(({ Properties }, at) => ({
    name: String(at),
    policy: Properties['PolicyDocument'],
  }));
  const statements = identityPolicies.flatMap(
    ({ policy }) => (policy as unknown as { Statement: Statement[] }).Statement,
  );
  const rotator = one(resources, 'AWS::Lambda::Function');
  const { ROTATIONS = '', ...variables } = (rotator['Environment'] as { Variables: Record<string, string> }).Variables;
  const isStored = ROTATIONS.startsWith('arn:');
  const [definition = {}] = isStored ? [] : (JSON.parse(named(ROTATIONS)) as object[]);

  const [used, denied] = [new Set<string>(), new Set<string>()];
  const judged = new Map<string, Promise<boolean>>();
  const judge = async (action: string, resource: string, via?: string): Promise<boolean> => {
    const asked = `${action} ${resource}`;
    const verdict = judged.get(`${asked} ${via}`) ?? isAllowed(action, resource, identityPolicies, via);
    judged.set(`${asked} ${via}`, verdict);
    used.add(asked);
    if (!(await verdict)) denied.add(asked);
    return verdict;
  };
  const topicKeys = resources
    .filter(({ Type }) => Type === 'AWS::SNS::Topic')
    .map(({ Properties }) => [topicArn, Properties['KmsMasterKeyId'] as string] as const);
  const keysOf = (of: string) =>
    [...keys, ...topicKeys].filter(([under]) => [under].flat().includes(of)).map(([, key]) => key);
  return {
    definition,
    variables: isStored ? { ROTATIONS, ...variables } : variables,
    timeoutMs: Number(rotator['Timeout']) * 1_000,
    rules: one(resources, 'AWS::SecretsManager::RotationSchedule')['RotationRules'] as Record<string, string>,
    allowed: statements
      .flatMap(({ Action, Resource }) =>
        [Action].flat(2).flatMap((action) => [Resource].flat(2).map((resource) => `${action} ${resource}`)),
      )
      .filter((said) => !/^(?:logs|ec2):/.test(said)),
    used,
    denied,
    async mayRole({ permission, resource = '' }) {
      const arn = arnOf(permission, resource, account);
      const onBehalf = (inTheirName[permission] ?? []).flatMap((action) =>
        (action.startsWith('kms:') ? keysOf(arn) : [functionArn]).map((on) =>
          judge(action, on, permission.split(':')[0]),
        ),
      );
      return (await Promise.all([judge(permission, arn), ...onBehalf])).every(Boolean);
    },
  };
}

/**
 * What Secrets Manager does in its caller's name, with the secret's key and with its rotation function, and SNS with the topic's key:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html,
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html,
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
const inTheirName: Readonly<Record<string, readonly string[]>> = {
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
  'secretsmanager:PutSecretValue': ['kms:GenerateDataKey'],
  'secretsmanager:RotateSecret': ['lambda:InvokeFunction'],
  'sns:Publish': ['kms:GenerateDataKey', 'kms:Decrypt'],
};

/** The one that keys have by default, which leaves it to IAM. */
const policyOfKeys = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
  ],
};

function one(resources: readonly Resource[], type: string): Resource['Properties'] {
  const found = resources.find(({ Type }) => Type === type);
  if (found === undefined) throw new Error(`the template has no ${type}`);
  return found.Properties;
}

async function isAllowed(
  action: string,
  resource: string,
  identityPolicies: readonly { readonly name: string; readonly policy: Tree | undefined }[],
  via?: string,
): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: 'arn:aws:sts::111122223333:assumed-role/rotation/function',
        action,
        resource: { resource, accountId: '111122223333' },
        contextVariables: action.startsWith('kms:') ? { 'kms:ViaService': `${via}.us-east-1.amazonaws.com` } : {},
      },
      identityPolicies: [...identityPolicies],
      ...(action.startsWith('kms:') ? { resourcePolicy: policyOfKeys } : {}),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === 'Allowed';
}

/** What the caller named, as IAM names it. */
function arnOf(permission: string, resource: string, { aws }: Account): string {
  if (permission.startsWith('dynamodb:')) return `arn:aws:dynamodb:us-east-1:111122223333:table/${resource}`;
  if (permission.startsWith('iam:'))
    return `arn:aws:iam::111122223333:user/${aws.iam.findKey(resource)?.userName ?? resource}`;
  return resource.startsWith('arn:') ? resource : aws.secrets.find(resource).arn;
}

/** CloudFormation's references, as far as stacks use them where a rotation sees it. */
function resolved(tree: Tree, made: ReadonlyMap<string, string>): Tree {
  if (typeof tree !== 'object' || tree === null) return tree;
  const within = (part: Tree): Tree => resolved(part, made);
  if (Array.isArray(tree)) return (tree as readonly Tree[]).map(within);
  const { Ref, ...rest } = tree as { readonly [key: string]: Tree };
  const [attribute, joined] = [rest['Fn::GetAtt'], rest['Fn::Join']];
  if (Ref === 'AWS::Partition') return 'aws';
  if (typeof Ref === 'string')
    return made.get(Ref) ?? (/Journal/.test(Ref) ? table : /Topic/.test(Ref) ? topicArn : Ref);
  if (Array.isArray(attribute)) return arnOfMade(String(attribute[0]));
  if (Array.isArray(joined)) return (within(joined[1] as Tree) as readonly string[]).join(String(joined[0]));
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, within(value)]));
}

/** By the beginnings of the names that the construct gives. */
const arnOfMade = (logicalId: string): string => arnsOfMade.find(([name]) => name.test(logicalId))?.[1] ?? logGroupArn;
const arnsOfMade = [
  [/Journal/, tableArn],
  [/Function/, functionArn],
  [/Key/, keyArn],
] as const;
