import { partsOf, type QualifiedName } from '../core/names';
import { keyFingerprint, type Holding, type LinkStatus, type SecretStatus, type VersionStatus } from '../core/status';
import { shownHours } from './view';

/** As people write it: quoted only where it would be read otherwise. */
export function shownName(name: QualifiedName): string {
  const { database, name: own } = partsOf(name);
  const isPlain = [database, own].every((part) => /^[\p{L}\p{N}_$-]+$/u.test(part));
  return isPlain ? `${database}.${own}` : name;
}

/** Without the port that every cluster has. */
export const shownCluster = (cluster: string): string => cluster.replace(/:3306$/, '');

/** The name within an ARN, without the six characters that Secrets Manager adds. */
export const secretName = (arn: string): string =>
  /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)-[A-Za-z0-9]{6}$/.exec(arn)?.[1] ?? arn;

/** What a colour stands for. */
export type VersionTone = 'current' | 'pending' | 'previous' | 'unknown';

export function versionTone({ labels }: { readonly labels: readonly string[] }): VersionTone {
  if (labels.includes('AWSCURRENT')) return 'current';
  return labels.includes('AWSPENDING') ? 'pending' : 'previous';
}

/** One of the credentials that a secret has, or that a link may hold. */
export interface Credential {
  readonly key: string;
  readonly title: string;
  /** In words where there is none. */
  readonly labels: readonly [first: string, ...others: string[]];
  readonly keyId: string | null;
  /** How old, or why that is not told; empty: nobody knows. */
  readonly age: string;
  readonly tone: VersionTone;
}

const withoutRecord = (unread: LinkStatus['unread']): string => (unread === true ? 'not read' : 'no record');

const unknown: Credential = {
  key: '',
  title: 'unknown',
  labels: [withoutRecord(undefined)],
  keyId: null,
  age: '',
  tone: 'unknown',
};

function labelsOr([first, ...others]: readonly string[], otherwise: string): Credential['labels'] {
  return first === undefined ? [otherwise] : [first, ...others];
}

/** What stands in place of a version's age. */
export const withoutAge = ({ unread }: VersionStatus): string => (unread === true ? 'value not read' : 'no value yet');

const ofVersion = (version: VersionStatus): Credential => ({
  key: version.version,
  title: version.fingerprint,
  labels: labelsOr(version.labels, 'no label'),
  keyId: version.keyId,
  age: version.ageHours === null ? withoutAge(version) : shownHours(version.ageHours),
  tone: versionTone(version),
});

/** The key of a {@link Credential}. */
export const credentialKey = ({ version }: Holding): string => version ?? unknown.key;

/** Those of the secret first, then what links hold beside them. */
export function credentialsOf({ versions, links }: SecretStatus): readonly Credential[] {
  const found = new Map(versions.map((version) => [version.version, ofVersion(version)]));
  for (const holding of links.flatMap(({ holds }) => holds)) {
    const key = credentialKey(holding);
    if (found.has(key)) continue;
    const { version, fingerprint, keyId, labels } = holding;
    const former = {
      ...unknown,
      key,
      title: fingerprint ?? unknown.title,
      labels: labelsOr(labels, 'former version'),
    };
    found.set(key, version === null ? unknown : { ...former, keyId, tone: 'previous' });
  }
  const unrecorded = links.filter(({ holds }) => holds.length === 0);
  const unread = unrecorded.find((link) => link.unread)?.unread;
  if (unrecorded.length > 0) found.set(unknown.key, { ...unknown, labels: [withoutRecord(unread)] });
  return [...found.values()];
}

/** "1a2b3c4d", around a change that is not confirmed "1a2b3c4d or 5e6f7a8b". */
export const holdingText = ({ holds, unread }: Pick<LinkStatus, 'holds' | 'unread'>): string =>
  holds.length === 0
    ? withoutRecord(unread)
    : holds
        .map(({ fingerprint, keyId }) => fingerprint ?? (keyId === null ? 'unknown' : keyFingerprint(keyId)))
        .join(' or ');
