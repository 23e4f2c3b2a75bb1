import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { assumed } from './assumed';
import { makeScramble, provesPassword } from './auth';
import { withSession } from './cluster';
import type { Cluster } from './cluster';
import { Channel, OutOfOrder } from './channel';
import { asksForTls, decodeCommand, decodeLogin } from './commands';
import type { Command } from './commands';
import { encodeAuthSwitch, encodeGreeting, encodeReply } from './encode';
import { PacketFault, PacketTooLarge } from './packet';
import { errorReply, ok, unknownDatabase } from './reply';
import type { ErrorReply, FinalReply } from './reply';
import type { Runtime } from './runtime';

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
    channel.write(encodeReply(faultReply(error)));
  } finally {
    if (connectionId !== undefined) runtime.detach(connectionId);
    channel.socket.end();
  }
}

/** What MySQL says before it hangs up on a client that does not keep to the protocol. */
function faultReply(fault: unknown): ErrorReply {
  if (fault instanceof OutOfOrder) return errorReply(1156, '08S01', 'Got packets out of order');
  if (fault instanceof PacketTooLarge) {
    return errorReply(1153, '08S01', "Got a packet bigger than 'max_allowed_packet' bytes");
  }
  if (fault instanceof PacketFault) return errorReply(1835, 'HY000', 'Malformed communication packet.');
  throw fault;
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
  if (database === undefined || database.toLowerCase() === 'information_schema') return { user: name, database };
  const known = cluster.databases.get(database);
  if (known === undefined) return unknownDatabase(database);
  return known.attached ? { user: name, database } : assumed.unattachedDatabase(database);
}

async function converse(channel: Channel, connectionId: number, runtime: Runtime): Promise<void> {
  for (;;) {
    const payload = await channel.readCommand();
    if (payload === undefined) return;
    const command = decodeCommand(payload);
    if (command.type === 'quit') return;
    if (command.type === 'statistics') {
      channel.write([Buffer.from(statistics(runtime))]);
      continue;
    }
    const reply =
      command.type === 'query' ? await runtime.run(connectionId, command.sql) : answer(command, runtime.cluster);
    if (reply === undefined) {
      channel.socket.destroy();
      return;
    }
    channel.write(encodeReply(reply));
  }
}

/** One line as MySQL words it, of which the client's `status` makes something for people. */
function statistics({ cluster, statements, startedAt, now }: Runtime): string {
  const seconds = Math.floor((now() - startedAt) / 1000);
  return `Uptime: ${seconds}  Threads: ${cluster.sessions.size}  Questions: ${statements.length}`;
}

function answer(
  command: Exclude<Command, { type: 'query' } | { type: 'quit' } | { type: 'statistics' }>,
  { settings }: Cluster,
): FinalReply {
  switch (command.type) {
    case 'prepare':
      return settings.auditLogging ? assumed.preparedWithAuditLogging() : assumed.preparedNotSupported();
    case 'unknown':
    case 'set-option': // multi statements are not offered
      return errorReply(1047, '08S01', 'Unknown command');
    case 'ping':
    case 'reset-connection':
      return ok;
  }
}
