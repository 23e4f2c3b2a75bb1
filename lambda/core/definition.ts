import type { LinkPattern } from './names';

/** What makes the next credentials. The set is open: one file in `steps/sources`, one entry in its table. */
export type SourceDefinition =
  | { readonly type: 'iam-user'; readonly userName: string }
  /** Another secret's AWSCURRENT value, for credentials that somebody else makes. `overlap`: the old ones stay valid beside the new; default false. */
  | { readonly type: 'mirror'; readonly secretId: string; readonly overlap: boolean };

/** Links of one cluster, reached with one connection secret. */
export interface Target {
  readonly connectionSecretId: string;
  readonly links: readonly LinkPattern[];
}

/** One entry of `ROTATIONS`, with its defaults filled in (design, section 2.3). */
export interface RotationDefinition {
  /** ARN or name of the secret that Secrets Manager rotates. */
  readonly secretId: string;
  readonly source: SourceDefinition;
  readonly targets: readonly Target[];
  /** Key of the link's JSON to key of the secret's JSON. `credentials` empty: every key of the secret; `config` empty: CONFIG untouched. */
  readonly fields: {
    readonly credentials: Readonly<Record<string, string>>;
    readonly config: Readonly<Record<string, string>>;
  };
  readonly limits: {
    /** How long stopping may take before the rotation is postponed. Seconds, 1 to 600, default 60. */
    readonly drainSeconds: number;
    /** How long testSecret waits for each pipeline's first batch. Seconds, 1 to 600, default 60. */
    readonly proofSeconds: number;
    /** Connections to each cluster that carry statements; one more watches. 1 to 64, default 16. */
    readonly connections: number;
  };
  /** How long the older credentials stay usable after a promotion. Hours, default 24. */
  readonly retireAfterHours: number;
  /** Also start pipelines found in Error whose last error is a credential error newer than the value we replace. */
  readonly restartAfterCredentialError: boolean;
}

/**
 * Whether a name or ARN means the secret with this full ARN. Secrets Manager sends the ARN, which ends in a hyphen and six
 * random characters (facts: aws-rotation, section 1); a definition may name the secret either way, and so may an event.
 */
export function isSameSecret(id: string, other: string): boolean {
  const means = (name: string, arn: string): boolean =>
    /-\w{6}$/.test(arn) &&
    arn.startsWith('arn:') &&
    arn.slice(0, -7).endsWith(name.startsWith('arn:') ? name : `:secret:${name}`);
  return id === other || means(id, other) || means(other, id);
}

/** Whose credentials a source makes: an IAM user's, or another secret's. */
export const ownerOf = (source: SourceDefinition): string =>
  source.type === 'iam-user' ? source.userName : source.secretId;

export const speaksOf = ({ secretId }: RotationDefinition, arn: string): boolean => isSameSecret(secretId, arn);

/** Definitions whose secrets may name a key of this one's maker: of the same IAM user, and mirrors of such secrets. Itself is not among them. */
export function kinOf(own: RotationDefinition, all: readonly RotationDefinition[]): readonly RotationDefinition[] {
  const kin = new Set([own]);
  for (let known = 0; known < kin.size;) {
    known = kin.size;
    for (const one of all) if ([...kin].some((other) => sharesKeys(one, other))) kin.add(one);
  }
  return [...kin].filter((one) => one !== own && !speaksOf(one, own.secretId));
}

const sharesKeys = ({ source }: RotationDefinition, other: RotationDefinition): boolean =>
  source.type === 'iam-user'
    ? other.source.type === 'iam-user' && other.source.userName === source.userName
    : isSameSecret(source.secretId, other.secretId);
