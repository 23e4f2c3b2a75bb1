import { Credentials } from '../../lambda/core/credentials';
import { RotationError } from '../../lambda/core/errors';
import type { SecretDescription, VersionId } from '../../lambda/core/version';
import type { Secrets, SecretValue } from '../../lambda/ports';
import { throwing, type Ask } from './points';

/** No reading is stale for longer than this. Milliseconds. */
const staleMs = 5_000;

interface Version {
  readonly labels: Set<string>;
  /** Null: the placeholder that starts a rotation. */
  value: string | null;
  createdAt: number;
  /** Readings that do not show the value yet. */
  hiddenFor: number;
}

export interface MemorySecret {
  readonly arn: string;
  rotationEnabled: boolean;
  deleted: boolean;
  /** NextRotationDate: epoch milliseconds; null: Secrets Manager does not say. */
  nextRotation: number | null;
  readonly versions: Map<VersionId, Version>;
}

/** Secrets Manager: versions, labels, compare-and-swap (facts: aws-rotation, sections 2 and 3). */
export class MemorySecrets {
  readonly #secrets = new Map<string, MemorySecret>();
  /** The rotation tokens that came with a put. */
  readonly tokens: (string | undefined)[] = [];
  /** So many readings after a value was put do not show it yet. */
  staleReads = 0;
  /** Grows with every change of a label or a value. */
  version = 0;

  constructor(readonly now: () => number) {}

  /** A secret with one version, AWSCURRENT. */
  add(arn: string, version: VersionId, value: string): void {
    const versions = new Map([
      [version, { labels: new Set(['AWSCURRENT']), value, createdAt: this.now(), hiddenFor: 0 }],
    ]);
    this.#secrets.set(arn, { arn, rotationEnabled: true, deleted: false, nextRotation: null, versions });
  }

  /** Deleted without recovery. */
  remove(arn: string): void {
    this.version += 1;
    this.#secrets.delete(arn);
  }

  all(): readonly MemorySecret[] {
    return [...this.#secrets.values()];
  }

  /** By ARN or name. @throws SECRET_UNREADABLE */
  secret(id: string): MemorySecret {
    const named =
      this.#secrets.get(id) ??
      [...this.#secrets.values()].find(({ arn }) => arn.replace(/^.*:secret:|-\w{6}$/g, '') === id);
    if (named === undefined) throw new RotationError('SECRET_UNREADABLE', `there is no secret ${id}`);
    return named;
  }

  holder(id: string, label: string): VersionId | null {
    for (const [version, { labels }] of this.secret(id).versions) if (labels.has(label)) return version;
    return null;
  }

  value(id: string, version: VersionId): string | null {
    return this.secret(id).versions.get(version)?.value ?? null;
  }

  /**
   * What Secrets Manager does before it calls the function: a version labelled AWSPENDING, without a value, or, for a
   * test of the function alone, with the current one.
   *
   * @throws while another rotation is not complete.
   */
  stage(id: string, version: VersionId, value: string | null): void {
    const pending = this.holder(id, 'AWSPENDING');
    if (pending !== null && pending !== this.holder(id, 'AWSCURRENT')) {
      throw new Error("A previous rotation isn't complete. That rotation will be reattempted.");
    }
    this.#version(id, version).value = value;
    this.#label(id, 'AWSPENDING', version);
  }

  /** A value stored by a person: it is current at once, and a rotation under way is abandoned. */
  putByHand(id: string, version: VersionId, value: string): void {
    const current = this.holder(id, 'AWSCURRENT');
    this.#version(id, version).value = value;
    this.#label(id, 'AWSPENDING', null);
    this.#label(id, 'AWSCURRENT', version);
    this.#label(id, 'AWSPREVIOUS', current);
  }

  /** A label moved by a person, to any version or away. */
  labelByHand(id: string, label: string, to: VersionId | null): void {
    this.#label(id, label, to);
  }

  #version(id: string, version: VersionId): Version {
    const { versions } = this.secret(id);
    if (!versions.has(version)) this.version += 1;
    const made = versions.get(version) ?? {
      labels: new Set<string>(),
      value: null,
      createdAt: this.now(),
      hiddenFor: 0,
    };
    versions.set(version, made);
    return made;
  }

  #label(id: string, label: string, to: VersionId | null): void {
    this.version += 1;
    for (const version of this.secret(id).versions.values()) version.labels.delete(label);
    if (to !== null) this.#version(id, to).labels.add(label);
  }

  /** Secrets Manager as one process reaches it. */
  port(ask: Ask): Secrets {
    const call = <T>(method: string, effect: () => T): Promise<T> =>
      ask(`secrets.${method}`, effect, throwing(`secrets.${method}`, 'AWS_REFUSED', 'SECRET_UNREADABLE'));
    return {
      describe: (id) => call('describe', () => this.#describe(id)),
      read: (id, version) =>
        call('read', () => this.#read(id, 'version' in version ? version.version : this.holder(id, version.label))),
      put: (id, version, value, token) => call('put', () => this.#put(id, version, value, token)),
      moveLabel: (id, label, from, to) => call('moveLabel', () => this.#move(id, label, from, to)),
      rotate: (id) => call('rotate', () => this.#rotate(id)),
    };
  }

  /** RotateSecret: stages a version, for somebody to call the steps with. */
  #rotate(id: string): VersionId | null {
    try {
      const version = `started-${this.secret(id).versions.size}`;
      this.stage(id, version, null);
      return version;
    } catch {
      return null;
    }
  }

  #describe(id: string): SecretDescription {
    const { arn, rotationEnabled, deleted, nextRotation, versions } = this.secret(id);
    // a version without a label is deprecated and not listed
    const labelled = [...versions].filter(([, { labels }]) => labels.size > 0);
    const labels = Object.fromEntries(labelled.map(([version, held]) => [version, [...held.labels]]));
    return { arn, rotationEnabled, deleted, nextRotation, lastRotation: null, labels };
  }

  #read(id: string, version: VersionId | null): SecretValue | null {
    const { deleted, versions } = this.secret(id);
    if (deleted) throw new RotationError('SECRET_UNREADABLE', `${id} is scheduled for deletion`);
    const held = version === null ? undefined : versions.get(version);
    if (version === null || held === undefined || held.value === null) return null;
    if (held.hiddenFor > 0 && this.now() < held.createdAt + staleMs) {
      held.hiddenFor -= 1;
      return null;
    }
    return { version, value: new Credentials(held.value), createdAt: held.createdAt };
  }

  #put(id: string, version: VersionId, value: Credentials, token: string | undefined): boolean {
    if (this.secret(id).deleted) throw new RotationError('AWS_REFUSED', `${id} is scheduled for deletion`);
    this.tokens.push(token);
    const held = this.#version(id, version);
    if (held.value !== null) return held.value === value.reveal();
    held.value = value.reveal();
    held.createdAt = this.now();
    held.hiddenFor = this.staleReads;
    this.#label(id, 'AWSPENDING', version);
    return true;
  }

  #move(id: string, label: string, from: VersionId | null, to: VersionId | null): boolean {
    const holder = this.holder(id, label);
    if (holder === to) return true;
    if (holder !== from) return false;
    if (to === null ? label === 'AWSCURRENT' : !this.secret(id).versions.has(to)) {
      throw new RotationError('AWS_REFUSED', `${label} of ${id} cannot be moved there`);
    }
    this.#label(id, label, to);
    if (label === 'AWSCURRENT' && from !== null) this.#label(id, 'AWSPREVIOUS', from);
    return true;
  }
}
