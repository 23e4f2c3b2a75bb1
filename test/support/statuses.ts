import type { ErrorCode } from '../../lambda/core/errors';
import type { PastRotation } from '../../lambda/core/history';
import { qualified, type QualifiedName } from '../../lambda/core/names';
import type {
  KeyStatus,
  LinkStatus,
  PipelineStatus,
  SecretStatus,
  Status,
  VersionStatus,
} from '../../lambda/core/status';
import { fingerprintOf, keyFingerprint } from '../../lambda/core/status';

/* Statuses as an operator meets them, for the page that shows them. */

export const lookedAt = '2026-11-22T22:03:11.000Z';
export const [current, pending, former] = [
  '3f6f1a1e-2c5b-4d47-9d0e-6e2f70aa9c01',
  '9be41c77-83a0-4a5e-b1f4-0c9d5f3e2b02',
  'c01d90aa-5e19-4c6c-8a35-1f2ab7d64e03',
] as const;
const [currentKey, oldKey, newKey] = ['AKIAQ3EXAMPLE7XK2M4D', 'AKIAQ3EXAMPLE9LP8T2W', 'AKIAQ3EXAMPLE5ZB6C1N'] as const;
const cluster = 'svc-3482219c.svc.singlestore.com:3306';

const version = (
  id: string,
  labels: readonly string[],
  keyId: string,
  since: string,
  ageHours: number,
): VersionStatus => ({ version: id, fingerprint: fingerprintOf(id), labels, since, ageHours, keyId });

const versions = {
  current: version(current, ['AWSCURRENT'], currentKey, '2026-11-01T03:00:09.000Z', 523),
  pending: version(pending, ['AWSPENDING'], newKey, '2026-11-22T22:02:40.000Z', 0.01),
  previous: version(former, ['AWSPREVIOUS'], oldKey, '2026-10-01T03:00:12.000Z', 1267),
};

export const pipeline = (database: string, name: string, more: Partial<PipelineStatus> = {}): PipelineStatus => ({
  pipeline: qualified(database, name),
  state: 'Running',
  pausedByUs: false,
  lastBatch: 48_213,
  lastError: null,
  ...more,
});

const holding = ({ version: id, fingerprint, keyId, labels, since }: VersionStatus): LinkStatus['holds'][number] => ({
  version: id,
  fingerprint,
  keyId,
  labels,
  since,
});

export const link = (
  database: string,
  name: string,
  pipelines: readonly PipelineStatus[],
  more: Partial<LinkStatus> = {},
): LinkStatus => ({
  cluster,
  link: qualified(database, name),
  type: 'S3',
  holds: [holding(versions.current)],
  agrees: true,
  bracket: null,
  pipelines,
  ...more,
});

const key = (keyId: string, more: Partial<KeyStatus>): KeyStatus => ({
  keyId,
  fingerprint: keyFingerprint(keyId),
  active: true,
  createdAt: '2026-11-01T03:00:04.000Z',
  ageHours: 523,
  lastUsed: { at: '2026-11-22T21:58:00.000Z', service: 's3', region: 'us-east-1' },
  fate: 'AWSCURRENT',
  ...more,
});

/** Pauses one after the other, as a cluster makes them. */
function rotationOf(version: string, startedAt: string, pipelines: readonly QualifiedName[]): PastRotation {
  const begin = Date.parse(startedAt);
  const all = pipelines.map((pipeline, at) => ({
    cluster,
    link: qualified('analytics', 'analytics_link'),
    pipeline,
    at: begin + 4_000 + at * 31,
    milliseconds: 412 + ((at * 137) % 389),
  }));
  return {
    secretId: secretArn,
    version,
    startedAt: begin,
    startedBy: 'schedule',
    outcome: 'done',
    endedAt: begin + 21_400,
    paused: all.length,
    spans: all.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 50),
    failures: 0,
  };
}

function underWay({ endedAt: _, ...rotation }: PastRotation): PastRotation {
  return { ...rotation, outcome: 'running' };
}

