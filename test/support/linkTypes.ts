import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { userName, type Account } from '../standins/demo/account';
import { prefixOf, qualified, quote, sqlOf, type Name } from '../standins/demo/site';
import type { ReadSource, SingleStoreOptions } from '../standins/singlestore';
import { openLoader } from '../standins/singlestore/loader';
import { openSockets, type Sockets } from './sockets';

type Value = Readonly<Record<string, string>>;
type Json = Readonly<Record<string, unknown>>;

/** What a link holds. */
export interface Held {
  readonly credentials: Json;
  readonly config: Json;
}

/** A type of link, with the secret that somebody else keeps for its source. */
export interface LinkType {
  readonly type: string;
  /** The mirrored value before and after its change, which is the change of the source's own accounts as well. */
  readonly value: (round: Round, account: Account) => Value;
  readonly fields?: { readonly credentials?: Value; readonly config?: Value };
  /** The link that has this value. */
  readonly link: (value: Value) => Held;
  /** The source takes the old credentials beside the new ones. */
  readonly overlap?: true;
}

type Round = 'old' | 'new';
/** What is searched for: no escaping changes it. */
const canary = (type: string, round: Round): string => `${type}${round}wJalrXUtnFEMIK7MDENGbPxRfiCY`;
/** Behind it everything that breaks a literal, a pattern, a placeholder or an encoding. */
const secret = (type: string, round: Round): string => `${canary(type, round)} p"a's\\s\\\\w\`o$1r?d%s\n\t+/ö🔑=`;

/** The keys of each type: facts, singlestore, section 2. */
export const linkTypes: readonly LinkType[] = [
  {
    type: 'S3',
    value: (round, { aws, key }) => {
      if (round === 'new') aws.iam.updateAccessKey(userName, key.accessKeyId, 'Inactive');
      const { accessKeyId, secretAccessKey } = round === 'old' ? key : aws.iam.createAccessKey(userName);
      return { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey };
    },
    link: (credentials) => ({ credentials, config: { disable_gunzip: false, region: 'us-east-1' } }),
  },
  {
    type: 'GCS',
    value: (round) => ({ access_id: `GOOG1E${round.toUpperCase()}`, secret_key: secret('GCS', round) }),
    link: (credentials) => ({ credentials, config: {} }),
  },
  {
    type: 'AZURE', // a storage account has two keys, made for this
    value: (round) => ({ account_name: 'ingest', account_key: secret('AZURE', round) }),
    link: (credentials) => ({ credentials, config: {} }),
    overlap: true,
  },
  {
    type: 'KAFKA',
    value: (round) => ({ username: `api-key-${round}`, password: secret('KAFKA', round) }),
    fields: { credentials: { 'sasl.password': 'password' }, config: { 'sasl.username': 'username' } },
    link: ({ username, password }) => ({
      credentials: { 'sasl.password': password },
      config: {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'PLAIN',
        'sasl.username': username,
        'enable.ssl.certificate.verification': true,
        'fetch.wait.max.ms': 250,
        'ssl.ca.location': '/etc/pki/it\'s "ours".pem',
      },
    }),
  },
  {
    type: 'MYSQL', // a database secret of AWS's shape, whose server moves as well
    value: (round) => ({
      engine: 'mysql',
      host: `${round}.db.example.com`,
      port: round === 'old' ? '3306' : '3307',
      username: 'cdc',
      password: secret('MYSQL', round),
    }),
    fields: {
      credentials: { 'database.user': 'username', 'database.password': 'password' },
      config: { 'database.hostname': 'host', 'database.port': 'port' },
    },
    link: ({ host, port, username, password }) => ({
      credentials: { 'database.user': username, 'database.password': password },
      config: {
        'database.hostname': host,
        'database.port': Number(port),
        'database.exclude.list': 'mysql,performance_schema',
        'database.ssl.mode': 'required',
      },
    }),
  },
  {
    type: 'MONGODB',
    value: (round) => ({ 'mongodb.user': `cdc-${round}`, 'mongodb.password': secret('MONGODB', round) }),
    link: (credentials) => ({
      credentials,
      config: {
        'mongodb.hosts': 'shard-00.example.com:27017,shard-01.example.com:27017',
        'collection.include.list': 'shop\\.orders,shop\\.items',
        'mongodb.ssl.enabled': true,
        'mongodb.members.auto.discover': 'true',
      },
    }),
  },
  {
    type: 'HDFS', // nothing of it is in CREDENTIALS
    value: (round) => ({ principal: `ingest/${round}@EXAMPLE.COM`, keytab: `/etc/keytabs/${round}.keytab` }),
    fields: { config: { 'kerberos.user': 'principal', 'kerberos.keytab': 'keytab' } },
    link: ({ principal, keytab }) => ({
      credentials: {},
      config: {
        'hadoop.security.authentication': 'kerberos',
        'kerberos.user': principal,
        'kerberos.keytab': keytab,
        'dfs.client.use.datanode.hostname': true,
      },
    }),
  },
  {
    type: 'HTTP',
    value: (round) => ({ client: `client-${round}`, Authorization: `Bearer ${secret('HTTP', round)}` }),
    fields: { config: { client_id: 'client' } },
    link: ({ client, Authorization }) => ({
      credentials: { Authorization },
      config: { client_id: client, headers: { Accept: 'text/csv', 'X-Retry': [1, 2.5, null] }, timeout_seconds: 30 },
    }),
  },
];

