import type { SourceDefinition } from '../../core/definition';
import type { AwsCall } from '../../core/calls';
import type { RotationError } from '../../core/errors';
import type { Fate } from '../../core/fate';
import type { FlatSecret } from '../../core/secret';
import type { Invocation, KeyUse, ObjectProbe } from '../../ports';
import type { Rotation, Value } from '../rotation';
import { iamUser } from './iamUser';
import { mirror } from './mirror';

/** What a source needs to know of what is there. */
export interface Found {
  /** AWSCURRENT; `null` at a first rotation. */
  readonly current: Value | null;
  /** A link in question has no record yet, so it may hold any credential. */
  readonly unrecorded: boolean;
}

/** Makes credentials, tries them, and ends them. One file for each kind; the table below is the whole registry. */
export interface Source {
  /** Whether old and new credentials are valid side by side. Without it there is nothing to go back to. */
  readonly overlap: boolean;
  /** The access key id in a value: what links are known by, besides the version. */
  keyId(fields: FlatSecret): string | undefined;
  /** Whether a value holds credentials at all. Without them in AWSCURRENT this is a first rotation: nothing to go back to. */
  isComplete(fields: FlatSecret): boolean;
  /**
   * Makes credentials and stores them as the pending value; a value that got there first is left, and what was made is taken back.
   *
   * @throws KEY_QUOTA, CREATE_REFUSED, LEASE_HELD; a key whose answer was lost is found and deleted by the next call
   */
  create(run: Invocation, rotation: Rotation, found: Found): Promise<void>;
  /** The next value as far as it is known before it is made: its keys, and all of it where somebody else makes it. */
  next(run: Invocation, current: Value | null): Promise<Next>;
  /** Whether the pending credentials still exist at their maker. */
  exists(run: Invocation, pending: Value): Promise<boolean>;
  /** Whether a value's credentials are taken by their maker now: nothing is rolled back to dead ones. In doubt, yes. */
  works(run: Invocation, value: Value): Promise<boolean>;
  /** Waits until the credentials work where they will be used. @throws CREDENTIALS_NOT_ACCEPTED, CREDENTIALS_DENIED */
  accepted(
    run: Invocation,
    pending: Value,
    current: Value | null,
    probes: readonly ObjectProbe[],
    until: number,
  ): Promise<void>;
  /** What would keep `create` from making a key, found without making one. */
  obstacles(
    run: Invocation,
    rotation: Pick<Rotation, 'secret' | 'definition'>,
    found: Found,
  ): Promise<readonly RotationError[]>;
  /** The calls of AWS that it makes in a rotation. @param places on how many buckets and prefixes AWS credentials would be tried */
  calls(places: number): readonly AwsCall[];
  /** The old credentials of a source that makes its own; `null`: they are somebody else's to end. */
  readonly keys: OldKeys | null;
}

export interface Next {
  readonly keys: readonly string[];
  readonly fields: FlatSecret | null;
}

/** A key as its maker has it, and what it is to a secret. */
export interface KeptKey {
  readonly keyId: string;
  readonly active: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly lastUsed: KeyUse | null;
  readonly fate: Fate;
}

/** How old credentials end. */
export interface OldKeys {
  /** All keys there are. Reads only. */
  all(run: Invocation, rotation: Pick<Rotation, 'secret' | 'definition'>, found: Found): Promise<readonly KeptKey[]>;
  /** Deletes credentials that no link holds and no label names, if they were made here. */
  discard(run: Invocation, keyId: string): Promise<void>;
  /** When they were last used; `null`: never, as far as their maker knows. */
  lastUsed(run: Invocation, keyId: string): Promise<KeyUse | null>;
  /** Makes them unusable in a way that can be taken back. @returns `false`: there is no such key, or it is another user's */
  retire(run: Invocation, keyId: string): Promise<boolean>;
  /** Takes that back. @returns as {@link retire} */
  revive(run: Invocation, keyId: string): Promise<boolean>;
}

/** The table of sources. */
export function sourceFor(definition: SourceDefinition): Source {
  switch (definition.type) {
    case 'iam-user':
      return iamUser(definition.userName);
    case 'mirror':
      return mirror(definition.secretId, definition.overlap);
  }
}
