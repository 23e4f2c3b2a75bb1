import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, CfnPermission, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { bundleDirectory } from './code';
import { Definitions } from './definitions';
import { openKey } from './encryption';
import { failureEvents, mirrorEvents, requestEvents, type SecretEvents } from './events';
import { readLink } from './links';
import { type AlarmThresholds, checkThresholds, Monitoring } from './monitoring';
import { FunctionNetwork, type RotationNetwork } from './network';
import { openTopic, whatIsTold, type WhatIsTold } from './notification';
import {
  checkFunction,
  checkOptions,
  checkPlaces,
  checkRetirement,
  differ,
  mustBe,
  mustBeDuration,
  mustBeKnown,
  mustBeOneOf,
} from './checks';
import { Claims } from './claims';
import {
  allowFunction,
  allowNetwork,
  allowNotices,
  allowStarting,
  policyProblems,
  RotationPermissions,
} from './permissions';
import { completeArn, defaults, definitionOf, type RotationOptions } from './rotation-options';
import { defaultWindow, rotationRules } from './schedule';
import { makeJournal, makeLog, makeSecret } from './storage';
import { isUnknown } from './unknown';
import { Viewer } from './viewer';

export interface LinkRotationFunctionProps {
  /** Where the function runs. @default outside a VPC: the clusters must be reachable from the internet */
  readonly network?: RotationNetwork;
  /** Whom alarms and failed rotations are told by e-mail; the address has to be confirmed. @default nobody */
  readonly email?: string;
  /**
   * A standard topic of the stack's account and Region. One of this app is made to admit alarms (cloudwatch.amazonaws.com) and events
   * (events.amazonaws.com), and so is its key; the policies of an imported one must do so already, which a warning at synth says. Where
   * an imported one is encrypted, give its key, too: Topic.fromTopicAttributes with `topicArn` and `keyArn`. The function's role may
   * then use it for notices (kms:GenerateDataKey, kms:Decrypt), as far as the key's policy leaves that to IAM, which the default one does.
   *
   * @default a new, encrypted one
   */
  readonly topic?: ITopic;
  /**
   * What the function itself tells the topic, in words and once a rotation: that it failed or needs a person, or that pipelines stay
   * paused, with the log of that very call. `all`: what went well, too. `none`: alarms and Secrets Manager's own events remain.
   *
   * @default 'failures'
   */
  readonly notices?: WhatIsTold;
  /**
   * Whether a second function shows how everything stands: on the dashboard as a page, and to those who may call it and not the
   * function that rotates. Its role may only read.
   *
   * @default true
   */
  readonly statusPage?: boolean;
  /** When alarms sound that have a measure. @default each its own */
  readonly alarmThresholds?: AlarmThresholds;
  /** Of the log. @default RetentionDays.ONE_YEAR */
  readonly logRetention?: RetentionDays;
  /** @default 'INFO' */
  readonly logLevel?: 'INFO' | 'WARN' | 'ERROR';
  /**
   * For log and topic, in the stack's Region; an alias must know its key. One that was imported must admit CloudWatch Logs, CloudWatch
   * and EventBridge.
   *
   * @default a new one
   */
  readonly encryptionKey?: IKey;
  /** How long a step may take: 3 to 15 minutes, known at synth. @default Duration.minutes(15) */
  readonly timeout?: Duration;
  /** MB, 256 to 10240. @default 512 */
  readonly memorySize?: number;
  /** @default Architecture.ARM_64 */
  readonly architecture?: Architecture;
  /** A directory or archive with the bundle as `index.js`. @default the one that comes with this package */
  readonly code?: Code;
}

/**
 * One function for the rotations of any number of secrets: with its journal, its watchdog, its log, and all that tells people
 * when it needs them.
 */
export class LinkRotationFunction extends Construct {
  readonly function: Function;
  /** Answers `status` and `plan`, and draws the page on the dashboard; undefined when it is left out. */
  readonly statusFunction: Function | undefined;
  /** Leases and the journal of pauses. Kept when the stack goes: it may name pipelines that have yet to be resumed. */
  readonly journal: Table;
  readonly logGroup: LogGroup;
  /** Where alarms and failed rotations are told. */
  readonly topic: ITopic;
  /** Each told to the topic, and by its description what to do. */
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard;
  /** Interface endpoints that were made for `network.endpoints: 'create'`, to let others in. They admit the VPC's CIDR block already. */
  readonly endpoints: readonly InterfaceVpcEndpoint[];
  readonly #permissions: readonly RotationPermissions[];
  readonly #timeout: Duration;
  readonly #network: FunctionNetwork | undefined;
  readonly #definitions: Definitions;
  readonly #mayBeCalled: CfnPermission;
  readonly #failures: SecretEvents;
  readonly #mirrored: SecretEvents;
  readonly #requested: SecretEvents;
  readonly #mayStart: () => void;