/** Where one type's rotation takes place. */
export interface Place {
  readonly link: Name;
  readonly running: readonly Name[];
  readonly idle: Name;
  readonly value: Value;
  readonly rotated: string;
  readonly mirrored: string;
}

/** One cluster with a link of each type, a source behind each, and one function that mirrors a secret into each. */
export interface LinkTypes {
  readonly sockets: Sockets;
  readonly place: (type: LinkType) => Place;
  /** Stores a new value in the mirrored secret; the source knows it at once. @returns the value */
  readonly change: (type: LinkType) => Value;
  /** The CREDENTIALS with which a pipeline has loaded, in order. */
  readonly loads: (pipeline: Name) => readonly Json[];
  readonly stop: () => Promise<void>;
}

const database = 'ingest';
/** Short, since a proof waits for a batch; not shorter, since sixteen pipelines load all the time. */
const batchIntervalMs = 200;
/** The stand-in knows it without the six random characters, so it can be told before the secret is made. */
const rotations = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:rotations';

export async function openLinkTypes(
  types: readonly LinkType[],
  singlestore: SingleStoreOptions = {},
): Promise<LinkTypes> {
  const source = openSource();
  const sockets = await openSockets({
    sites: [{ links: [], pipelines: [], batchIntervalMs }],
    // refused batches are tried again for as long as a rotation takes
    singlestore: { retries: 1_000, read: source.read, ...singlestore },
    lambda: { env: { ROTATIONS: rotations } },
    secrets: types.flatMap(({ type }) => [canary(type, 'old'), canary(type, 'new')]),
  });
  const { account, server } = sockets;
  const sql = sqlOf(server);
  for (const name of [database, 'sales']) {
    await sql(`CREATE DATABASE ${name}`);
    await sql(`CREATE TABLE ${name}.events (batch INT, line INT)`);
  }
  const places = new Map<LinkType, Place>();
  for (const type of types) places.set(type, await build(type));
  const endFeed = account.feed(
    [...places.values()].flatMap(({ running }) => running.map(prefixOf)),
    100,
  );
  account.aws.secrets.createSecret({
    Name: 'rotations',
    SecretString: JSON.stringify(types.map((type) => definition(type))),
  });

  async function build(type: LinkType): Promise<Place> {
    const name = type.type.toLowerCase();
    const value = type.value('old', account);
    const held = type.link(value);
    source.accept(type, [held]);
    const link = { database, name };
    await sql(
      `CREATE LINK ${qualified(link)} AS ${type.type} CONFIG ${literal(held.config)} CREDENTIALS ${literal(held.credentials)} DESCRIPTION 'it''s "ours"'`,
    );
    const running = [database, 'sales'].map((other) => ({ database: other, name: `${name}_live` }));
    const idle = { database, name: `${name}_idle` };
    for (const pipeline of [...running, idle]) {
      await sql(
        `CREATE PIPELINE ${quote(pipeline.name)} AS LOAD DATA LINK ${qualified(link)} '${pathOf(account, pipeline)}' BATCH_INTERVAL ${batchIntervalMs} INTO TABLE events`,
        pipeline.database,
      );
      if (pipeline !== idle) await sql(`START PIPELINE ${quote(pipeline.name)}`, pipeline.database);
    }
    const { secrets: store } = account.aws;
    const [rotated, mirrored] = ['prod', 'team'].map(
      (owner) => store.createSecret({ Name: `${owner}/${name}`, SecretString: JSON.stringify(value) }).arn,
    ) as [string, string];
    store.configureRotation(rotated);
    return { link, running, idle, value, rotated, mirrored };
  }

  function definition(type: LinkType): object {
    const { link, rotated, mirrored } = place(type);
    const { arn: connectionSecretId } = account.aws.secrets.find('prod/singlestore-0');
    return {
      secretId: rotated,
      source: { type: 'mirror', secretId: mirrored, ...(type.overlap ? { overlap: true } : {}) },
      targets: [{ connectionSecretId, links: [qualified(link)] }],
      limits: { connections: 4 },
      ...(type.fields ? { fields: type.fields } : {}),
    };
  }

  function place(type: LinkType): Place {
    const found = places.get(type);
    if (found === undefined) throw new Error(`no link of type ${type.type}`);
    return found;
  }

  return {
    sockets,
    place,
    change(type) {
      const { mirrored, value: old } = place(type);
      const value = type.value('new', account);
      source.accept(type, [value, ...(type.overlap ? [old] : [])].map(type.link));
      account.aws.secrets.putSecretValue({
        SecretId: mirrored,
        ClientRequestToken: randomUUID(),
        SecretString: JSON.stringify(value),
      });
      return value;
    },
    loads: (pipeline) => source.loads.get(pathOf(account, pipeline)) ?? [],
    async stop() {
      endFeed();
      await sockets.stop();
      source.close();
    },
  };
}

