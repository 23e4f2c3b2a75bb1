import type { Site } from '../../standins/demo/site';
import { usual, type Sockets, type SocketsOptions } from '../../support/sockets';

/** A rotation that is killed at each of its points. */
export interface Scenario {
  readonly name: string;
  readonly options: SocketsOptions;
  /** How it ends when it is left to the service's retries: on the new key, or on the old one with the new one given up. */
  readonly ends: 'rotated' | 'given-up';
  /** What is there before, beside what the options say. */
  readonly prepare?: (sockets: Sockets) => void;
}

const mirrored = 'team/ingest-key';

/** What loads seldom leaves the machine to the function. */
export const batchIntervalMs = 300;
const site: Site = { ...usual, batchIntervalMs };
const links = ['first_link', 'second_link'].map((name) => ({ database: 'analytics', name }));
const twoLinks: Site = {
  links,
  pipelines: links.flatMap((link, at) => [
    { database: 'analytics', name: `clicks_${at}`, link, state: 'Running' as const },
    { database: 'sales', name: `archive_${at}`, link, state: 'Stopped' as const },
  ]),
  batchIntervalMs,
};
/** Each connection is a point, and they are alike. */
const definition = { limits: { connections: 2 } };
const common = { feedEveryMs: batchIntervalMs, definition };
const plain = { ...common, singlestore: { tls: false } };

export const scenarios: readonly Scenario[] = [
  { name: 'usual', options: { ...common, sites: [site] }, ends: 'rotated' },
  { name: 'two-clusters', options: { ...plain, sites: [twoLinks, site] }, ends: 'rotated' },
  { name: 'rejected', options: { ...plain, sites: [site] }, ends: 'given-up' },
  {
    name: 'mirror',
    options: { ...plain, sites: [site], definition: { ...definition, source: { type: 'mirror', secretId: mirrored } } },
    ends: 'rotated',
    prepare({ account: { aws, user } }) {
      const { accessKeyId, secretAccessKey } = aws.iam.createAccessKey(user.userName);
      const SecretString = JSON.stringify({ aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey });
      aws.secrets.createSecret({ Name: mirrored, SecretString });
    },
  },
];
