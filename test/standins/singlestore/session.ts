import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { assumed } from './assumed';
import { makeScramble, provesPassword } from './auth';
import { withSession } from './cluster';
import type { Cluster } from './cluster';
import { asksForTls, decodeCommand, decodeLogin } from './commands';
import type { Command } from './commands';
import { encodeAuthSwitch, encodeGreeting, encodeReply } from './encode';
import { frame, PacketFault, PacketReader } from './packet';
import type { Packet } from './packet';
import { errorReply, ok, unknownDatabase } from './reply';
import type { ErrorReply, FinalReply } from './reply';
import type { Runtime } from './runtime';

class OutOfOrder extends Error {}

/** A socket as a stream of packets, in both directions. */
class Channel {
  readonly #reader = new PacketReader(assumed.variables.max_allowed_packet);
  readonly #packets: Packet[] = [];
  #wake: (() => void) | undefined;
  #fault: Error | undefined;
  #closed = false;
  #sequence = 0;

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', this.#receive);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  readonly #receive = (chunk: Buffer): void => {
    if (this.#fault !== undefined) return; // the client may send for ever; none of it can be read any more
    try {
      this.#packets.push(...this.#reader.push(chunk));
    } catch (error) {
      this.#fault = error as Error;
    }
    this.#wake?.();
  };

  /** The next packet, or undefined when the other side has hung up. */
  async read(): Promise<Buffer | undefined> {
    while (this.#packets.length === 0) {
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const { payload, first, last } = this.#packets.shift()!;
    if (first !== this.#sequence) throw new OutOfOrder();
    this.#sequence = (last + 1) & 0xff;
    return payload;
  }

  /** The next command: each begins a new count of packets. */
  readCommand(): Promise<Buffer | undefined> {
    this.#sequence = 0;
    return this.read();
  }

  write(payloads: readonly Buffer[]): void {
    const frames: Buffer[] = [];
    for (const payload of payloads) {
      const framed = frame(payload, this.#sequence);
      this.#sequence = (this.#sequence + framed.length / 2) & 0xff;
      frames.push(...framed);
    }
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
  }

  /** Goes on in TLS. The socket is paused and given back what was read too far, or resumed TLS sessions hang. */
  upgrade(secureContext: SecureContext): Channel {
    this.socket.pause();
    this.socket.off('data', this.#receive);
    const rest = this.#reader.rest();
    if (rest.length > 0) this.socket.unshift(rest);
    const channel = new Channel(new TLSSocket(this.socket, { isServer: true, secureContext }));
    channel.#sequence = this.#sequence;
    return channel;
  }
}

/** Serves one connection from greeting to hang-up. What a client sends, however malformed, ends at most its connection. */
export async function serve(socket: Socket, runtime: Runtime, secureContext: SecureContext | undefined): Promise<void> {
  let channel = new Channel(socket);
  let connectionId: number | undefined;
  try {
    const scramble = makeScramble();
    runtime.update((cluster) => ({ ...cluster, lastId: cluster.lastId + 1 }));
    const id = runtime.cluster.lastId;
    channel.write([encodeGreeting(id, scramble, secureContext !== undefined)]);
    let payload = await channel.read();
    if (payload !== undefined && secureContext !== undefined && asksForTls(payload)) {
      channel = channel.upgrade(secureContext);
      payload = await channel.read();
    }
    if (payload === undefined) return;
    const login = await logIn(payload, scramble, channel, runtime.cluster);
    if (login === undefined) return;
    if ('errno' in login) {
      channel.write(encodeReply(login));
      return;
    }
    const host = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
    runtime.update((cluster) => withSession(cluster, id, { ...login, host, since: runtime.now() }));
    connectionId = id;
    const { socket: ours } = channel;
    runtime.attach(id, () => ours.destroy());
    channel.write(encodeReply(ok));
    await converse(channel, id, runtime);
  } catch (error) {
    if (error instanceof OutOfOrder) channel.write(encodeReply(errorReply(1156, '08S01', 'Got packets out of order')));
    else if (error instanceof PacketFault) {
      channel.write(encodeReply(errorReply(1835, 'HY000', 'Malformed communication packet.')));
    } else throw error;
  } finally {
    if (connectionId !== undefined) runtime.detach(connectionId);
    channel.socket.end();
  }
}

async function logIn(
  payload: Buffer,
  scramble: Buffer,
  channel: Channel,
  cluster: Cluster,
): Promise<{ user: string; database: string | undefined } | ErrorReply | undefined> {
  const { user: name, database, plugin, token: first } = decodeLogin(payload);
  let token: Buffer | undefined = first;
  if (plugin !== undefined && plugin !== 'mysql_native_password') {
    channel.write([encodeAuthSwitch(scramble)]);
    token = await channel.read();
    if (token === undefined) return undefined;
  }
  const user = cluster.users.get(name);
  const encrypted = channel.socket instanceof TLSSocket;
  if (user === undefined || !provesPassword(token, user.password, scramble) || (user.requireTls && !encrypted)) {
    const host = channel.socket.remoteAddress ?? 'localhost';
    const using = token.length > 0 ? 'YES' : 'NO';
    return errorReply(1045, '28000', `Access denied for user '${name}'@'${host}' (using password: ${using})`);
  }
  const known = database?.toLowerCase() === 'information_schema' || cluster.databases.get(database ?? '')?.attached;
  return database === undefined || known ? { user: name, database } : unknownDatabase(database);
}

async function converse(channel: Channel, connectionId: number, runtime: Runtime): Promise<void> {
  for (;;) {
    const payload = await channel.readCommand();
    if (payload === undefined) return;
    const command = decodeCommand(payload);
    if (command.type === 'quit') return;
    const reply =
      command.type === 'query' ? await runtime.run(connectionId, command.sql) : answer(command, runtime.cluster);
    if (reply === undefined) {
      channel.socket.destroy();
      return;
    }
    channel.write(encodeReply(reply));
  }
}

function answer(command: Exclude<Command, { type: 'query' } | { type: 'quit' }>, { settings }: Cluster): FinalReply {
  switch (command.type) {
    case 'prepare':
      return settings.auditLogging ? assumed.preparedWithAuditLogging() : assumed.preparedNotSupported();
    case 'unknown':
    case 'set-option': // multi statements are not offered
      return errorReply(1047, '08S01', 'Unknown command');
    case 'ping':
    case 'statistics':
    case 'reset-connection':
      return ok;
  }
}