export const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf';
const usual = [
  pipeline('analytics', 'clicks'),
  pipeline('analytics', 'orders', { lastBatch: 9_120 }),
  pipeline('sales', 'refunds', { state: 'Error', lastBatch: 311 }),
  pipeline('sales', 'archive', { state: 'Stopped', lastBatch: null }),
];
const running = usual.slice(0, 2).map((one) => one.pipeline);

export const secret = (more: Partial<SecretStatus> = {}): SecretStatus => ({
  secretId: secretArn,
  source: { type: 'iam-user', of: 'singlestore-ingest' },
  rotation: { enabled: true, next: '2026-12-01T03:00:00.000Z', last: '2026-11-01T03:00:26.000Z' },
  versions: [versions.current, versions.previous],
  journal: {
    version: current,
    setAt: '2026-11-01T03:00:20.000Z',
    testedAt: '2026-11-01T03:00:24.000Z',
    failedProofs: 0,
    unproven: [],
    retirements: [],
  },
  links: [link('analytics', 'analytics_link', usual.slice(0, 2)), link('sales', 'sales_link', usual.slice(2))],
  keys: [
    key(currentKey, {}),
    key(oldKey, { active: false, ageHours: 1_267, fate: 'Inactive, deleted by the next rotation' }),
  ],
  history: [
    rotationOf(current, '2026-11-01T03:00:04.000Z', running),
    rotationOf(former, '2026-10-01T03:00:03.000Z', running),
  ],
  stuck: null,
  drift: [],
  unseen: [],
  ...more,
});

const status = (...secrets: readonly SecretStatus[]): Status => ({ at: lookedAt, secrets });

/** Right after a rotation, when AWSPENDING may stay where AWSCURRENT is. */
export const allWell = status(
  secret({ versions: [{ ...versions.current, labels: ['AWSCURRENT', 'AWSPENDING'] }, versions.previous] }),
);

export const midPause = status(
  secret({
    versions: [versions.current, versions.pending, versions.previous],
    links: [
      link(
        'analytics',
        'analytics_link',
        [
          pipeline('analytics', 'clicks', { state: 'Stopped', pausedByUs: true }),
          pipeline('analytics', 'orders', { state: 'Stopped', pausedByUs: true }),
          pipeline('sales', 'archive', { state: 'Stopped', lastBatch: null }),
        ],
        {
          holds: [holding(versions.current), holding(versions.pending)],
          agrees: false,
          bracket: {
            phase: 'open',
            direction: 'forward',
            to: pending,
            openedAt: '2026-11-22T22:03:10.000Z',
            pipelines: running,
            held: true,
            leaseUntil: '2026-11-22T22:03:40.000Z',
          },
        },
      ),
      link('sales', 'sales_link', [pipeline('sales', 'feed')], { holds: [holding(versions.pending)], agrees: false }),
    ],
    keys: [
      key(currentKey, {}),
      key(newKey, { ageHours: 0.01, lastUsed: null, createdAt: '2026-11-22T22:02:38.000Z', fate: 'AWSPENDING' }),
    ],
    history: [
      underWay(rotationOf(pending, '2026-11-22T22:02:38.000Z', [])),
      rotationOf(current, '2026-11-01T03:00:04.000Z', running),
    ],
  }),
);

