import { Lazy, SecretValue, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { acknowledge } from './permissions';

/** All variables of a function together have 4 KB; the others, and what a token becomes, need the rest. Characters. */
const roomInEnvironment = 3_000;
/** A token stands for an ARN or a name: this many characters at most. */
const tokenLength = 140;

/** The variable `ROTATIONS`: the definitions themselves, or the ARN of a secret that holds them when they are too long. */
export class Definitions extends Construct {
  readonly #all: object[] = [];
  #stored: Secret | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly reader: IRole,
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

  add(definition: object): void {
    this.#all.push(definition);
    const length = JSON.stringify(this.#all).replaceAll(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(tokenLength)).length;
    if (this.#stored !== undefined || length <= roomInEnvironment) return;
    this.#stored = new Secret(this, 'Secret', {
      description: 'Definitions of the rotations of SingleStore links: names, no credentials',
      secretStringValue: SecretValue.unsafePlainText(Lazy.string({ produce: () => this.#json() })),
    });
    acknowledge(this.#stored, 'AwsSolutions-SMG4', 'It holds names, not credentials: there is nothing to rotate');
    this.reader.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.#stored.secretArn] }),
    );
  }

  #json(): string {
    return Stack.of(this).toJsonString(this.#all);
  }
}
