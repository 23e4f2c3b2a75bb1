import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, RequestInfo } from '../../standins/aws/server';
import { withPipeline, type Cluster } from '../../standins/singlestore';
import { openSockets, password, rewriteJournal, type JournalItem, type Sockets } from '../../support/sockets';
import { Gate, isOfFunction, requestInWords, statementInWords } from './gate';
import { openLine } from './line';
import { openTap, quotedForms, watchOutputs } from './outputs';
import type { Scenario } from './scenarios';

/** Servers, and the function in its process, where the same rotation is played again and again. */
export interface Stage {
  readonly sockets: Sockets;
  readonly gate: Gate;
  /** The access key id that was in use at the beginning. */
  readonly oldKey: string;
  /** Whether IAM, STS and the values of the rotated secret answer. */
  credentialsInReach: boolean;
  /** What of P2 was broken at some moment of this run. */
  readonly broken: Set<string>;
  /** Texts of this run that nothing put out may hold, beside the passwords and keys. */
  readonly secrets: Set<string>;
  /** Checks P2 as it does at each point, now. */
  readonly look: () => void;
  /** Where a secret of this run stands though none belongs there. */
  readonly leaks: () => Promise<readonly string[]>;
  /** Puts everything back to how it was before the first run. The process stays. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** @param bundle the function. @default the built one */
export async function openStage({ options, ends, prepare }: Scenario, bundle?: string): Promise<Stage> {
  const broken = new Set<string>();
  let credentialsInReach = true;
  let oldKey = '';
  const accepts = (key: unknown): boolean => sockets.account.aws.iam.findKey(String(key))?.status === 'Active';
  const secrets = new Set<string>();
  function look(): void {
    for (const { secretAccessKey } of sockets.account.user.keys) secrets.add(secretAccessKey);
    for (const key of sockets.held())
      if (!accepts(key)) broken.add(`a link held ${String(key)}, which AWS did not accept`);
    const current = sockets.labelled('AWSCURRENT');
    if (!accepts(current)) broken.add(`AWSCURRENT was ${String(current)}, which AWS did not accept`);
  }
  const gate = new Gate(() => sockets.lambda.stop(), look);

  const asked = new Map<RequestInfo, string>();
  async function onRequest(request: RequestInfo): Promise<Fault> {
    const { service, action, accessKeyId, resource } = request;
    // the source knows the new key and lets the function look, but no pipeline
    const isLoading = oldKey !== '' && service === 's3' && !isOfFunction(request);
    if (ends === 'given-up' && isLoading && accessKeyId !== oldKey) return { status: 403, code: 'AccessDenied' };
    if (oldKey === '' || sockets.lambda.running === 0 || !isOfFunction(request)) return 'ok';
    const { point, goOn } = await gate.arrive(requestInWords(request));
    if (!goOn) return 'drop-before';
    asked.set(request, point);
    const ofCredentials = service === 'iam' || service === 'sts' || /^Get/.test(action);
    const isAway = !credentialsInReach && ofCredentials && (resource === sockets.arn || service !== 'secretsmanager');
    return isAway && service !== 'dynamodb' ? { status: 503, code: 'ServiceUnavailable' } : 'ok';
  }
  async function onAnswer(request: RequestInfo): Promise<void> {
    const point = asked.get(request);
    asked.delete(request);
    if (point !== undefined) await gate.leave(point);
  }

  const { singlestore } = options;
  const several = (options.sites?.length ?? 1) > 1;
  const inWords = (at: number, what: string): string => (several ? `${at} ${what}` : what);
  /** The statement under way on each connection, of which there are some on each server. */
  const sent = new Map<string, string>();
  const tap = await openTap();
  const sockets = await openSockets({
    ...options,
    aws: { onRequest, onAnswer },
    lambda: { env: tap.env, ...(bundle === undefined ? {} : { bundle }) },
    secrets: quotedForms(password),
    singlestore: (at) => ({
      ...(typeof singlestore === 'object' ? singlestore : {}),
      onStatement: async (statement) => {
        const { point, goOn } = await gate.arrive(inWords(at, statementInWords(statement)));
        sent.set(`${at} ${statement.connectionId}`, point);
        return goOn ? 'ok' : 'drop-before';
      },
    }),
    line: (server, at) =>
      openLine(server, () => {
        let login = '';
        return {
          async onOpen() {
            const { point, goOn } = await gate.arrive(inWords(at, 'login'));
            login = point;
            return goOn;
          },
          onLogin: () => gate.leave(login),
          async onAnswer(connectionId) {
            const point = sent.get(`${at} ${connectionId}`);
            sent.delete(`${at} ${connectionId}`);
            return point === undefined || gate.leave(point);
          },
        };
      }),
  });
  tap.to(sockets.account.aws.endpoint);
  prepare?.(sockets);
  const putBack = await remember(sockets);
  oldKey = sockets.account.key.accessKeyId;
  let outputs = watchOutputs(sockets, tap);
  return {
    sockets,
    gate,
    oldKey,
    broken,
    secrets,
    look,
    leaks: () => outputs.holding(secrets),
    get credentialsInReach() {
      return credentialsInReach;
    },
    set credentialsInReach(is) {
      credentialsInReach = is;
    },
    async reset() {
      credentialsInReach = true;
      await putBack();
      broken.clear();
      secrets.clear();
      for (const secret of [password, sockets.account.aws.iam.role.secretAccessKey]) secrets.add(secret);
      outputs = watchOutputs(sockets, tap);
    },
    async stop() {
      await sockets.stop();
      tap.close();
    },
  };
}

/** @returns what puts servers and account back to how they are now */
async function remember(sockets: Sockets): Promise<() => Promise<void>> {
  const { servers, account } = sockets;
  const { aws, user, bucket } = account;
  const loading = () =>
    servers.some(({ cluster }) => [...cluster.pipelines.values()].some(({ run }) => run?.batchId !== undefined));
  while (loading()) await delay(1); // a batch under way would never end there
  const clusters = servers.map(({ cluster }) => cluster);
  const keys = structuredClone(user.keys);
  const secrets = structuredClone(aws.secrets.secrets);
  const objects = [...(aws.s3.buckets.get(bucket) ?? [])];
  let runs = 0;
  return async () => {
    runs += 1;
    for (const [at, server] of servers.entries())
      server.update(({ sessions, lastId }) => ({ ...withBatchesOfRun(clusters[at]!, runs), sessions, lastId }));
    user.keys.splice(0, user.keys.length, ...structuredClone(keys));
    for (const [arn, secret] of structuredClone(secrets)) {
      const { labels, versions } = aws.secrets.find(arn);
      labels.clear();
      versions.clear();
      for (const [label, version] of secret.labels) labels.set(label, version);
      for (const [id, version] of secret.versions) versions.set(id, version);
    }
    aws.s3.buckets.set(bucket, new Map(objects));
    await rewriteJournal(account, () => undefined);
    sockets.forget();
  };
}

/** What a batch of a former run still comes to must be no batch of this one. */
function withBatchesOfRun(cluster: Cluster, run: number): Cluster {
  return [...cluster.pipelines.values()].reduce(
    (changed, pipeline) => withPipeline(changed, { ...pipeline, lastBatchId: pipeline.lastBatchId + 10_000 * run }),
    cluster,
  );
}

/** The journal as it looks when so much time has passed: every moment in it lies farther back. Real milliseconds. */
export const age = ({ account }: Sockets, ms: number): Promise<void> =>
  rewriteJournal(account, (item) => earlier(item, ms) as JournalItem);

const firstMoment = Date.UTC(2020); // in milliseconds; every other number in the journal is smaller
function earlier(value: unknown, ms: number): unknown {
  if (typeof value === 'number') return value > firstMoment ? value - ms : value;
  if (Array.isArray(value)) return value.map((each) => earlier(each, ms));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, earlier(each, ms)]));
}
