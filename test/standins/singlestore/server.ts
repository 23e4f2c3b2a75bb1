import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { emptyCluster, keyOf, withPipelineState, withSession } from './cluster';
import type { Cluster, Link, Pipeline, PipelineState, Settings } from './cluster';
import { openLoader } from './loader';
import type { ReadSource } from './loader';
import { parse } from './parser';
import type { FinalReply } from './reply';
import { Runtime } from './runtime';
import type { OnStatement, StatementRecord, Transition } from './runtime';
import { serve } from './session';
import { makeCertificates } from './tls';

export interface SingleStoreOptions extends Partial<Settings> {
  /** Each with all privileges. Default: `root` with the password `password`. */
  readonly users?: readonly { readonly name: string; readonly password: string }[];
  /** Default true: TLS is offered, with a certificate for 127.0.0.1 and localhost. */
  readonly tls?: boolean;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Epoch ms; default Date.now. */
  readonly now?: () => number;
  /** Sees each statement before it runs, and may have something else done. */
  readonly onStatement?: OnStatement;
  /** Where batches read from; default: S3 over HTTP. */
  readonly read?: ReadSource;
}

export interface SingleStoreStandIn {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** PEM of the authority that signed the certificate; empty without TLS. */
  readonly ca: string;
  /** mysql://127.0.0.1:port, without user. */
  readonly url: string;
  /** The state at this moment, real credentials included. */
  readonly cluster: Cluster;
  /** Every statement, in the order received. */
  readonly statements: readonly StatementRecord[];
  /** Every change of a pipeline's state. */
  readonly transitions: readonly Transition[];
  /** Changes the state at will. */
  update(change: (cluster: Cluster) => Cluster): void;
  /** Puts a pipeline into a state as if somebody else had. */
  setPipelineState(database: string, name: string, state: PipelineState): void;
  link(database: string, name: string): Link | undefined;
  pipeline(database: string, name: string): Pipeline | undefined;
  /** Runs a statement as the first user, in process and unrecorded. Throws what the server would answer as an error. */
  execute(sql: string, database?: string): Promise<FinalReply>;
  stop(): Promise<void>;
}

/** Starts a SingleStore stand-in on 127.0.0.1. */
export async function startSingleStore(options: SingleStoreOptions = {}): Promise<SingleStoreStandIn> {
  const { users = [{ name: 'root', password: 'password' }], tls = true, port: wanted = 0 } = options;
  const { now = Date.now, onStatement, read } = options;
  const loader = openLoader();
  const runtime = new Runtime(emptyCluster(users, options), now, read ?? loader.read, onStatement);
  const certificates = tls ? await makeCertificates() : undefined;
  const secureContext = certificates && createSecureContext(certificates);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    void serve(socket, runtime, secureContext);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(wanted, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    ca: certificates?.ca ?? '',
    url: `mysql://127.0.0.1:${port}`,
    get cluster() {
      return runtime.cluster;
    },
    statements: runtime.statements,
    transitions: runtime.transitions,
    update: (change) => {
      runtime.update(change);
    },
    setPipelineState: (database, name, state) => {
      runtime.update((cluster) => withPipelineState(cluster, { database, name }, state, now()));
    },
    link: (database, name) => runtime.cluster.links.get(keyOf({ database, name })),
    pipeline: (database, name) => runtime.cluster.pipelines.get(keyOf({ database, name })),
    execute: async (sql, database) => {
      const user = users[0]?.name ?? '';
      runtime.update((cluster) =>
        withSession(cluster, cluster.lastId + 1, { user, host: 'in process', database, since: now() }),
      );
      const id = runtime.cluster.lastId;
      const statement = parse(sql, runtime.cluster.settings);
      const reply = 'kind' in statement ? await runtime.execute(id, statement) : statement;
      runtime.detach(id);
      if (reply.type === 'error') throw new Error(`${reply.errno} (${reply.sqlState}): ${reply.message}`);
      return reply;
    },
    stop: async () => {
      runtime.stop();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      loader.close();
    },
  };
}
