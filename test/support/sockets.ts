import { DeleteItemCommand, DynamoDBClient, paginateScan, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { rotate, testOnly, type RotationOptions, type RotationOutcome } from '../standins/aws/rotation';
import type { AwsOptions } from '../standins/aws/server';
import type { DeployedStack } from './deployed';
import { openAccount, userName, type Account } from '../standins/demo/account';
import { leaksIn } from '../standins/demo/leaks';
import { buildSite, connectionTo, openSingleStore, prefixOf, qualified, sqlOf, type Site } from '../standins/demo/site';
import type { InvocationResult, Lambda, LambdaOptions } from '../standins/lambda/runtime';
import type { SingleStoreOptions, SingleStoreStandIn } from '../standins/singlestore';

/** A password in which every quoting goes wrong that can go wrong. */
export const password = `p"a's\\s%2Bw\`ö+/rd=`;

const link = { database: 'analytics', name: 'analytics_link' };
/** The link of the vendor's page with pipelines in two databases: two run, one is stopped, one is in error. */
export const usual: Site = {
  links: [link],
  pipelines: [
    { database: 'analytics', name: 'clicks', link, state: 'Running' },
    { database: 'sales', name: 'orders', link, state: 'Running' },
    { database: 'analytics', name: 'archive', link, state: 'Stopped' },
    { database: 'sales', name: 'refunds', link, state: 'Error' },
  ],
  batchIntervalMs: 100,
};

export interface SocketsOptions {
  /** One cluster each. @default one with the usual site */
  readonly sites?: readonly Site[];
  /** What the definition names in each cluster. @default its links, quoted */
  readonly links?: readonly (readonly string[])[];
  /** Each pipeline's source gets a new object every so many ms. @default 200 */
  readonly feedEveryMs?: number;
  readonly singlestore?: SingleStoreOptions | ((at: number) => SingleStoreOptions);
  readonly aws?: AwsOptions;
  /** What the function is deployed with: variables, journal, time-out and permissions. @default all that it needs, and all permissions */
  readonly deployed?: DeployedStack;
  /** More of the rotation's definition. */
  readonly definition?: object;
  /** More of each connection secret. */
  readonly connection?: object;
  readonly lambda?: Partial<LambdaOptions>;
  /** What stands between the function and a cluster. @default nothing */
  readonly line?: (server: SingleStoreStandIn, at: number) => Promise<{ readonly port: number; close(): unknown }>;
  /** Texts that must get out no more than the passwords and keys that are made here. */
  readonly secrets?: readonly string[];
}

/** Everything over real sockets, with the built function in a process of its own. */
export interface Sockets {
  readonly account: Account;
  readonly servers: readonly SingleStoreStandIn[];
  readonly server: SingleStoreStandIn;
  readonly lambda: Lambda;
  readonly arn: string;
  invoke(event: unknown): Promise<InvocationResult>;
  /** One step, as Secrets Manager calls it. */
  step(step: string, version: string, secretId?: string): Promise<InvocationResult>;
  /** RotateSecret, without calling the function yet. @returns the new version */
  begin(): string;
  /** @param secretId default: the secret of the definition */
  rotate(options?: RotationOptions, secretId?: string): Promise<RotationOutcome>;
  testOnly(): Promise<RotationOutcome>;
  recover(): Promise<InvocationResult>;
  /** The same function, deployed with other variables. */
  another(env: Readonly<Record<string, string>>): Lambda;
  /** Every lease runs out, as it would in 30 s. */
  expireLeases(): Promise<void>;
  /** Everything that a rotation may change. */
  snapshot(): object;
  /** STATE of each pipeline, by server and qualified name. */
  states(): Readonly<Record<string, string>>;
  /** The access key id in each link. */
  held(): readonly unknown[];
  /** The access key id behind a label. */
  labelled(label: string): unknown;
  /** Secrets that stand in anything the function has put out or left behind. */
  leaks(): Promise<readonly string[]>;
  /** Forgets what the function has put out so far, so that `leaks` speaks of what comes now. */
  forget(): void;
  stop(): Promise<void>;
}

export async function openSockets(options: SocketsOptions = {}): Promise<Sockets> {
  const {
    sites = [usual],
    singlestore,
    aws: awsOptions,
    definition,
    connection,
    lambda: lambdaOptions,
    line,
    deployed,
  } = options;
  const account = await openAccount({
    ...awsOptions,
    ...(deployed === undefined ? {} : { journal: deployed.journal }),
  });
  const { aws, secretArn: arn } = account;
  const servers = await Promise.all(
    sites.map((_, at) => openSingleStore(aws.endpoint, password, optionsOf(singlestore, at))),
  );
  const endFeed = account.feed(
    sites.flatMap(({ pipelines }) => pipelines.map(prefixOf)),
    options.feedEveryMs ?? 200,
  );
  const targets = [];
  const lines: { close(): unknown }[] = [];
  for (const [at, site] of sites.entries()) {
    const server = servers[at]!;
    await buildSite(sqlOf(server), site, account);
    const links = options.links?.[at] ?? site.links.map(qualified);
    const between = await line?.(server, at);
    if (between !== undefined) lines.push(between);
    const port = between?.port ?? server.port;
    const value = { ...connectionTo(server, password), port, ...connection };
    targets.push({ connectionSecretId: account.storeConnection(`prod/singlestore-${at}`, value), links });
  }
  const source = { type: 'iam-user', userName };
  const limits = { connections: 4 }; // each is a TLS handshake, on both sides of this one machine
  const connections = targets.map(({ connectionSecretId }) => connectionSecretId);
  const shape = deployed?.in(account, connections);
  if (shape !== undefined) {
    aws.iam.rolePolicy = (operation) => shape.mayRole(operation);
    aws.secrets.configureRotation(arn, undefined, shape.rules);
  }
  const isUsual = options.links === undefined && sites[0] === usual; // the links of the deployed definition
  const written = shape === undefined || !isUsual ? { secretId: arn, source, targets } : shape.definition;
  const lambda = account.startFunction([{ ...written, limits, ...definition }], {
    ...(shape === undefined ? {} : { timeoutMs: shape.timeoutMs, variables: shape.variables }),
    ...lambdaOptions,
  });
  const others: Lambda[] = [];
  const returned: string[] = [];
  const { secretAccessKey: ofRole } = aws.iam.role;
  const known = [password, account.key.secretAccessKey, ofRole, ...(options.secrets ?? [])];
  const secrets = new Set(known);
  const invoke = async (event: unknown): Promise<InvocationResult> => {
    const result = await lambda.invoke(event);
    returned.push(JSON.stringify(result));
    for (const key of account.user.keys) secrets.add(key.secretAccessKey);
    returned.push(...(await account.journal()));
    return result;
  };
  const secret = aws.secrets.find(arn);
  return {
    account,
    servers,
    server: servers[0]!,
    lambda,
    arn,
    invoke,
    step: (step, version, secretId = arn) =>
      invoke({ Step: step, SecretId: secretId, ClientRequestToken: version, RotationToken: randomUUID() }),
    begin: () => aws.secrets.stage({ SecretId: arn, ClientRequestToken: randomUUID() }).version,
    rotate: (more, secretId = arn) => rotate(aws.secrets, secretId, asStep(invoke), more),
    testOnly: () => testOnly(aws.secrets, arn, asStep(invoke)),
    recover: () => invoke({ action: 'recover' }),
    another: (env) => {
      const other = account.startFunction([], { env });
      others.push(other);
      return other;
    },
    expireLeases: () => expireLeases(account),
    snapshot: () => ({
      keys: account.user.keys.map(({ accessKeyId, status }) => ({ accessKeyId, status })),
      labels: Object.fromEntries(secret.labels),
      versions: structuredClone([...secret.versions]),
      links: servers.map(({ cluster }) => [...cluster.links.values()]),
      transitions: servers.map(({ transitions }) => transitions.length),
    }),
    states: () =>
      Object.fromEntries(
        servers.flatMap(({ cluster }, at) =>
          [...cluster.pipelines.values()].map((pipeline) => [`${at} ${qualified(pipeline)}`, pipeline.state]),
        ),
      ),
    held: () =>
      servers.flatMap(({ cluster }) =>
        [...cluster.links.values()].map(({ credentials }) => credentials['aws_access_key_id']),
      ),
    labelled: (label) => (JSON.parse(aws.secrets.valueOf(arn, label)) as Record<string, unknown>)['aws_access_key_id'],
    leaks: async () => {
      const unparsed = servers.flatMap(({ statements }) => statements.filter(({ parsed }) => !parsed));
      const told = aws.sns.published.map(({ subject, message }) => `${subject} ${message}`);
      const stored = [...(await account.journal()), ...unparsed.map(({ sql }) => sql)];
      const written = [...lambda.output, ...returned, ...told, ...stored];
      return leaksIn(written, secrets);
    },
    forget() {
      lambda.output.length = returned.length = 0;
      secrets.clear();
      for (const secret of known) secrets.add(secret);
    },
    async stop() {
      endFeed();
      await Promise.all([lambda, ...others].map((each) => each.stop()));
      await Promise.all([...lines.map((each) => each.close()), ...servers.map((server) => server.stop())]);
      await account.stop();
    },
  };
}

const optionsOf = (options: SocketsOptions['singlestore'], at: number): SingleStoreOptions | undefined =>
  typeof options === 'function' ? options(at) : options;

const asStep = (invoke: Sockets['invoke']) => async (event: unknown) => {
  const result = await invoke(event);
  return result.ok ? ({ ok: true } as const) : result;
};

const expireLeases = (account: Account): Promise<void> =>
  rewriteJournal(account, (item) => (item.lease ? { ...item, lease: { ...item.lease, until: 0 } } : item));

/** An item of the journal, as far as tests change it. */
export interface JournalItem {
  readonly lease?: object | null;
}

const TableName = 'journal';

function administratorsTable({ iam, endpoint, region }: Account['aws']): DynamoDBClient {
  const { accessKeyId, secretAccessKey } = iam.administrator;
  return new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
}

/** Puts an item into the journal, as the function would have written it. */
export async function addToJournal({ aws }: Account, kind: string, key: string, item: object): Promise<void> {
  const client = administratorsTable(aws);
  const Item = { pk: { S: kind }, sk: { S: key }, rev: { N: '1' }, item: { S: JSON.stringify(item) } };
  await client.send(new PutItemCommand({ TableName, Item }));
  client.destroy();
}

/** Puts something else in the place of each item of the journal; `undefined`: nothing. The same object: it is left alone. */
export async function rewriteJournal(
  { aws }: Account,
  change: (item: JournalItem) => JournalItem | undefined,
): Promise<void> {
  const client = administratorsTable(aws);
  for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
    for (const { pk, sk, item, ...rest } of Items) {
      const found = JSON.parse(item?.S ?? '') as JournalItem;
      const changed = change(found);
      if (changed === found) continue;
      const Key = { pk: pk!, sk: sk! };
      const Item = { ...Key, ...rest, item: { S: JSON.stringify(changed) } };
      if (changed === undefined) await client.send(new DeleteItemCommand({ TableName, Key }));
      else await client.send(new PutItemCommand({ TableName, Item }));
    }
  }
  client.destroy();
}
