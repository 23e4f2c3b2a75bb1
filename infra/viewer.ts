import { type FunctionProps, Function, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { allowNetwork, allowViewer, RotationPermissions } from './permissions';

/**
 * The second function of the bundle: it answers `status` and `plan`, and draws the status as a page of the dashboard. Its role may
 * read and nothing else, so that whoever may call it needs no right on the function that rotates.
 */
export class Viewer extends Construct {
  readonly role: Role;
  readonly permissions: RotationPermissions;

  constructor(scope: Construct, id: string, tableArn: string, logGroupArn: string, isInVpc: boolean) {
    super(scope, id);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.permissions = new RotationPermissions(this.role, true);
    allowViewer(this.role, tableArn, logGroupArn);
    if (isInVpc) allowNetwork(this.role);
  }

  /**
   * @param rotator the function that rotates: commands that a person copies from the page are for that one
   * @param props those that it shares with it
   */
  make(rotator: IFunction, { environment, ...props }: Omit<FunctionProps, 'handler' | 'role'>): Function {
    return new Function(this, 'Function', {
      ...props,
      description: 'Shows how the rotation of SingleStore links stands; reads only',
      handler: 'index.widget',
      role: this.role,
      environment: { ...environment, ROTATION_FUNCTION: rotator.functionName },
    });
  }
}
