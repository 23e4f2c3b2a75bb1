import type { LoggedRequest } from '../aws/server';
import type { Lambda } from '../lambda/runtime';
import type { StatementInfo, StatementRecord, Transition, Verdict } from '../singlestore';
import { openAccount, userName, type Account } from './account';
import { openEmbedded, openOutside, type Cluster } from './cluster';
import type { Options } from './options';
import { buildSite, dropSite, prefixOf, rowsLoaded, showCreateLink, statesOf, type Name, type Site } from './site';
import { openWitness, type Moment } from './witness';

/** How long IAM needs until a new key works. */
export const propagationMs = 2_000;

/** How things stand at one time. */
export interface Standing {
  /** STATE and rows loaded, by pipeline. */
  readonly states: ReadonlyMap<string, string>;
  readonly rows: ReadonlyMap<string, number>;
  /** What SHOW CREATE LINK says. */
  readonly link: string;
  /** Staging label to the access key id in its version. */
  readonly labels: Readonly<Record<string, string>>;
  /** The user's access keys with their status. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Everything that was seen from beginning to end. */
export interface Evidence {
  readonly transitions: readonly Transition[];
  /** Undefined where a cluster's log is out of reach. */
  readonly statements: readonly StatementRecord[] | undefined;
  readonly requests: readonly LoggedRequest[];
  readonly moments: readonly Moment[];
  readonly looks: number;
  /** What may hold no secret, by where it was seen. */
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  readonly secrets: readonly string[];
}

/** Everything up and running. */
export interface Stage {
  readonly title: string;
  readonly site: Site;
  readonly link: Name;
  readonly account: Account;
  readonly lambda: Lambda;
  /** What the function runs with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Calls the function, and keeps what it gave back for the search for secrets. */
  invoke(event: unknown): ReturnType<Lambda['invoke']>;
  /** The status as a page, from the second function of the bundle: as a document, to keep as a file. */
  page(): Promise<string>;
  /** Decides about each statement of the function from now on. */
  onStatement(decide: (info: StatementInfo) => Verdict): void;
  standing(): Promise<Standing>;
  evidence(): Evidence;
}

/** @param pipelines how many run; beside them one is stopped and one in error */
function siteOf([first, second]: readonly [string, string], pipelines: number): Site {
  const link = { database: first, name: 'analytics_link' };
  const named = ['clicks', 'orders'];
  const running = Array.from({ length: pipelines }, (_, at) => ({
    database: at % 2 === 0 ? first : second,
    name: named[at] ?? `feed_${String(at + 1).padStart(String(pipelines).length, '0')}`,
    link,
    state: 'Running' as const,
  }));
  return {
    links: [link],
    pipelines: [
      ...running,
      { database: first, name: 'archive', link, state: 'Stopped' },
      { database: second, name: 'refunds', link, state: 'Error' },
    ],
    // this one process is server, bucket and all: 100 batches a second are no burden to it
    batchIntervalMs: Math.max(100, pipelines * 10),
  };
}

/**
 * Lends a stage to `work`, and takes everything down afterwards.
 *
 * @param ended ends it before its time, with the reason as the error
 */
export async function withStage<R>(
  options: Options,
  ended: AbortSignal,
  work: (stage: Stage) => Promise<R>,
): Promise<R> {
  ended.throwIfAborted();
  const cleanUps: (() => unknown)[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    ended.addEventListener('abort', () => {
      reject(ended.reason as Error);
    });
  });
  try {
    const stage = await Promise.race([openStage(options, (undo) => cleanUps.push(undo)), interrupted]);
    return await Promise.race([work(stage), interrupted]);
  } finally {
    for (let next = cleanUps.pop(); next !== undefined; next = cleanUps.pop()) await next();
  }
}

async function openStage({ pipelines, singlestore }: Options, later: (undo: () => unknown) => void): Promise<Stage> {
  const hooks = { look: (): void => undefined, decide: (_: StatementInfo): Verdict => 'ok' };
  const account = await openAccount({
    propagationMs,
    onRequest: () => {
      hooks.look();
      return 'ok';
    },
  });
  later(() => account.stop());
  const { aws } = account;
  const cluster: Cluster = singlestore
    ? await openOutside(singlestore, aws.endpoint)
    : await openEmbedded(aws.endpoint, (info) => {
        hooks.look();
        return hooks.decide(info);
      });
  later(() => cluster.stop());
  const site = siteOf(cluster.databases, pipelines);
  const [link] = site.links as [Name];
  later(account.feed(site.pipelines.map(prefixOf), site.batchIntervalMs * 2));
  later(() => (singlestore ? dropSite(cluster.sql, site) : undefined));
  await buildSite(cluster.sql, site, account, cluster.linkConfig).catch((error: unknown) => {
    if (singlestore === undefined) throw error;
    const why = error instanceof Error ? error.message : 'no reason given';
    throw new Error(
      `the cluster could not be prepared: ${why}\nIts pipelines must reach ${aws.endpoint}, so it has to run on this machine; --help says more.`,
    );
  });
  await cluster.watch(site);

  const linkName = `${link.database}.${link.name}`;
  const witness = openWitness(aws, account.secretArn, () => {
    const held = cluster.keyIn(link);
    return held === undefined ? {} : { [linkName]: held };
  });
  hooks.look = witness.look;
  const firstRequest = aws.requests.length;
  const connectionSecretId = account.storeConnection('prod/singlestore', cluster.connection);
  const { secretArn: secretId } = account;
  const target = { connectionSecretId, links: site.links.map(({ database, name }) => `${database}.${name}`) };
  const rotations = [{ secretId, source: { type: 'iam-user', userName }, targets: [target] }];
  const lambda = account.startFunction(rotations);
  let open = true;
  later(() => {
    open = false;
    return lambda.stop();
  });

  const errors: string[] = [];
  const returned: string[] = [];
  const items = new Set<string>();
  return {
    title: cluster.title,
    site,
    link,
    account,
    lambda,
    environment: account.environment(rotations),
    async invoke(event) {
      if (!open) throw new Error('interrupted');
      const result = await lambda.invoke(event);
      (result.ok ? returned : errors).push(JSON.stringify(result.ok ? result.value : result.error));
      for (const item of await account.journal()) items.add(item);
      return result;
    },
    async page() {
      const viewer = account.startFunction(rotations, { env: { _HANDLER: 'index.widget' } });
      try {
        const drawn = await viewer.invoke({ widgetContext: {}, document: true });
        if (!drawn.ok) throw new Error(`the page could not be drawn: ${drawn.error.errorMessage}`);
        return String(drawn.value);
      } finally {
        await viewer.stop();
      }
    },
    onStatement(decide) {
      hooks.decide = decide;
    },
    async standing() {
      witness.look();
      return {
        states: await statesOf(cluster.sql, site),
        rows: await rowsLoaded(cluster.sql, site),
        link: await showCreateLink(cluster.sql, link),
        labels: witness.moments.at(-1)?.labels ?? {},
        keys: new Map(account.user.keys.map(({ accessKeyId, status }) => [accessKeyId, status])),
      };
    },
    evidence: () => ({
      transitions: cluster.transitions,
      statements: cluster.statements,
      requests: aws.requests.slice(firstRequest),
      moments: witness.moments,
      looks: witness.looks,
      outputs: {
        "the function's output": lambda.output,
        'its errors': errors,
        'its return values': returned,
        'the journal': [...items],
        'statements that could not be parsed': (cluster.statements ?? [])
          .filter((s) => !s.parsed)
          .map(({ sql }) => sql),
      },
      secrets: [...witness.secrets, cluster.password],
    }),
  };
}
