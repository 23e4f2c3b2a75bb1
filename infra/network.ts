import { Annotations, Stack, Token } from 'aws-cdk-lib';
import {
  CfnRoute,
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  PrivateSubnet,
  SecurityGroup,
  type SelectedSubnets,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct, type IDependable } from 'constructs';
import { Claims } from './claims';
import { acknowledge } from './permissions';
import { defaults, type LinkTarget } from './rotation-options';
import type { RotationSource } from './source';

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
   * another block is let in by the construct's `endpoints`. A VPC has room for one set: another function in it says `existing`, and waits
   * for them where the same app makes them, in whichever stack; those of another app must be deployed before.
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
  /** Private ones of this app, to which it has given no route out: others may. */
  readonly #routeless: readonly ISubnet[];
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
    this.#isolated = isIsolated(vpc, selected);
    this.#routeless = selected.subnets.filter(
      (subnet) => subnet instanceof PrivateSubnet && !subnet.node.findAll().some((child) => child instanceof CfnRoute),
    );
    if (this.#isolated && endpoints === undefined)
      throw new Error(
        `'network.subnets' are isolated: the function would reach no AWS service. Give network.endpoints: 'create' or 'existing', or subnets with a NAT gateway`,
      );
    this.#own = securityGroups === undefined ? this.#makeGroup(vpc) : undefined;
    const groups = this.#own === undefined ? [...(securityGroups ?? [])] : [this.#own];
    this.options = { vpc, vpcSubnets: { subnets: selected.subnets }, securityGroups: groups };
    if (endpoints === 'create' && selected.isPendingLookup !== true) Claims.of(this).takeEndpoints(vpc.vpcId, this);
    this.before = endpoints === 'existing' ? [this, Claims.of(this).endpoints(vpc.vpcId)] : [this];
    this.endpoints = endpoints === 'create' ? this.#makeEndpoints(groups, notices) : [];
  }

  /** @throws when the source is IAM, and the subnets have no way to it */
  mustReach({ definition }: RotationSource): void {
    const { region } = Stack.of(this);
    if (definition.type !== 'iam-user' || (this.#given.endpoints !== undefined && region === regionOfIam)) return;
    const [routeless] = this.#routeless;
    if (routeless !== undefined && !this.#isolated)
      Annotations.of(this).addWarningV2(
        'singlestore-link-rotation:no-way-to-iam',
        `'source' is an IAM user, and this app gives ${routeless.node.path} no route to a NAT gateway: give it one, if nobody else does`,
      );
    if (!this.#isolated || region === regionOfIam) return;
    const isUnknown = Token.isUnresolved(region);
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

  #makeEndpoints(groups: readonly ISecurityGroup[], notices: boolean): readonly InterfaceVpcEndpoint[] {
    const { vpc, subnets } = this.#given;
    const block = blockOf(vpc);
    const { SECRETS_MANAGER, STS, SNS, IAM } = InterfaceVpcEndpointAwsService;
    const interfaces = { SecretsManager: SECRETS_MANAGER, Sts: STS, ...(notices ? { Sns: SNS } : {}) };
    const reached = Stack.of(this).region === regionOfIam ? { ...interfaces, Iam: IAM } : interfaces;
    const { DYNAMODB, S3 } = GatewayVpcEndpointAwsService;
    for (const [id, service] of Object.entries({ DynamoDb: DYNAMODB, S3 }))
      new GatewayVpcEndpoint(this, id, { vpc, service, subnets: [subnets ?? {}] });
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

/** While CDK has yet to look a VPC up, subnets of every type are the same: then nobody knows, and the next pass of synth does. */
function isIsolated(vpc: IVpc, { subnets, isPendingLookup = false }: SelectedSubnets): boolean {
  if (isPendingLookup) return false;
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId));
  return subnets.some(({ subnetId }) => isolated.has(subnetId));
}
