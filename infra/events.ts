import { Lazy } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { deployedSize } from './size';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html. Characters. */
const roomInPattern = 2_048;

interface Route {
  /** What the pattern says about these secrets. */
  readonly pattern: (secretArns: readonly string[]) => object;
  /** Of the target. */
  readonly arn: string;
  /** Lets a rule call the target. @default its policy does already */
  readonly admit?: (rule: CfnRule, id: string) => void;
}

/** Events of Secrets Manager about some secrets, as many rules as their patterns need. */
export class SecretEvents extends Construct {
  readonly #groups: string[][] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly description: string,
    private readonly route: Route,
  ) {
    super(scope, id);
  }

  add(secretArn: string): void {
    if (this.#groups.some((group) => group.includes(secretArn))) return;
    const last = this.#groups.at(-1);
    if (last !== undefined && deployedSize(this.#pattern([...last, secretArn])) <= roomInPattern) {
      last.push(secretArn);
      return;
    }
    const group = [secretArn];
    this.#groups.push(group);
    const id = `Rule${this.#groups.length}`;
    const rule = new CfnRule(this, id, {
      description: this.description,
      eventPattern: Lazy.any({ produce: () => this.#pattern(group) }),
      targets: [{ arn: this.route.arn, id: 'Target' }],
    });
    this.route.admit?.(rule, id);
  }

  #pattern(secretArns: readonly string[]): object {
    return { source: ['aws.secretsmanager'], ...this.route.pattern(secretArns) };
  }
}

/** Rotations that failed, were abandoned, or would fail: to people. */
export function failureEvents(scope: Construct, topic: ITopic): SecretEvents {
  const description = 'A rotation of credentials of SingleStore links failed, was abandoned, or would fail';
  const eventName = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'];
  return new SecretEvents(scope, 'Failures', description, {
    pattern: (SecretId) => ({ detail: { eventName, additionalEventData: { SecretId } } }),
    arn: topic.topicArn,
  });
}

/**
 * Changes of mirrored secrets: to the function, which starts the rotations that follow. Secrets Manager sends this event itself, so
 * that it takes no trail: https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html
 */
export function mirrorEvents(scope: Construct, rotator: Function): SecretEvents {
  return new SecretEvents(scope, 'Mirrored', 'A secret was changed that others mirror', {
    pattern: (resources) => ({
      'detail-type': ['Secret Label Updated'],
      resources,
      detail: { labelUpdated: ['AWSCURRENT'] },
    }),
    ...to(rotator, 'Mirrored'),
  });
}

/**
 * Who starts a rotation by hand: to the function, for its history. A call is told only where a trail logs it, and by the ARN that the
 * console names the secret with; nothing but the history depends on it.
 */
export function requestEvents(scope: Construct, rotator: Function): SecretEvents {
  return new SecretEvents(scope, 'Requested', 'Somebody started a rotation of credentials of SingleStore links', {
    pattern: (secretId) => ({
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: { eventName: ['RotateSecret'], requestParameters: { secretId } },
    }),
    ...to(rotator, 'Requested'),
  });
}

const to = (rotator: Function, prefix: string): Pick<Route, 'arn' | 'admit'> => ({
  arn: rotator.functionArn,
  // without sourceAccount: that EventBridge sends it is nowhere documented, and the rule's ARN says it
  admit: (rule, id) => {
    rotator.addPermission(`${prefix}${id}`, {
      principal: new ServicePrincipal('events.amazonaws.com'),
      sourceArn: rule.attrArn,
    });
  },
});
