import type { Aws } from '../aws/server';

/** How everything stood at one moment, as the servers themselves knew it. */
export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  /** The access key id in each link that can be looked into. */
  readonly links: Readonly<Record<string, string>>;
  /** Access keys that AWS would accept at this moment. */
  readonly accepted: readonly string[];
  /** The access key id of each label of the secret that has a value. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface Witness {
  /** Looks now. To be called before each request and statement: nothing else changes anything. */
  readonly look: () => void;
  /** One for each change, the first included. */
  readonly moments: readonly Moment[];
  /** How often it looked. */
  readonly looks: number;
  /** Secret halves of all keys that were ever seen. */
  readonly secrets: ReadonlySet<string>;
}

/** Watches keys, labels and links from now on. */
export function openWitness(
  { iam, secrets }: Aws,
  secretArn: string,
  links: () => Readonly<Record<string, string>>,
): Witness {
  const moments: Moment[] = [];
  const seen = new Set<string>([iam.role.secretAccessKey]);
  const counter = { looks: 0 };
  const accepts = (accessKeyId: string): boolean => {
    try {
      iam.identify(accessKeyId);
      return true;
    } catch {
      return false;
    }
  };
  return {
    moments,
    secrets: seen,
    get looks() {
      return counter.looks;
    },
    look() {
      counter.looks += 1;
      const keys = [...iam.users.values()].flatMap((user) => user.keys);
      for (const key of keys) seen.add(key.secretAccessKey);
      const { labels, versions } = secrets.find(secretArn);
      const moment: Moment = {
        at: Date.now(),
        links: links(),
        accepted: keys.map(({ accessKeyId }) => accessKeyId).filter(accepts),
        labels: Object.fromEntries(
          [...labels].flatMap(([label, version]) => {
            const value = versions.get(version)?.value;
            const keyId = value !== undefined && 'SecretString' in value ? keyIdIn(value.SecretString) : undefined;
            return keyId === undefined ? [] : [[label, keyId]];
          }),
        ),
      };
      const last = moments.at(-1);
      if (last === undefined || JSON.stringify({ ...last, at: 0 }) !== JSON.stringify({ ...moment, at: 0 }))
        moments.push(moment);
    },
  };
}

export function keyIdIn(json: string): string | undefined {
  try {
    const { aws_access_key_id: id } = JSON.parse(json) as { aws_access_key_id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
