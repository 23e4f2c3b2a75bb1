import { qualified } from '../../lambda/core/names';
import type { RotationDefinition } from '../../lambda/core/definition';
import type { MemoryLink, PipelineSpec } from './memoryPipelines';

/** What a test finds unless it says otherwise: one secret, one cluster, one link, pipelines of two databases in all three ordinary states. */

export const secretId = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf';
export const connectionSecretId = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/singlestore-AbCdEf';
export const userName = 'singlestore-ingest';
export const clusterId = '10.0.0.1:3306';
export const analyticsLink = qualified('analytics', 'analytics_link');

export const definition: RotationDefinition = {
  secretId,
  source: { type: 'iam-user', userName },
  targets: [{ connectionSecretId, links: [{ database: 'analytics', link: 'analytics_link' }] }],
  fields: { credentials: {}, config: {} },
  limits: { drainSeconds: 60, proofSeconds: 60, connections: 4 },
  retireAfterHours: 24,
  restartAfterCredentialError: false,
};

export type LinkSpec = Partial<Omit<MemoryLink, 'name'>> & Pick<MemoryLink, 'name'>;

export interface ClusterSpec {
  readonly links: readonly LinkSpec[];
  readonly pipelines: readonly PipelineSpec[];
}

export const defaultCluster: ClusterSpec = {
  links: [{ name: analyticsLink }],
  pipelines: [
    { name: qualified('analytics', 'orders'), link: analyticsLink, path: 'bucket/orders/*' },
    { name: qualified('analytics', 'archive'), link: analyticsLink, path: 'bucket/archive/*', state: 'Stopped' },
    { name: qualified('sales', 'invoices'), link: analyticsLink, path: 'bucket/invoices/*' },
    { name: qualified('sales', 'returns'), link: analyticsLink, path: 'bucket/returns/*', state: 'Error' },
  ],
};
