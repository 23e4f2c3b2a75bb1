import { Lazy, SecretValue, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { acknowledge } from './permissions';
import { deployedSize } from './size';

/** All variables of a function together have 4 KB, names included; the others need the rest. Bytes. */
const roomInEnvironment = 3_000;
/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html. Bytes. */
const roomInSecret = 65_536;

/** The variable `ROTATIONS`: the definitions themselves, or the ARN of a secret that holds them when they are too long. */
export class Definitions extends Construct {
  readonly #all: object[] = [];
  #stored: Secret | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly readers: readonly IRole[],
  ) {
    super(scope, id);
  }

  /** Grows until the stack is synthesised. */
  readonly value = Lazy.string({ produce: () => this.#stored?.secretArn ?? this.#json() });
  /** Of stored definitions: the function reads them when it starts, so another digest starts it anew. */
  readonly digest = Lazy.uncachedString({
    produce: (context) => {
      if (this.#stored === undefined) return undefined;
      const text = JSON.stringify(context.resolve(this.#json()));
      return createHash('sha256').update(text).digest('hex').slice(0, 12);
    },
  });

  /** @throws when there are more than one function can be told */
  add(definition: object): void {
    this.#all.push(definition);
    const size = deployedSize(this.#all);
    if (size > roomInSecret)
      throw new Error(
        `The definitions of ${this.#all.length} rotations may have ${size} bytes, and a secret has room for ${roomInSecret}: share them between several functions`,
      );
    if (this.#stored !== undefined || size <= roomInEnvironment) return;
    this.#stored = new Secret(this, 'Secret', {
      description: 'Definitions of the rotations of SingleStore links: names, no credentials',
      secretStringValue: SecretValue.unsafePlainText(Lazy.string({ produce: () => this.#json() })),
    });
    acknowledge(this.#stored, 'AwsSolutions-SMG4', 'It holds names, not credentials: there is nothing to rotate');
    for (const reader of this.readers)
      reader.addToPrincipalPolicy(
        new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.#stored.secretArn] }),
      );
  }

  #json(): string {
    return Stack.of(this).toJsonString(this.#all);
  }
}
