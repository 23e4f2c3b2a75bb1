import { runSimulation } from '@cloud-copilot/iam-simulate';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account, AccountOptions } from '../standins/demo/account';
import type { Operation } from '../standins/aws/wire';

const root = join(__dirname, '..', '..');

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

/** The stack of the app, as `npm run deploy` would send it. */
export interface DeployedStack {
  /** The keys of the journal's table. */
  readonly journal: NonNullable<AccountOptions['journal']>;
  /** What a rotation runs with, with this account's names in the place of the example's. */
  in(account: Account, connections: readonly string[]): Deployed;
}

export interface Deployed {
  /** The one in the variable `ROTATIONS`. */
  readonly definition: object;
  /** The function's other variables. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly rules: Readonly<Record<string, string>>;
  /** What the role is allowed, but for what Lambda itself does with its log. */
  readonly allowed: readonly string[];
  /** Whether the role's policies allow it, as IAM would evaluate them. */
  mayRole(operation: Operation): Promise<boolean>;
}

/** The names in the example of the README, which the app synthesises without context. */
const example = {
  secret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf',
  connection: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf',
} as const;
const table = 'journal';
const tableArn = `arn:aws:dynamodb:us-east-1:111122223333:table/${table}`;
const logGroupArn = 'arn:aws:logs:us-east-1:111122223333:log-group:rotation:*';

/** Takes some seconds. */
export function synthesise(): DeployedStack {
  const folder = mkdtempSync(join(tmpdir(), 'deployed-'));
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/tsx/dist/cli.mjs'), 'infra/app.ts'], {
      cwd: root,
      env: { ...process.env, CDK_OUTDIR: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const template = readFileSync(join(folder, 'SingleStoreLinkRotation.template.json'), 'utf8');
    const { Resources } = JSON.parse(template) as { Resources: Record<string, Tree> };
    const resources = Object.values(Resources).map((resource) => resolved(resource) as unknown as Resource);
    return {
      journal: one(resources, 'AWS::DynamoDB::Table') as unknown as DeployedStack['journal'],
      in: (account, connections) => deployedIn(resources, account, connections),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function deployedIn(resources: readonly Resource[], account: Account, connections: readonly string[]): Deployed {
  const own = JSON.parse(JSON.stringify(resources).replaceAll(example.secret, account.secretArn), (_, value: Tree) =>
    value === example.connection ? connections : value,
  ) as readonly Resource[];
  const rotator = one(own, 'AWS::Lambda::Function');
  const policies = own.filter(({ Type }) => Type === 'AWS::IAM::Policy').map(({ Properties }) => Properties);
  const identityPolicies = policies.map(({ PolicyName, PolicyDocument }) => ({
    name: PolicyName as string,
    policy: PolicyDocument,
  }));
  const statements = policies.flatMap(
    ({ PolicyDocument }) => (PolicyDocument as unknown as { Statement: Statement[] }).Statement,
  );
  const { ROTATIONS = '', ...variables } = (rotator['Environment'] as { Variables: Record<string, string> }).Variables;
  const [definition = {}] = JSON.parse(ROTATIONS.replaceAll(example.connection, connections[0] ?? '')) as object[];
  const judged = new Map<string, Promise<boolean>>();
  return {
    definition,
    variables,
    timeoutMs: Number(rotator['Timeout']) * 1_000,
    rules: one(own, 'AWS::SecretsManager::RotationSchedule')['RotationRules'] as Record<string, string>,
    allowed: statements.flatMap(({ Action }) => Action).filter((action) => !action.startsWith('logs:')),
    mayRole({ permission, resource = '' }) {
      const arn = arnOf(permission, resource, account);
      const key = `${permission} ${arn}`;
      const verdict = judged.get(key) ?? isAllowed(permission, arn, identityPolicies);
      judged.set(key, verdict);
      return verdict;
    },
  };
}

function one(resources: readonly Resource[], type: string): Resource['Properties'] {
  const found = resources.find(({ Type }) => Type === type);
  if (found === undefined) throw new Error(`the template has no ${type}`);
  return found.Properties;
}

async function isAllowed(
  action: string,
  resource: string,
  identityPolicies: readonly { readonly name: string; readonly policy: Tree | undefined }[],
): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: 'arn:aws:sts::111122223333:assumed-role/rotation/function',
        action,
        resource: { resource, accountId: '111122223333' },
        contextVariables: {},
      },
      identityPolicies: [...identityPolicies],
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

/** CloudFormation's references, as far as the stack uses them where a rotation sees it. */
function resolved(tree: Tree): Tree {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return (tree as readonly Tree[]).map(resolved);
  const { Ref, ...rest } = tree as { readonly [key: string]: Tree };
  const [attribute, join_] = [rest['Fn::GetAtt'], rest['Fn::Join']];
  if (Ref === 'AWS::Partition') return 'aws';
  if (typeof Ref === 'string') return /Journal/.test(Ref) ? table : Ref;
  if (Array.isArray(attribute)) return /Journal/.test(String(attribute[0])) ? tableArn : logGroupArn;
  if (Array.isArray(join_)) return (resolved(join_[1] as Tree) as readonly string[]).join(String(join_[0]));
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, resolved(value)]));
}
