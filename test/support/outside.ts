import type { RotationDefinition } from '../../lambda/core/definition';
import type { LogFields, MetricName } from '../../lambda/ports';
import { VirtualClock } from './clock';
import { MemoryKeys } from './memoryKeys';
import type { Source } from './memoryPipelines';
import { MemorySecrets } from './memorySecrets';
import { MemoryServer } from './memoryServer';
import { MemoryTable } from './memoryTable';
import { Points } from './points';
import {
  clusterId,
  connectionSecretId,
  defaultCluster,
  definition,
  secretId,
  userName,
  type ClusterSpec,
} from './scenario';

export interface WorldOptions {
  /** Changes to the one rotation definition of the default scenario. */
  readonly definition?: Partial<RotationDefinition>;
  /** By `host:port`. Default: the one cluster of the default scenario. */
  readonly clusters?: Readonly<Record<string, ClusterSpec>>;
  /** The value of the rotated secret. Default: the key pair that the links hold. */
  readonly secretValue?: string;
}

export interface Line {
  readonly at: number;
  readonly holder: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly action: string;
  readonly fields: LogFields;
}

export interface Notice {
  readonly at: number;
  readonly subject: string;
  readonly text: string;
}

export interface Metric {
  readonly name: MetricName;
  readonly values: readonly number[];
  readonly unit: string;
}

const start = Date.UTC(2026, 0, 1);
const day = 86_400_000;
/** Every secret text holds this, and nothing else does. */
export const canary = 'cAnArY';
/** ... and ends in this. */
export const canaryEnd = 'wJalrXUtnFEMI7MDENGbPxRf';

/** What stands outside at the start: the scenario, in memory and in virtual time. */
export class Outside {
  readonly clock = new VirtualClock(start);
  protected readonly calls = new Points(this.clock, () => {
    for (const server of this.servers.values()) server.settle(); // a batch that was due is nobody's effect
    return this.version;
  });
  protected readonly now = (): number => this.clock.now();
  #ids = 0;
  /** All secret texts there ever were. */
  readonly canaries: string[] = [];
  readonly secrets = new MemorySecrets(this.now);
  readonly table = new MemoryTable(this.now);
  readonly keys = new MemoryKeys(this.now, () => this.newCanary());
  readonly servers = new Map<string, MemoryServer>();
  readonly logs: Line[] = [];
  readonly metrics: Metric[] = [];
  /** What people were told. */
  readonly notices: Notice[] = [];
  readonly definitions: RotationDefinition[];

  constructor(options: WorldOptions) {
    this.definitions = [{ ...definition, ...options.definition }];
    this.keys.users.add(userName);
    this.keys.beforeChange = () => {
      for (const server of this.servers.values()) server.settle();
    };
    const key = this.keys.add(userName, start - 90 * day);
    const pair = JSON.stringify({ aws_access_key_id: key.keyId, aws_secret_access_key: key.secret });
    this.secrets.add(secretId, this.newId(), options.secretValue ?? pair);
    const clusters = options.clusters ?? { [clusterId]: defaultCluster };
    for (const [id, cluster] of Object.entries(clusters)) this.#addCluster(id, cluster, pair);
  }

  /** The first cluster's connection secret is the default scenario's; another's has the cluster's name. */
  #addCluster(id: string, spec: ClusterSpec, credentials: string): void {
    const source: Source = (held, bucket, at) => this.#refusal(held, bucket, at);
    const server = new MemoryServer(id, this.clock, source);
    const [host = '', port = ''] = id.split(':');
    const password = this.newCanary();
    server.users.set('rotator', password);
    const connection = { host, port: Number(port), username: 'rotator', password };
    const connectionSecret = this.servers.size === 0 ? connectionSecretId : connectionSecretFor(id);
    this.secrets.add(connectionSecret, this.newId(), JSON.stringify(connection));
    for (const link of spec.links) {
      server.links.set(link.name, { type: 'S3', config: '{"region":"us-east-1"}', credentials, ...link });
    }
    for (const pipeline of spec.pipelines) {
      const added = server.add(pipeline);
      if (added.state === 'Error') server.fail(added, 1366, "Incorrect integer value: 'x' for column 'n'", start - day);
    }
    this.servers.set(id, server);
  }

  /** Grows with every change of the outside that anything is decided by. Time, the use of keys, and what people are told are no change. */
  get version(): number {
    let version = this.table.version + this.secrets.version + this.keys.version;
    for (const server of this.servers.values()) version += server.version;
    return version;
  }

  #refusal(credentials: string, bucket: string, at: number): string | null {
    const held = JSON.parse(credentials) as Readonly<Record<string, string>>;
    const { aws_access_key_id: keyId = '', aws_secret_access_key: secret = '' } = held;
    const verdict = this.keys.judge(keyId, secret, bucket, at);
    if (verdict === 'accepted') return null;
    return `${verdict === 'denied' ? 'AccessDenied' : 'InvalidAccessKeyId'} (the source's own words: ${secret})`;
  }

  newId(): string {
    return `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`;
  }

  /** A new secret text, which no output may hold. */
  newCanary(): string {
    const text = `${canary}/${String(this.canaries.length).padStart(4, '0')}+${canaryEnd}`;
    this.canaries.push(text);
    return text;
  }
}

/** The id of the connection secret of a cluster that is not the first. */
export const connectionSecretFor = (cluster: string): string =>
  `arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/${cluster.replaceAll(/[.:]/g, '-')}-AbCdEf`;
