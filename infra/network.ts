import { Annotations, Stack, Stage, Token } from 'aws-cdk-lib';
import {
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SelectedSubnets,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct, type IDependable } from 'constructs';
import { Claims } from './claims';
import type { VpcEndpoints } from './endpoints';
import { acknowledge } from './permissions';
import { defaults, type LinkTarget } from './rotation-options';
import type { RotationSource } from './source';
import { isolatedOf, keysOf, routedFrom, routelessOf } from './subnets';

/** Where the function runs, when not outside a VPC: to reach a cluster that is in private, or admits one address only. */
export interface RotationNetwork {
  readonly vpc: IVpc;
  /** Without public ones: a function has no way out of them. @default the VPC's private subnets with a NAT gateway */
  readonly subnets?: SubnetSelection;
  /** @default one of its own, which lets out HTTPS and the clusters' ports */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * How the function reaches AWS from subnets without a NAT gateway: `create` makes endpoints for Secrets Manager, STS, DynamoDB
   * and S3, for its notices SNS, and in us-east-1 IAM; `existing` says that they are there.
   *
   * Their private DNS is the whole VPC's: from then on everything in it, in every subnet, reaches these services through them. So they
   * admit HTTPS from the VPC's CIDR block, which must be known (`vpcCidrBlock` of Vpc.fromVpcAttributes); whoever has addresses of
   * another block is let in by the construct's `endpoints`. The gateways are reached from the function's subnets, and from all that are
   * known to have no other way out. A VPC has room for one set: another function in it says `existing`, and waits
   * for them where the same stage of an app makes them, in whichever stack; what it needs must be among them, or synth refuses it. Those of another
   * stage or app must be deployed before.
   *
   * @default none: the subnets have a NAT gateway
   */
  readonly endpoints?: 'create' | 'existing';
}

/**
 * IAM's only interface endpoint is in its own Region (facts of AWS: a VPC elsewhere reaches IAM through NAT). That is so in the
 * commercial partition; in those of China and of the US government somebody who says that the endpoints exist is believed.
 */
const regionOfIam = 'us-east-1';

/** The function's place in a VPC. */
export class FunctionNetwork extends Construct {
  readonly options: Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'>;
  /** Those that were made and have security groups. */
  readonly endpoints: readonly InterfaceVpcEndpoint[];
  /** What must be there before a function in this place is called. */
  readonly before: readonly IDependable[];
  readonly #own: SecurityGroup | undefined;
  readonly #given: RotationNetwork;
  readonly #isolated: boolean;
  readonly #routeless: readonly ISubnet[];
  /** Of the VPC: what makes and what needs them. */
  readonly #ofVpc: VpcEndpoints;
  readonly #opened = new Set<string>();

  /** @param notices whether the function tells people, by SNS */
  constructor(scope: Construct, id: string, network: RotationNetwork, notices: boolean) {
    super(scope, id);
    const { vpc, subnets, securityGroups, endpoints } = network;
    this.#given = network;
    if (securityGroups?.length === 0)
      throw new Error(`'network.securityGroups' must have at least one, or be left out for one that is made, got []`);
    if (endpoints !== undefined && !['create', 'existing'].includes(endpoints))
      throw new Error(`'network.endpoints' must be 'create' or 'existing', got '${endpoints}'`);
    const selected = vpc.selectSubnets(subnets);
    if (selected.subnets.length === 0)
      throw new Error(
        `'network.subnets' must select at least one of the VPC's, got none by ${JSON.stringify(subnets)}`,
      );
    const isolated = isolatedOf(vpc, selected);
    this.#isolated = isolated.length > 0;
    this.#routeless = routelessOf(selected.subnets);
    this.#ofVpc = Claims.of(this).endpoints(vpc.vpcId);
    if (this.#isolated && endpoints === undefined)
      throw new Error(
        `'network.subnets' are isolated: the function would reach no AWS service. Give network.endpoints: 'create' or 'existing', or subnets with a NAT gateway`,
      );
    this.#own = securityGroups === undefined ? this.#makeGroup(vpc) : undefined;
    const groups = this.#own === undefined ? [...(securityGroups ?? [])] : [this.#own];
    this.options = { vpc, vpcSubnets: { subnets: selected.subnets }, securityGroups: groups };
    this.before = endpoints === 'existing' ? [this, this.#ofVpc.madeIn(Stage.of(this))] : [this];
    this.endpoints = endpoints === 'create' ? this.#makeEndpoints(selected, groups, notices) : [];
    if (notices)
      this.#needs(
        'SNS',
        `let this one say 'create' and the one that makes them 'existing', or give this one notices: 'none'`,
      );
    for (const subnet of isolated)
      this.#needs(
        `route from ${nameOf(subnet)} to DynamoDB and S3`,
        `name that subnet and its route table in the VPC that is given to the one that makes them`,
        keysOf(subnet),
      );
  }

