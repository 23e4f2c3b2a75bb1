import { Fields, PacketFault } from './packet';

/** Capability flags by their bits (MySQL's protocol documentation, "Capabilities Flags"). */
export const CAPABILITIES = {
  LONG_PASSWORD: 0x1,
  LONG_FLAG: 0x4,
  CONNECT_WITH_DB: 0x8,
  PROTOCOL_41: 0x200,
  SSL: 0x800,
  TRANSACTIONS: 0x2000,
  SECURE_CONNECTION: 0x8000,
  PLUGIN_AUTH: 0x80000,
  PLUGIN_AUTH_LENENC_CLIENT_DATA: 0x200000,
} as const;

export interface Login {
  readonly user: string;
  readonly token: Buffer;
  readonly database: string | undefined;
  readonly plugin: string | undefined;
}

/** A login cut off after its first 32 bytes asks for TLS. */
export function asksForTls(payload: Buffer): boolean {
  return payload.length === 32 && (payload.readUInt32LE(0) & CAPABILITIES.SSL) !== 0;
}

/** Decodes HandshakeResponse41. Which fields it has follows from the flags that the client sets, advertised or not. */
export function decodeLogin(payload: Buffer): Login {
  const fields = new Fields(payload);
  const flags = fields.integer(4);
  const has = (flag: number) => (flags & flag) !== 0;
  if (!has(CAPABILITIES.PROTOCOL_41)) throw new PacketFault('protocol older than 4.1');
  fields.bytes(28); // largest packet, character set, filler
  const user = fields.untilNul();
  let token: Buffer;
  if (has(CAPABILITIES.PLUGIN_AUTH_LENENC_CLIENT_DATA)) token = fields.bytes(fields.lengthEncoded());
  else if (has(CAPABILITIES.SECURE_CONNECTION)) token = fields.bytes(fields.integer(1));
  else token = Buffer.from(fields.untilNul(), 'latin1');
  const database = has(CAPABILITIES.CONNECT_WITH_DB) && fields.left > 0 ? fields.untilNul() : '';
  const plugin = has(CAPABILITIES.PLUGIN_AUTH) && fields.left > 0 ? fields.untilNul() : undefined;
  return { user, token, database: database === '' ? undefined : database, plugin };
}

export type Command =
  | { readonly type: 'quit' }
  | { readonly type: 'statistics' }
  | { readonly type: 'ping' | 'set-option' | 'reset-connection' | 'prepare' }
  | { readonly type: 'query'; readonly sql: string }
  | { readonly type: 'unknown'; readonly code: number };

/** Decodes a command. COM_INIT_DB and COM_PROCESS_KILL become the statements that mean the same. */
export function decodeCommand(payload: Buffer): Command {
  const fields = new Fields(payload);
  const code = fields.integer(1);
  switch (code) {
    case 0x01:
      return { type: 'quit' };
    case 0x02:
      return { type: 'query', sql: `USE \`${fields.rest().toString('utf8').replaceAll('`', '``')}\`` };
    case 0x03:
      return { type: 'query', sql: fields.rest().toString('utf8') };
    case 0x09:
      return { type: 'statistics' };
    case 0x0c:
      return { type: 'query', sql: `KILL ${fields.integer(4)}` };
    case 0x0e:
      return { type: 'ping' };
    case 0x16:
      return { type: 'prepare' };
    case 0x1b:
      return { type: 'set-option' };
    case 0x1f:
      return { type: 'reset-connection' };
    default:
      return { type: 'unknown', code };
  }
}
