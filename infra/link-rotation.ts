import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { LinkRotationFunction, type LinkRotationFunctionProps } from './link-rotation-function';
import type { RotationOptions } from './rotation-options';

/** One secret, and the function that rotates it. */
export interface LinkRotationProps extends LinkRotationFunctionProps, RotationOptions {}

/**
 * Rotates the credentials in SingleStore links, on a schedule and on demand, and watches over each pause. For many secrets, a
 * {@link LinkRotationFunction} that they share.
 */
export class LinkRotation extends Construct {
  /** The secret that is rotated: the one that was given, or a new one. */
  readonly secret: ISecret;
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

  constructor(scope: Construct, id: string, props: LinkRotationProps) {
    super(scope, id);
    const shared = new LinkRotationFunction(this, 'Shared', props);
    this.secret = shared.rotate('Rotation', props);
    this.function = shared.function;
    this.statusFunction = shared.statusFunction;
    this.journal = shared.journal;
    this.logGroup = shared.logGroup;
    this.topic = shared.topic;
    this.alarms = shared.alarms;
    this.dashboard = shared.dashboard;
    this.endpoints = shared.endpoints;
  }
}