  /** @throws when the source is IAM, and the subnets have no way to it */
  mustReach({ definition }: RotationSource): void {
    const { region } = Stack.of(this);
    if (definition.type !== 'iam-user') return;
    const isUnknown = Token.isUnresolved(region);
    if (isUnknown || region === regionOfIam)
      this.#needs('IAM', `it is made where the stack of the one that makes them is known to be in ${regionOfIam}`);
    if (this.#given.endpoints !== undefined && region === regionOfIam) return;
    const [routeless] = this.#routeless;
    if (routeless !== undefined && !this.#isolated)
      Annotations.of(this).addWarningV2(
        'singlestore-link-rotation:no-way-to-iam',
        `'source' is an IAM user, and this app gives ${routeless.node.path} no route to a NAT gateway: give it one, if nobody else does`,
      );
    if (!this.#isolated || region === regionOfIam) return;
    const mayExist = isUnknown || RegionInfo.get(region).partition !== 'aws';
    if (mayExist && this.#given.endpoints === 'existing') return;
    const where = isUnknown ? 'a Region that is known only when deployed' : region;
    throw new Error(
      `'source' is an IAM user, and IAM has an endpoint in ${regionOfIam} only: from a VPC in ${where} it takes subnets with a NAT gateway`,
    );
  }

  /** Lets the function out to a cluster. */
  open({ port = defaults.port, peer = Peer.anyIpv4() }: LinkTarget): void {
    const key = `${port} ${peer.uniqueId}`;
    if (this.#own === undefined || this.#opened.has(key)) return;
    this.#opened.add(key);
    this.#own.addEgressRule(peer, Port.tcp(port), 'SingleStore');
  }

  #makeGroup(vpc: IVpc): SecurityGroup {
    const description = 'Rotation of SingleStore links';
    const group = new SecurityGroup(this, 'SecurityGroup', { vpc, description, allowAllOutbound: false });
    // S3 and DynamoDB keep public addresses behind their endpoints, and so has every service behind NAT
    group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS');
    return group;
  }

  /** Of the endpoints that another function makes: without a way out there is nothing else. */
  #needs(what: string, remedy: string, oneOf: readonly string[] = [what]): void {
    if (!this.#isolated || this.#given.endpoints !== 'existing') return;
    this.#ofVpc.need({ by: this.node.scope ?? this, what, oneOf, remedy });
  }

  #makeEndpoints(
    selected: SelectedSubnets,
    groups: readonly ISecurityGroup[],
    notices: boolean,
  ): readonly InterfaceVpcEndpoint[] {
    const { vpc, subnets } = this.#given;
    const routed = routedFrom(vpc, selected);
    const block = blockOf(vpc);
    const { SECRETS_MANAGER, STS, SNS, IAM } = InterfaceVpcEndpointAwsService;
    const interfaces = { SecretsManager: SECRETS_MANAGER, Sts: STS, ...(notices ? { Sns: SNS } : {}) };
    const reached = Stack.of(this).region === regionOfIam ? { ...interfaces, Iam: IAM } : interfaces;
    const services = Object.keys(reached).map((id) => id.toUpperCase());
    if (selected.isPendingLookup !== true) this.#ofVpc.make(this, [...services, ...routed.flatMap(keysOf)]);
    const { DYNAMODB, S3 } = GatewayVpcEndpointAwsService;
    for (const [id, service] of Object.entries({ DynamoDb: DYNAMODB, S3 }))
      new GatewayVpcEndpoint(this, id, { vpc, service, subnets: [{ subnets: [...routed] }] });
    return Object.entries(reached).map(([id, service]) => {
      const endpoint = new InterfaceVpcEndpoint(this, id, { vpc, service, subnets, open: false });
      endpoint.connections.allowDefaultPortFrom(Peer.ipv4(block), 'The VPC');
      if (Token.isUnresolved(block))
        acknowledge(endpoint, 'AwsSolutions-EC23', "It is the VPC's own CIDR block, which is known when deployed");
      for (const group of groups) endpoint.connections.allowDefaultPortFrom(group); // a subnet may be of a further block
      return endpoint;
    });
  }
}

/** @throws when it was imported without */
function blockOf(vpc: IVpc): string {
  try {
    return vpc.vpcCidrBlock;
  } catch {
    throw new Error(
      `'network.vpc' must tell its vpcCidrBlock, which the endpoints that are made admit, got ${vpc.vpcId} without one`,
    );
  }
}

/** For people. */
const nameOf = ({ subnetId, node }: ISubnet): string => (Token.isUnresolved(subnetId) ? node.path : subnetId);
