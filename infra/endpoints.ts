import { Stage } from 'aws-cdk-lib';
import { DependencyGroup, type IConstruct } from 'constructs';

/** What a function must find in its VPC. */
export interface Need {
  readonly by: IConstruct;
  /** For people. */
  readonly what: string;
  /** The services, subnets and route tables of which one must be there. */
  readonly oneOf: readonly string[];
  /** For people: what to do where it is not. */
  readonly remedy: string;
}

/** The endpoints of one VPC, as far as an app makes them, and what its other functions need of them, whichever is built first. */
export class VpcEndpoints {
  /** By stage, whoever makes them there, as soon as that is known: stages are deployed each for itself, and wait for no other. */
  readonly #makers = new Map<Stage | undefined, DependencyGroup>();
  readonly #needs: Need[] = [];
  #made: ReadonlySet<string> | undefined;

  constructor(private readonly vpcId: string) {}

  /**
   * @param maker has the endpoints among its children
   * @param reached the services that have one, and the subnets and route tables from which the gateways are reached
   * @throws when another function makes the endpoints of that VPC, or one needs others
   */
  make(maker: IConstruct, reached: readonly string[]): void {
    if (this.#made !== undefined)
      throw new Error(
        `'network.endpoints' of a VPC are made once, and serve all of it: another function in it says 'existing', got 'create' a second time for ${this.vpcId}`,
      );
    this.#made = new Set(reached);
    this.madeIn(Stage.of(maker)).add(maker);
    for (const need of this.#needs) this.#check(need);
  }

  /** What makes them, where that is in this stage. */
  madeIn(stage: Stage | undefined): DependencyGroup {
    const there = this.#makers.get(stage) ?? new DependencyGroup();
    this.#makers.set(stage, there);
    return there;
  }

  /** @throws when this app makes the VPC's endpoints, and not that one: otherwise somebody else has */
  need(need: Need): void {
    this.#needs.push(need);
    this.#check(need);
  }

  #check({ by, what, oneOf, remedy }: Need): void {
    const made = this.#made;
    if (made === undefined || oneOf.some((key) => made.has(key))) return;
    throw new Error(
      `'network.endpoints' of ${this.vpcId}, as this app makes them, have no ${what}, which ${by.node.path} needs: ${remedy}`,
    );
  }
}