export const stuck = status(
  secret({
    versions: [versions.current, versions.pending, versions.previous],
    history: [
      {
        ...underWay(rotationOf(pending, '2026-11-22T20:40:02.000Z', running)),
        failures: 3,
        failure: {
          step: 'setSecret',
          code: 'CREDENTIALS_DENIED',
          message: 'the new key may not list s3://ingest/clicks/: AccessDenied. The old key may.',
          at: Date.parse('2026-11-22T21:58:44.000Z'),
          logs: 'https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/rotation',
        },
      },
      rotationOf(current, '2026-11-01T03:00:04.000Z', running),
    ],
    stuck: {
      since: '2026-11-22T20:40:02.000Z',
      version: pending,
      step: 'setSecret',
      code: 'CREDENTIALS_DENIED',
      why: 'The new access key …5ZB6C1N may not list s3://ingest/clicks/, and the old key may: a bucket policy names the key or its user does not have the right yet.',
      leftBehind: ['AWSPENDING is on version 9be41c77', 'the key …5ZB6C1N, which nobody uses', 'no pipeline is paused'],
      next: 'Secrets Manager tries again within an hour.',
      command:
        'aws secretsmanager rotate-secret --secret-id arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf',
      afterMending: true,
      logs: 'https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/rotation',
    },
    drift: ['analytics.analytics_link holds 9be41c77, and AWSCURRENT is 3f6f1a1e'],
    unseen: ['svc-9.svc.singlestore.com:3306: CONNECTION_FAILED, no answer within 5 s'],
    links: [
      link(
        'analytics',
        'analytics_link',
        [
          pipeline('analytics', 'clicks', {
            lastError: { at: '2026-11-22T21:58:44.000Z', code: 1_933, kind: 'credential' },
          }),
          pipeline('analytics', 'orders'),
        ],
        { holds: [holding(versions.pending)], agrees: false },
      ),
      link('sales', 'sales_link', [], {
        type: null,
        holds: [],
        agrees: false,
        cluster: 'svc-9.svc.singlestore.com:3306',
      }),
    ],
  }),
);

const feeds = Array.from({ length: 300 }, (_, at) =>
  pipeline(
    'ingest',
    `feed_${String(at + 1).padStart(3, '0')}`,
    at % 60 === 59 ? { state: 'Stopped', lastBatch: null } : { lastBatch: 1_000 + at },
  ),
);

export const manyPipelines = status(
  secret({
    links: Array.from({ length: 12 }, (_, at) => link('ingest', `lake_${at + 1}`, feeds.slice(at * 25, (at + 1) * 25))),
    history: [
      rotationOf(
        current,
        '2026-11-01T03:00:04.000Z',
        feeds.map((one) => one.pipeline),
      ),
      rotationOf(
        former,
        '2026-10-01T03:00:03.000Z',
        feeds.map((one) => one.pipeline),
      ),
    ],
  }),
);

/** Names that somebody chose to break a page with: every one is allowed by the server. */
export const hostileNames = [
  '<script>document.title="ran"</script>',
  '"><img src=https://example.invalid/x onerror=alert(1)>',
  "' onmouseover='alert(1)' x='",
  '</style><style>*{display:none}</style>',
  '</text></svg><iframe src=https://example.invalid/>',
  '&lt;b&gt; &amp; `${x}`',
  '\u202Egnp.exe\u200B\u0000\n\uD800',
  '漢字'.repeat(60),
  'a'.repeat(300),
] as const;

/** Those names in every place that has one. */
export function hostile(names: readonly string[] = hostileNames): Status {
  const [first = ''] = names;
  const all = names.map((name) => pipeline(name, name, { state: name }));
  const told = { why: first, leftBehind: names, next: first, command: first, logs: `javascript:${first}` };
  const spans = names.map((name) => qualified(name, name));
  const base = secret({
    secretId: first,
    source: { type: first, of: first },
    versions: [
      version(first, [first], first, first, 1),
      ...names.slice(1).map((name) => version(name, [name], name, lookedAt, 1)),
    ],
    links: names.map((name) => link(name, name, all, { type: name, cluster: name })),
    keys: names.map((name) => key(name, { fate: name, lastUsed: { at: name, service: name, region: name } })),
    stuck: { ...told, since: first, version: first, step: first, code: first, afterMending: true },
    drift: names,
    unseen: names,
  });
  const history = names.map((name) => ({
    ...rotationOf(name, lookedAt, spans),
    startedBy: name,
    failures: 1,
    failure: { step: 'setSecret' as const, code: name as ErrorCode, message: name, at: 0, logs: `javascript:${name}` },
  }));
  return { at: lookedAt, secrets: [{ ...base, history }] };
}