  constructor(scope: Construct, id: string, props: LinkRotationFunctionProps = {}) {
    super(scope, id);
    this.#timeout = props.timeout ?? Duration.minutes(15);
    mustBeDuration('timeout', this.#timeout);
    mustBeKnown('timeout', this.#timeout);
    mustBe('timeout', this.#timeout.toSeconds(), 180, 900);
    mustBe('memorySize', props.memorySize, 256, 10_240);
    mustBeOneOf('notices', props.notices, whatIsTold);
    mustBeOneOf('logLevel', props.logLevel, ['INFO', 'WARN', 'ERROR']);
    checkFunction({ ...props });
    checkThresholds(props.alarmThresholds);
    this.journal = makeJournal(this);
    const key = openKey(this, props.encryptionKey);
    this.logGroup = makeLog(this, props.logRetention ?? RetentionDays.ONE_YEAR, key);
    this.topic = openTopic(this, props.topic, props.email, key);

    // Made here, because the role that Function makes may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const { notices = 'failures' } = props;
    if (notices !== 'none') allowNotices(role, this.topic);
    allowFunction(role, this.journal.tableArn, this.logGroup.logGroupArn);
    this.#network =
      props.network === undefined ? undefined : new FunctionNetwork(this, 'Network', props.network, notices !== 'none');
    this.endpoints = this.#network?.endpoints ?? [];
    if (this.#network !== undefined) allowNetwork(role);
    const { tableArn } = this.journal;
    const viewer =
      props.statusPage === false
        ? undefined
        : new Viewer(this, 'Viewer', tableArn, this.logGroup.logGroupArn, this.#network !== undefined);
    this.#permissions = [new RotationPermissions(role), ...(viewer === undefined ? [] : [viewer.permissions])];
    this.#definitions = new Definitions(this, 'Definitions', viewer === undefined ? [role] : [role, viewer.role]);
    const environment = {
      ROTATIONS: this.#definitions.value,
      ROTATIONS_DIGEST: this.#definitions.digest,
      JOURNAL_TABLE: this.journal.tableName,
      LOG_LEVEL: props.logLevel ?? 'INFO',
    };
    const shared = {
      code: props.code ?? Code.fromAsset(bundleDirectory),
      runtime: Runtime.NODEJS_24_X,
      architecture: props.architecture ?? Architecture.ARM_64,
      timeout: this.#timeout,
      memorySize: props.memorySize ?? 512,
      logGroup: this.logGroup,
      // For the asynchronous callers: Lambda would repeat a failed call twice, beside the next minute's own.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      ...this.#network?.options,
    };
    this.function = new Function(this, 'Function', {
      ...shared,
      description: 'Rotates the credentials of SingleStore links',
      handler: 'index.handler',
      role,
      environment: {
        ...environment,
        ...(notices === 'none' ? {} : { NOTICES_TOPIC: this.topic.topicArn, NOTICES: notices }),
      },
    });
    this.statusFunction = viewer?.make(this.function, { ...shared, environment });
    // the first calls come as soon as it is there, and the pre-flight with the first schedule
    for (const made of [this.function, this.statusFunction])
      if (this.#network !== undefined) made?.node.addDependency(...this.#network.before);
    if (this.#network !== undefined && this.statusFunction !== undefined) callEveryDay(this, this.statusFunction);
    callEveryMinute(this, this.function);

    // Not addRotationSchedule: it knows neither cron() nor a window, and lets every account's Secrets Manager call.
    this.#mayBeCalled = new CfnPermission(this, 'SecretsManagerMayInvoke', {
      action: 'lambda:InvokeFunction',
      functionName: this.function.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Stack.of(this).account,
    });
    this.#failures = failureEvents(this, this.topic);
    this.#mirrored = mirrorEvents(this, this.function);
    this.#requested = requestEvents(this, this.function);
    this.#mayStart = allowStarting(this, this.function);
    this.node.addValidation({ validate: () => policyProblems(this, viewer) });
    const monitoring = new Monitoring(this, 'Monitoring', this.function, this.topic, {
      timeout: this.#timeout,
      viewer: this.statusFunction,
      ...props.alarmThresholds,
    });
    this.alarms = monitoring.alarms;
    this.dashboard = monitoring.dashboard;
  }

  /**
   * Rotates a secret with this function.
   *
   * @returns the secret, which is a new one when none was given
   * @throws at synth, quoting a value that is out of its bounds or contradicts another
   */
  rotate(id: string, options: RotationOptions): ISecret {
    checkOptions(options, this.#timeout);
    const {
      schedule = defaults.schedule,
      window = defaultWindow(schedule),
      rotateImmediatelyOnUpdate = false,
    } = options;
    const rules = rotationRules(schedule, window);
    checkRetirement(options, schedule, window);
    this.#network?.mustReach(options.source);
    const scope = new Construct(this, id);
    const secret = options.secret ?? makeSecret(scope, options);
    const secretId = completeArn('secret', secret);
    const { mirrored } = options.source;
    checkPlaces(secret, options, Stack.of(this));
    this.#claim(scope, secretId, options);

    this.#definitions.add(definitionOf(secretId, options));
    for (const permissions of this.#permissions) permissions.add(secret, options);
    for (const target of options.targets) this.#network?.open(target);
    this.#failures.add(secretId);
    this.#requested.add(secretId);
    if (mirrored !== undefined) {
      this.#follow(mirrored);
      this.#mayStart();
    }
    const attached = new CfnRotationSchedule(scope, 'Schedule', {
      secretId,
      rotationLambdaArn: this.function.functionArn,
      rotationRules: rules,
      rotateImmediatelyOnUpdate,
    });
    attached.node.addDependency(this.#mayBeCalled); // Secrets Manager checks it when the function is attached
    return secret;
  }

  /** By the event of its change, which Secrets Manager sends within its account only; in any other it takes the five-minute look. */
  #follow(mirrored: ISecret): void {
    const arn = completeArn('source', mirrored);
    if (!differ(mirrored.env.account, Stack.of(this).account)) {
      this.#mirrored.add(arn);
      return;
    }
    Annotations.of(this).addWarningV2(
      'singlestore-link-rotation:mirror-of-another-account',
      `'source' is in another account, ${arn}: no event tells of its change, which the five-minute look finds; and the policies of that secret and of its key, which cannot be the account's own, must allow the function's role secretsmanager:DescribeSecret, secretsmanager:GetSecretValue and kms:Decrypt`,
    );
  }

  /** Two rotations of one secret, of one link, or with the two key slots of one user, would undo each other. */
  #claim(rotation: Construct, secretId: string, { source, targets, secretName }: RotationOptions): void {
    const claims = Claims.of(this);
    const { account, region, node } = Stack.of(this);
    claims.take('secret', secretId);
    // stacks without an account may go to different ones
    const place = Token.isUnresolved(account) ? node.path : account;
    if (secretName !== undefined)
      claims.take('secretName', secretName, Token.isUnresolved(region) ? node.path : `${place} ${region}`);
    const connections = targets.map(({ connectionSecret }) => completeArn('connectionSecret', connectionSecret));
    claims.takeSecrets(secretId, connections, source.mirrored && completeArn('source', source.mirrored));
    if (source.user !== undefined) claims.takeUser(source.user.userName, place);
    for (const { connectionSecret, links } of targets) {
      const connectionSecretId = completeArn('connectionSecret', connectionSecret);
      for (const link of links) if (!isUnknown(link)) claims.takeLink(rotation, connectionSecretId, readLink(link));
    }
  }
}

/** Two callers of a minute that was missed help no more than one. */
function callEveryMinute(scope: Construct, rotator: Function): void {
  new Rule(scope, 'Watchdog', {
    description: 'Resumes what a dead rotation left paused, and retires old access keys',
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [
      new LambdaFunction(rotator, {
        event: RuleTargetInput.fromObject({ action: 'recover' }),
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
      }),
    ],
  });
}

/** A function in a VPC that nobody calls for weeks loses its network interfaces, and its next call fails: the page may be looked at that seldom. */
function callEveryDay(scope: Construct, viewer: Function): void {
  new Rule(scope, 'StatusAwake', {
    description: 'Keeps the function of the status page from going inactive in its VPC',
    schedule: Schedule.rate(Duration.days(1)),
    targets: [
      new LambdaFunction(viewer, {
        event: RuleTargetInput.fromObject({ describe: true }),
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
      }),
    ],
  });
}
