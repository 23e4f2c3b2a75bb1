import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createConnection, type Connection, type ConnectionOptions } from 'mysql2/promise';
import { password } from '../support/sockets';
import { quote } from '../standins/demo/site';
import type { SingleStoreStandIn } from '../standins/singlestore';

/** Somebody's way to give a link new credentials. Pauses its pipelines. */
export interface Alternative {
  readonly who: string;
  readonly run: (server: SingleStoreStandIn, port: number, credentials: object) => Promise<void>;
}

/** As the function connects: with TLS, verified. */
const optionsFor = ({ host, ca }: SingleStoreStandIn, port: number): ConnectionOptions => ({
  host,
  port,
  user: 'root',
  password,
  ssl: { ca, verifyIdentity: true },
});
const connect = (server: SingleStoreStandIn, port: number): Promise<Connection> =>
  createConnection(optionsFor(server, port));

const pipelinesOf = ({ cluster }: SingleStoreStandIn): readonly string[] =>
  [...cluster.pipelines.values()].map(({ database, name }) => `${quote(database)}.${quote(name)}`);

const alterLink = (credentials: object): string =>
  `ALTER LINK ${quote('ingest')}.${quote('link_0')} SET CREDENTIALS '${JSON.stringify(credentials)}'`;

/** Neither looks for its pipelines: that they are known already is in their favour, and so is that none proves, resumes or records anything. */
export const alternatives: readonly Alternative[] = [
  {
    who: 'a script: stop all, alter, start all, one connection',
    async run(server, port, credentials) {
      const pipelines = pipelinesOf(server);
      const connection = await connect(server, port);
      for (const pipeline of pipelines) await connection.query(`STOP PIPELINE ${pipeline}`);
      await connection.query(alterLink(credentials));
      for (const pipeline of pipelines) await connection.query(`START PIPELINE ${pipeline}`);
      await connection.end();
    },
  },
  {
    who: "the vendor template's shape: a new connection a step",
    async run(server, port, credentials) {
      const pipelines = pipelinesOf(server);
      const steps = [
        pipelines.map((pipeline) => `STOP PIPELINE ${pipeline}`),
        [alterLink(credentials)],
        pipelines.map((pipeline) => `START PIPELINE ${pipeline}`),
      ];
      for (const step of steps) {
        const connection = await connect(server, port);
        for (const statement of step) await connection.query(statement);
        await connection.end();
      }
    },
  },
];

/**
 * What this machine, its server and its line let any client reach: connections that are open, and nothing to guard, record or look
 * at. What is above the limit here is the measuring side's, not the function's.
 *
 * @returns pauses everything once
 */
export async function openIdealClient(
  server: SingleStoreStandIn,
  port: number,
  connections: number,
  credentials: object,
): Promise<{ readonly pause: () => Promise<void>; readonly close: () => void }> {
  const client = fork(join(__dirname, 'ideal.cjs'), { execArgv: [] });
  client.send({
    connection: optionsFor(server, port),
    connections,
    alter: alterLink(credentials),
    pipelines: pipelinesOf(server),
  });
  await once(client, 'message');
  return {
    async pause() {
      client.send('now');
      await once(client, 'message');
    },
    close: () => void client.kill(),
  };
}
