import { qualified } from '../../lambda/core/names';
import type { LinkStatus, PipelineStatus, SecretStatus, Status } from '../../lambda/core/status';
import type { Paper } from '../../cli/render/paper';

export const at = '2026-11-22T22:00:00.000Z';
export const before = (seconds: number): string => new Date(Date.parse(at) - seconds * 1_000).toISOString();
export const current = '11111111-0000-4000-8000-000000000000';
export const pending = '22222222-0000-4000-8000-000000000000';
export const secretId = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf';
const day = 86_400;

export const plain = (width: number): Paper => ({ width, coloured: false });

export const pipeline = (name: string, over: Partial<PipelineStatus> = {}): PipelineStatus => ({
  pipeline: qualified('analytics', name),
  state: 'Running',
  pausedByUs: false,
  lastBatch: 312,
  lastError: null,
  ...over,
});

export const link = (over: Partial<LinkStatus> = {}): LinkStatus => ({
  cluster: 'db.example.com:3306',
  link: qualified('analytics', 'lake'),
  type: 'S3',
  holds: [
    {
      version: current,
      fingerprint: '11111111',
      keyId: 'AKIACURRENT000000001',
      labels: ['AWSCURRENT'],
      since: before(30 * day),
    },
  ],
  agrees: true,
  bracket: null,
  pipelines: [pipeline('clicks'), pipeline('orders')],
  ...over,
});

export const secret = (over: Partial<SecretStatus> = {}): SecretStatus => ({
  secretId,
  source: { type: 'iam-user', of: 'singlestore-ingest' },
  rotation: { enabled: true, next: '2026-12-01T03:00:00.000Z', last: before(30 * day) },
  versions: [
    {
      version: current,
      fingerprint: '11111111',
      labels: ['AWSCURRENT'],
      since: before(30 * day),
      ageHours: 720,
      keyId: 'AKIACURRENT000000001',
    },
  ],
  journal: { version: current, setAt: null, testedAt: null, failedProofs: 0, unproven: [], retirements: [] },
  links: [link()],
  keys: [
    {
      keyId: 'AKIACURRENT000000001',
      fingerprint: '…000001',
      active: true,
      createdAt: before(30 * day),
      ageHours: 720,
      lastUsed: { at: before(60), service: 's3', region: 'us-east-1' },
      fate: 'AWSCURRENT',
    },
  ],
  history: [
    {
      secretId,
      version: current,
      startedAt: Date.parse(before(30 * day)),
      startedBy: 'schedule',
      outcome: 'done',
      endedAt: Date.parse(before(30 * day)) + 4_000,
      paused: 2,
      spans: [
        {
          cluster: 'db.example.com:3306',
          link: qualified('analytics', 'lake'),
          pipeline: qualified('analytics', 'clicks'),
          at: Date.parse(before(30 * day)),
          milliseconds: 9,
        },
      ],
      failures: 0,
    },
  ],
  stuck: null,
  drift: [],
  unseen: [],
  ...over,
});

export const status = (...secrets: readonly SecretStatus[]): Status => ({ at, secrets });
