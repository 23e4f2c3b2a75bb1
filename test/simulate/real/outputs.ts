import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { leaksIn } from '../../standins/demo/leaks';
import type { StatementRecord } from '../../standins/singlestore/runtime';
import type { Sockets } from '../../support/sockets';

/** What the function sends to AWS, word for word, read on its way there. */
export interface Tap {
  /** What the SDK reads to send everything through here. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it goes from here. To be said before anything is sent. */
  to(endpoint: string): void;
  /** Every request but those that store a secret's value: head and body. */
  requests(): readonly string[];
  /** Forgets what has gone through so far. */
  forget(): void;
  close(): void;
}

const services = ['SECRETS_MANAGER', 'IAM', 'STS', 'S3', 'DYNAMODB'];
const startOfRequest = /(?=^[A-Z]+ \S+ HTTP\/1\.1\r$)/m;
const storesValue = /^x-amz-target: secretsmanager\.PutSecretValue\r$/im;

export async function openTap(): Promise<Tap> {
  let port = 0;
  /** By connection: a request may come in pieces. */
  const seen = new Map<Socket, Buffer[]>();
  const relay = createServer((client) => {
    const upstream = connect(port, '127.0.0.1').setNoDelay(true);
    client.setNoDelay(true);
    const hangUp = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', hangUp).on('close', hangUp);
    client.on('data', (chunk: Buffer) => seen.set(client, [...(seen.get(client) ?? []), chunk]));
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const endpoint = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  return {
    env: Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, endpoint])),
    to: (upstream) => {
      port = Number(new URL(upstream).port);
    },
    requests: () =>
      [...seen.values()].flatMap((chunks) =>
        Buffer.concat(chunks)
          .toString()
          .split(startOfRequest)
          .filter((request) => !storesValue.test(request)),
      ),
    forget: () => {
      seen.clear();
    },
    close: () => relay.close(),
  };
}

/** A secret as it stands in JSON or SQL, and in JSON or SQL that holds such a text. A form that changes nothing is the same. */
export function quotedForms(secret: string): readonly string[] {
  const quotings: readonly ((text: string) => string)[] = [
    (text) => JSON.stringify(text).slice(1, -1),
    (text) => text.replaceAll('\\', '\\\\').replaceAll("'", "''"),
    (text) => text.replace(/[\\']/g, '\\$&'),
    (text) => text.replace(/[\\'"]/g, '\\$&'),
  ];
  let forms = [secret];
  for (let depth = 0; depth < 2; depth += 1)
    forms = [...new Set(forms.flatMap((form) => [form, ...quotings.map((quoted) => quoted(form))]))];
  return forms;
}

/** Only here does a secret belong: in a change of a link that the server could read. */
const isOfLink = ({ kind, parsed }: StatementRecord): boolean =>
  parsed && (kind === 'alter-link' || kind === 'create-link');

/** What the function puts out, leaves behind or asks for, from now on. */
export function watchOutputs(sockets: Sockets, tap: Tap) {
  const { account, servers, lambda } = sockets;
  tap.forget();
  const { requests } = account.aws;
  const asked = requests.length;
  const received = servers.map(({ statements }) => statements.length);
  return {
    /** Where one of the secrets stands though none belongs there. */
    async holding(secrets: ReadonlySet<string>): Promise<readonly string[]> {
      const statements = servers.flatMap((server, at) => server.statements.slice(received[at]));
      const texts = {
        'the log': lambda.output,
        'the journal': await account.journal(),
        'a request to AWS': tap.requests(),
        'what was recorded of requests': [JSON.stringify(requests.slice(asked))],
        'a statement': statements.filter((each) => !isOfLink(each)).map(({ sql }) => sql),
      };
      const forms = [...secrets].flatMap(quotedForms);
      const found = Object.entries(texts).filter(([, written]) => leaksIn(written, forms).length > 0);
      return [
        ...found.map(([where]) => where),
        ...((await sockets.leaks()).length > 0 ? ['what was put out or returned'] : []),
      ];
    },
  };
}
