import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { VpcEndpoints } from './endpoints';
import type { Link } from './links';

/** What the rotations of one app hold each for itself: two of them would undo each other's work. */
export class Claims {
  static readonly #ofApps = new WeakMap<IConstruct, Claims>();

  /** Those of the app that a construct is part of, whatever its stack and its function. */
  static of({ node: { root } }: IConstruct): Claims {
    const there = Claims.#ofApps.get(root) ?? new Claims();
    Claims.#ofApps.set(root, there);
    return there;
  }

  readonly #taken = new Set<string>();
  readonly #rotated = new Set<string>();
  readonly #connections = new Set<string>();
  /** Rotated secret to the one that it mirrors. */
  readonly #mirrors = new Map<string, string>();
  /** By cluster, as far as its connection secret tells, and database. */
  readonly #links = new Map<string, (Link & { readonly owner: IConstruct })[]>();
  /** By VPC. */
  readonly #endpoints = new Map<string, VpcEndpoints>();

  /**
   * @param place where there is only one of that name
   * @param key what two spellings of one name have in common
   * @throws when another rotation has it
   */
  take(prop: string, name: string, place = '', key = name): void {
    const taken = JSON.stringify([prop, place, key]);
    if (this.#taken.has(taken)) throw new Error(`'${prop}' must be of one rotation only, got '${name}' a second time`);
    this.#taken.add(taken);
  }

  /** IAM takes no two users of an account whose names differ in their case only. @throws when another rotation has it */
  takeUser(name: string, account: string): void {
    this.take('source', name, account, Token.isUnresolved(name) ? name : name.toLowerCase());
  }

  /**
   * Two mirrors of each other would rotate for ever, and a connection secret that is rotated would lose the cluster's login.
   *
   * @throws quoting the secret that is both
   */
  takeSecrets(rotated: string, connections: readonly string[], mirrored: string | undefined): void {
    for (const id of connections) {
      if (this.#rotated.has(id))
        throw new Error(`'connectionSecret' must be a secret that no rotation of this app changes, got '${id}'`);
      this.#connections.add(id);
    }
    if (this.#connections.has(rotated))
      throw new Error(`'secret' must be no connection secret of this app, got '${rotated}'`);
    this.#rotated.add(rotated);
    if (mirrored === undefined) return;
    this.#mirrors.set(rotated, mirrored);
    for (let at: string | undefined = mirrored; at !== undefined; at = this.#mirrors.get(at))
      if (at === rotated)
        throw new Error(`'source' must not come back to the secret that mirrors it, got '${mirrored}'`);
  }

  /** Those of that VPC. */
  endpoints(vpcId: string): VpcEndpoints {
    const there = this.#endpoints.get(vpcId) ?? new VpcEndpoints(vpcId);
    this.#endpoints.set(vpcId, there);
    return there;
  }

  /**
   * @param owner the rotation, which may name a link twice
   * @throws when another rotation has it, or has all of the database
   */
  takeLink(owner: IConstruct, connectionSecretId: string, taken: Link): void {
    const { database, link, text } = taken;
    const key = JSON.stringify([connectionSecretId, database]);
    const there = this.#links.get(key) ?? [];
    const theirs = there.find(
      (other) => other.owner !== owner && (other.link === link || other.link === null || link === null),
    );
    if (theirs !== undefined)
      throw new Error(
        `'links' must be of one rotation only, or two secrets overwrite each other: got '${text}' beside '${theirs.text}'`,
      );
    this.#links.set(key, [...there, { ...taken, owner }]);
  }
}
