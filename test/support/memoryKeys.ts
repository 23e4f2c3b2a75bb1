import { Credentials } from '../../lambda/core/credentials';
import { RotationError } from '../../lambda/core/errors';
import type { AccessKeys, AwsCredentials, KeyUse, Trial, Trials } from '../../lambda/ports';
import { throwing, type Ask } from './points';

export interface MemoryKey {
  readonly userName: string;
  readonly keyId: string;
  readonly secret: string;
  /** Epoch milliseconds; IAM shows whole seconds. */
  readonly createdAt: number;
  active: boolean;
  deleted: boolean;
  /** Somebody else deactivated or deleted it. */
  endedByHand: boolean;
  /** The product made it. */
  ours: boolean;
  lastUsed: KeyUse | null;
}

/** IAM's access keys, and everything that takes them: STS, S3, and SingleStore's extractors (facts: aws-rotation, section 13). */
export class MemoryKeys {
  readonly users = new Set<string>();
  /** Deleted ones included. */
  readonly all: MemoryKey[] = [];
  /** Grows with every change of a key; its use is none. */
  version = 0;
  /** How long after its creation a key is not accepted anywhere yet. Milliseconds. */
  propagationMs = 5_000;
  /** A new key is refused again in this time after its creation, though it was accepted before. Milliseconds. */
  wavers = { fromMs: 0, untilMs: 0 };
  /** Called before anything changes that decides whether a key is accepted. */
  beforeChange: () => void = () => undefined;
  #denies: (keyId: string, bucket: string) => boolean = () => false;

  constructor(
    readonly now: () => number,
    readonly newSecret: () => string,
  ) {}

  /** Makes a key, as a person would; `createdAt` in epoch milliseconds, default now. */
  add(userName: string, createdAt = this.now()): MemoryKey {
    const keyId = `AKIAEXAMPLE${String(this.all.length + 1).padStart(9, '0')}`;
    const key = {
      userName,
      keyId,
      secret: this.newSecret(),
      createdAt,
      active: true,
      deleted: false,
      endedByHand: false,
      ours: false,
      lastUsed: null,
    };
    this.all.push(key);
    this.version += 1;
    return key;
  }

  /** The keys of a user that exist. */
  of(userName: string): readonly MemoryKey[] {
    return this.all.filter((key) => key.userName === userName && !key.deleted);
  }

  find(keyId: string): MemoryKey | undefined {
    return this.all.find((known) => known.keyId === keyId);
  }

  key(keyId: string): MemoryKey {
    const key = this.find(keyId);
    if (key === undefined) throw new Error(`there never was a key ${keyId}`);
    return key;
  }

  /** From now on these keys are known but not allowed to read these buckets. */
  deny(denies: (keyId: string, bucket: string) => boolean): void {
    this.beforeChange();
    this.version += 1;
    this.#denies = denies;
  }

  /** A person deactivates or deletes a key. */
  endByHand(keyId: string, how: 'deactivate' | 'delete'): void {
    this.beforeChange();
    this.version += 1;
    const key = this.key(keyId);
    key.active = false;
    key.deleted = how === 'delete';
    key.endedByHand = true;
  }

  /** What AWS says to these credentials at a time. `bucket` undefined: a call that no policy can forbid. */
  judge(keyId: string, secret: string, bucket: string | undefined, at: number): 'accepted' | 'unaccepted' | 'denied' {
    const verdict = this.wouldJudge(keyId, secret, bucket, at);
    if (verdict === 'unaccepted') return verdict;
    const key = this.key(keyId);
    const service = bucket === undefined ? 'sts' : 's3';
    key.lastUsed = { at: Math.max(at, key.lastUsed?.at ?? 0), service, region: 'us-east-1' };
    return verdict;
  }

  /** The same, without using the key. */
  wouldJudge(keyId: string, secret: string, bucket: string | undefined, at: number): ReturnType<MemoryKeys['judge']> {
    const key = this.find(keyId);
    if (key === undefined || !key.active || key.deleted || key.secret !== secret) return 'unaccepted';
    const age = at - key.createdAt;
    if (age < this.propagationMs || (age >= this.wavers.fromMs && age < this.wavers.untilMs)) return 'unaccepted';
    return bucket !== undefined && this.#denies(keyId, bucket) ? 'denied' : 'accepted';
  }

  /** IAM as one process reaches it. */
  port(ask: Ask): AccessKeys {
    const call = <T>(method: string, effect: () => T): Promise<T> =>
      ask(`keys.${method}`, effect, throwing(`keys.${method}`, 'AWS_REFUSED'));
    return {
      list: (userName) =>
        call('list', () =>
          this.of(userName).map(({ keyId, active, createdAt }) => ({
            keyId,
            active,
            createdAt: Math.floor(createdAt / 1000) * 1000,
          })),
        ),
      create: (userName) =>
        ask<Awaited<ReturnType<AccessKeys['create']>>>('keys.create', () => this.#create(userName), {
          lost: () => ({ is: 'unknown' }),
          refused: () => ({ is: 'refused', code: 'AccessDenied' }),
        }),
      remove: (userName, keyId) =>
        call('remove', () => {
          this.#change(userName, keyId, (key) => (key.deleted = true));
        }),
      deactivate: (userName, keyId) =>
        call('deactivate', () => {
          const changed = this.#change(userName, keyId, (key) => (key.active = false));
          if (!changed) throw new RotationError('AWS_REFUSED', `NoSuchEntity: ${keyId}`);
        }),
      activate: (userName, keyId) =>
        call('activate', () => {
          this.#change(userName, keyId, (key) => (key.active = true));
        }),
      lastUsed: (keyId) =>
        call('lastUsed', () => {
          this.beforeChange(); // what pipelines have loaded until now counts
          return this.find(keyId)?.lastUsed ?? null;
        }),
    };
  }

  /** STS and S3 as one process reaches them. */
  trials(ask: Ask): Trials {
    const attempt = (method: string, { keyId, secret }: AwsCredentials, bucket?: string): Promise<Trial> =>
      ask<Trial>(`trials.${method}`, () => ({ is: this.judge(keyId, secret.reveal(), bucket, this.now()) }), {
        lost: () => ({ is: 'unreachable', why: 'TimeoutError' }),
        refused: () => ({ is: 'unreachable', why: 'SlowDown' }),
      });
    return {
      identity: (credentials) => attempt('identity', credentials),
      list: (credentials, probe) => attempt('list', credentials, probe.bucket),
    };
  }

  #create(userName: string): Awaited<ReturnType<AccessKeys['create']>> {
    if (!this.users.has(userName)) return { is: 'refused', code: 'NoSuchEntity' };
    if (this.of(userName).length >= 2) return { is: 'refused', code: 'LimitExceeded' };
    const key = this.add(userName);
    key.ours = true;
    const { keyId, secret } = key;
    return { is: 'made', keyId, secret: new Credentials(secret) };
  }

  #change(userName: string, keyId: string, change: (key: MemoryKey) => void): boolean {
    this.beforeChange();
    const key = this.of(userName).find((known) => known.keyId === keyId);
    if (key !== undefined) {
      change(key);
      this.version += 1;
    }
    return key !== undefined;
  }
}
