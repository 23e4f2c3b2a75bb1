import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { SingleStoreStandIn } from '../../standins/singlestore';

/** What is told of one connection. Each may end the function's process; `false`: then nothing goes on. */
export interface Watch {
  /** It is being opened. */
  readonly onOpen: () => Promise<boolean>;
  /** The server has let it in. */
  readonly onLogin: (connectionId: number) => Promise<boolean>;
  /** The server answers. */
  readonly onAnswer: (connectionId: number) => Promise<boolean>;
}

/** A line to a server, with or without TLS, on which an answer waits until it may go. */
export async function openLine(server: SingleStoreStandIn, watchNext: () => Watch) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket
      .setNoDelay(true)
      .on('error', () => socket.destroy())
      .on('close', () => sockets.delete(socket));
  };
  async function serve(client: Socket): Promise<void> {
    const watch = watchNext();
    if (!(await watch.onOpen())) return;
    const upstream = keep(connect(server.port, server.host));
    client.pipe(upstream);
    client.on('close', () => upstream.destroy());
    let id: number | undefined;
    let isIn = false;
    for await (const chunk of upstream as AsyncIterable<Buffer>) {
      id ??= chunk.readUInt32LE(chunk.indexOf(0, 5) + 1); // behind the header, the protocol's number and the version
      const letIn: boolean = !isIn && server.cluster.sessions.has(String(id));
      isIn ||= letIn;
      const goOn = letIn ? await watch.onLogin(id) : !isIn || (await watch.onAnswer(id));
      if (!goOn) break;
      client.write(chunk);
    }
    upstream.destroy();
  }
  const relay = createServer((client) => {
    keep(client);
    void serve(client)
      .catch(() => undefined) // one side has hung up
      .finally(() => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    close(): void {
      for (const socket of sockets) socket.destroy();
      relay.close();
    },
  };
}
