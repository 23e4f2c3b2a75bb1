import { CfnRoute, type ISubnet, type IVpc, PrivateSubnet, type SelectedSubnets } from 'aws-cdk-lib/aws-ec2';

/** Those without a way out. While CDK has yet to look a VPC up, subnets of every type are the same: nobody knows, and the next pass of synth does. */
export function isolatedOf(vpc: IVpc, { subnets, isPendingLookup = false }: SelectedSubnets): readonly ISubnet[] {
  if (isPendingLookup) return [];
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId));
  return subnets.filter(({ subnetId }) => isolated.has(subnetId));
}

/** Private ones of this app, to which it has given no route out: others may. */
export const routelessOf = (subnets: readonly ISubnet[]): readonly ISubnet[] =>
  subnets.filter(
    (subnet) => subnet instanceof PrivateSubnet && !subnet.node.findAll().some((child) => child instanceof CfnRoute),
  );

/** That of a subnet that was imported may be unknown. */
export const routeTableOf = ({ routeTable }: ISubnet): string | undefined => routeTable.routeTableId;

/** By its own id and its route table's. */
export function keysOf(subnet: ISubnet): readonly string[] {
  const routeTable = routeTableOf(subnet);
  return routeTable === undefined ? [subnet.subnetId] : [subnet.subnetId, routeTable];
}

/**
 * Where gateways must have routes: the subnets that were selected, and all others of the VPC that are known to have no way out. One
 * with a NAT gateway does without, and may have gateways of somebody else's, beside which there is no room for a route.
 *
 * @throws quoting a selected one whose route table is not known
 */
export function routedFrom(vpc: IVpc, selected: SelectedSubnets): readonly ISubnet[] {
  for (const subnet of selected.subnets)
    if (routeTableOf(subnet) === undefined)
      throw new Error(
        `'network.vpc' must tell the route tables of its subnets, which lead to the gateways that are made, got ${subnet.subnetId} without one`,
      );
  if (selected.isPendingLookup === true) return selected.subnets;
  const others = [...vpc.isolatedSubnets, ...routelessOf(vpc.privateSubnets)];
  return [...selected.subnets, ...others.filter((subnet) => routeTableOf(subnet) !== undefined)];
}
