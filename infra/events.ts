import { Lazy, Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** The pattern of a rule has at most 2,048 characters, and an ARN may have 130. */
const secretsPerRule = 8;

/** Events of Secrets Manager about some secrets, as many rules as their patterns need. */
export class SecretEvents extends Construct {
  readonly #groups: string[][] = [];

  /**
   * @param detail what the pattern says about these secrets
   * @param to ARN of the target, which lets EventBridge in
   */
  constructor(
    scope: Construct,
    id: string,
    private readonly description: string,
    private readonly detail: (secretArns: readonly string[]) => object,
    private readonly to: string,
    private readonly admit: (rule: CfnRule, id: string) => void,
  ) {
    super(scope, id);
  }

  add(secretArn: string): void {
    if (this.#groups.some((group) => group.includes(secretArn))) return;
    const last = this.#groups.at(-1);
    if (last !== undefined && last.length < secretsPerRule) {
      last.push(secretArn);
      return;
    }
    const group = [secretArn];
    this.#groups.push(group);
    const id = `Rule${this.#groups.length}`;
    const rule = new CfnRule(this, id, {
      description: this.description,
      eventPattern: Lazy.any({ produce: () => ({ source: ['aws.secretsmanager'], detail: this.detail(group) }) }),
      targets: [{ arn: this.to, id: 'Target' }],
    });
    this.admit(rule, id);
  }
}

/** Rotations that failed, were abandoned, or would fail: to people. */
export function failureEvents(scope: Construct, topic: ITopic): SecretEvents {
  const eventName = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'];
  return new SecretEvents(
    scope,
    'Failures',
    'A rotation of credentials of SingleStore links failed, was abandoned, or would fail',
    (SecretId) => ({ eventName, additionalEventData: { SecretId } }),
    topic.topicArn,
    () => undefined,
  );
}

/** Changes of mirrored secrets: to the function, which starts the rotations that follow. */
export function mirrorEvents(scope: Construct, rotator: Function): SecretEvents {
  const eventName = ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'RotationSucceeded'];
  return new SecretEvents(
    scope,
    'Mirrored',
    'A secret was changed that others mirror',
    // API calls name the secret in the answer or, as the caller spelt it, in the request; service events beside them
    (arns) => ({
      eventName,
      $or: [
        { additionalEventData: { SecretId: arns } },
        { responseElements: { arn: arns } },
        { responseElements: { aRN: arns } },
        { requestParameters: { secretId: arns } },
      ],
    }),
    rotator.functionArn,
    (rule, id) => {
      rotator.addPermission(`Mirrored${id}`, {
        principal: new ServicePrincipal('events.amazonaws.com'),
        sourceArn: rule.attrArn,
        sourceAccount: Stack.of(scope).account,
      });
    },
  );
}
