import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import * as mariadb from 'mariadb';
import type { Certificates } from '../standins/singlestore/tls';

/** A real MariaDB server with a data directory of its own, which may be started and stopped several times. */
export interface MariaDb {
  readonly port: number;
  /** Starts it, with TLS if there are certificates. */
  start(certificates?: Certificates): Promise<void>;
  /** Runs statements as its administrator, over its Unix socket. @returns the rows of the last one */
  administer(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  /** Makes it stand still, its sockets open. */
  freeze(): Promise<void>;
  thaw(): void;
  /** @param how SIGKILL: without a word to its clients */
  stop(how?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Stops it and removes all of it. */
  remove(): Promise<void>;
}

const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];

export async function installMariaDb(): Promise<MariaDb> {
  const folder = await mkdtemp(join(tmpdir(), 'mariadb-'));
  const at = (name: string): string => join(folder, name);
  await promisify(execFile)('mariadb-install-db', [
    '--no-defaults',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    `--datadir=${at('data')}`,
    ...asRoot,
  ]);
  const port = await freePort();
  let server: ChildProcess | undefined;

  const stop = async (how: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (server === undefined) return;
    const ending = server;
    server = undefined;
    if (ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'close');
    ending.kill(how);
    ending.kill('SIGCONT'); // a frozen process does not see SIGTERM
    await ended;
  };

  return {
    port,
    async start(certificates) {
      await stop(); // should a test have failed to
      for (const [name, pem] of Object.entries(certificates ?? {})) await writeFile(at(`${name}.pem`), pem as string);
      const tls = ['ca', 'cert', 'key'].map((name) => `--ssl-${name}=${at(`${name}.pem`)}`);
      server = spawn(
        '/usr/sbin/mariadbd',
        [
          '--no-defaults',
          `--datadir=${at('data')}`,
          `--socket=${at('socket')}`,
          `--pid-file=${at('pid')}`,
          `--port=${port}`,
          '--bind-address=127.0.0.1',
          '--skip-log-bin',
          '--skip-name-resolve',
          '--general-log',
          '--log-output=TABLE',
          ...(certificates === undefined ? [] : tls),
          ...asRoot,
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      await ready(server);
    },
    async administer(...statements) {
      const admin = await mariadb.createConnection({ socketPath: at('socket'), user: 'root' });
      try {
        let rows: unknown;
        for (const statement of statements) rows = await admin.query(statement);
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
      } finally {
        await admin.end();
      }
    },
    async freeze() {
      server!.kill('SIGSTOP');
      const tasks = `/proc/${server!.pid!}/task`;
      const stands = async (task: string) => / T /.test(await readFile(join(tasks, task, 'stat'), 'utf8'));
      while (!(await Promise.all((await readdir(tasks)).map(stands))).every(Boolean));
    },
    thaw() {
      server!.kill('SIGCONT');
    },
    stop,
    async remove() {
      await stop('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

/** Resolves when the server says that it is ready, and throws what it said when it ends instead. */
async function ready(server: ChildProcess): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface(server.stderr!)) {
    said.push(line);
    if (!line.includes('ready for connections')) continue;
    server.stderr!.resume();
    return;
  }
  throw new Error(`mariadbd has ended:\n${said.join('\n')}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