/** The sources behind the links. S3 is the account's; the others let in who presents what is valid at that moment. */
function openSource() {
  const s3 = openLoader();
  const accepted = new Map<string, { readonly keys: readonly string[]; readonly held: readonly Held[] }>();
  const loads = new Map<string, Json[]>();
  const read: ReadSource = async (request) => {
    const { type, path, config, credentials } = request;
    const letsIn = ({ keys, held }: { readonly keys: readonly string[]; readonly held: readonly Held[] }): boolean =>
      held.some(
        (valid) =>
          isDeepStrictEqual(valid.credentials, credentials) &&
          keys.every((key) => isDeepStrictEqual(valid.config[key], config[key])),
      );
    const known = accepted.get(type);
    const answer =
      type === 'S3'
        ? await s3.read(request)
        : known !== undefined && letsIn(known)
          ? { objects: [{ name: 'next', size: 30, rows: 3 }] }
          : { refused: 'SASL authentication error: Authentication failed' };
    if ('objects' in answer && answer.objects.length > 0) loads.set(path, [...(loads.get(path) ?? []), credentials]);
    return answer;
  };
  return {
    read,
    loads,
    close: s3.close,
    /** From now on these and no others are valid: CREDENTIALS, and the CONFIG keys that the secret decides. */
    accept: ({ type, fields }: LinkType, held: readonly Held[]) =>
      accepted.set(type, { keys: Object.keys(fields?.config ?? {}), held }),
  };
}

const pathOf = ({ bucket }: Account, pipeline: Name): string => `${bucket}/${prefixOf(pipeline)}`;
const literal = (json: Json): string => `'${JSON.stringify(json).replace(/[\\']/g, '\\$&')}'`;
