import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { type IUser, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnPermission, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { bundleDirectory } from './bundle';
import { rotationRules } from './schedule';

/** Links of one SingleStore cluster. */
export interface LinkTarget {
  /** The secret with the cluster's `host`, `port`, `username` and `password`. Its complete ARN must be known. */
  readonly connectionSecret: ISecret;
  /** `database.link`, quoted as in SQL where a name needs it; `database.*` for all links of a database. At least one. */
  readonly links: readonly string[];
}

export interface LinkRotationProps {
  /** The secret to rotate, in the stack's Region: the JSON for `SET CREDENTIALS`. Its complete ARN must be known. */
  readonly secret: ISecret;
  /** The IAM user whose access keys the links use. Both its key slots belong to the rotation. */
  readonly user: IUser;
  /** The links that hold the secret's credentials, by cluster. At least one. */
  readonly targets: readonly LinkTarget[];
  /**
   * When to rotate: `cron()` in UTC with `0` minutes and `*` as year, or `rate()` of 4 hours to 1000 days.
   *
   * Pipelines pause for some seconds, so choose a quiet hour. A deployment never rotates by itself.
   *
   * @default 'cron(0 3 1 * ? *)' the first day of each month from 03:00 UTC
   */
  readonly schedule?: string;
  /**
   * How long Secrets Manager may start, and start again after a failure. Whole hours, 1 to 24, within one UTC day.
   *
   * @default Duration.hours(3)
   */
  readonly window?: Duration;
  /** @default 'INFO' */
  readonly logLevel?: 'INFO' | 'WARN' | 'ERROR';
  /** A directory or archive with the bundle as `index.js`. @default what `npm run build` wrote */
  readonly code?: Code;
}

/** Rotates the access keys of an IAM user in SingleStore links, on a schedule and on demand, and watches over each pause. */
export class LinkRotation extends Construct {
  readonly function: Function;
  /** Leases and the journal of pauses. Kept when the stack goes: it may name pipelines that have yet to be resumed. */
  readonly journal: Table;

  constructor(scope: Construct, id: string, props: LinkRotationProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const secretArn = completeArn('secret', props.secret);
    checkRegion(props.secret, stack);
    checkTargets(props.targets);
    const rules = rotationRules(props.schedule ?? 'cron(0 3 1 * ? *)', props.window ?? Duration.hours(3));
    const targets = props.targets.map(({ connectionSecret, links }) => ({
      connectionSecretId: completeArn('connectionSecret', connectionSecret),
      links,
    }));

    this.journal = new Table(this, 'Journal', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryption.AWS_MANAGED,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    // Made here, because the role that Function makes may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new LogGroup(this, 'Log', { retention: RetentionDays.ONE_YEAR });
    const allow = (resources: string[], ...actions: string[]) =>
      role.addToPolicy(new PolicyStatement({ resources, actions }));
    allow(
      [secretArn],
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    );
    allow([...new Set(targets.map((target) => target.connectionSecretId))], 'secretsmanager:GetSecretValue');
    allow(
      [props.user.userArn],
      'iam:CreateAccessKey',
      'iam:ListAccessKeys',
      'iam:UpdateAccessKey',
      'iam:DeleteAccessKey',
      'iam:GetAccessKeyLastUsed',
    );
    allow([this.journal.tableArn], 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query');
    allow([logGroup.logGroupArn], 'logs:CreateLogStream', 'logs:PutLogEvents');

    const source = { type: 'iam-user', userName: props.user.userName };
    this.function = new Function(this, 'Function', {
      code: props.code ?? Code.fromAsset(bundleDirectory),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.minutes(15),
      memorySize: 512,
      role,
      logGroup,
      environment: {
        ROTATIONS: stack.toJsonString([{ secretId: secretArn, source, targets }]),
        JOURNAL_TABLE: this.journal.tableName,
        LOG_LEVEL: props.logLevel ?? 'INFO',
      },
      // For the watchdog, the one asynchronous caller: Lambda would repeat a failed call twice, beside the next minute's own.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
    });

    new Rule(this, 'Watchdog', {
      description: 'Resumes what a dead rotation left paused, and retires old access keys',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(this.function, {
          event: RuleTargetInput.fromObject({ action: 'recover' }),
          retryAttempts: 0,
          maxEventAge: Duration.minutes(1),
        }),
      ],
    });

    // Not addRotationSchedule: it knows neither cron() nor a window, and lets every account's Secrets Manager call.
    const permission = new CfnPermission(this, 'SecretsManagerMayInvoke', {
      action: 'lambda:InvokeFunction',
      functionName: this.function.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: stack.account,
    });
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: secretArn,
      rotationLambdaArn: this.function.functionArn,
      rotationRules: rules,
      rotateImmediatelyOnUpdate: false,
    });
    schedule.addResourceDependency(permission); // Secrets Manager checks it when the function is attached
  }
}

/** Without the six characters at its end an ARN does not match in a policy, and may name another secret later. */
function completeArn(prop: string, secret: ISecret): string {
  if (secret.secretFullArn !== undefined) return secret.secretFullArn;
  throw new Error(
    `'${prop}' must be a secret whose complete ARN is known, such as Secret.fromSecretCompleteArn, got '${secret.secretName}'`,
  );
}

function checkRegion({ env }: ISecret, { region }: Stack): void {
  if (Token.isUnresolved(env.region) || Token.isUnresolved(region) || env.region === region) return;
  throw new Error(`'secret' must be in the stack's Region, ${region}, got a secret in ${env.region}`);
}

function checkTargets(targets: readonly LinkTarget[]): void {
  if (targets.length === 0) throw new Error(`'targets' must name at least one cluster, got []`);
  for (const { connectionSecret, links } of targets) {
    if (links.length === 0) {
      throw new Error(`'links' must name at least one link of ${connectionSecret.secretName}, got []`);
    }
    for (const link of links) {
      if (!Token.isUnresolved(link) && !/^(`(?:[^`]|``)+`|[^`.\s]+)\.(`(?:[^`]|``)+`|[^`.\s]+)$/.test(link)) {
        throw new Error(`'links' must be database.link or database.*, quoted as in SQL, got '${link}'`);
      }
    }
  }
}
