import { CAPABILITIES } from './commands';
import { lengthEncoded, lengthEncodedText } from './packet';
import type { Column, ColumnType, FinalReply, Value } from './reply';
import { SERVER_VERSION } from './variables';

const AUTOCOMMIT = Buffer.of(0x02, 0x00);
const NO_WARNINGS = Buffer.of(0x00, 0x00);
/** DEPRECATE_EOF is never used: every part of a result set ends with this packet. */
const EOF = Buffer.concat([Buffer.of(0xfe), NO_WARNINGS, AUTOCOMMIT]);

const FLAGS =
  CAPABILITIES.LONG_PASSWORD |
  CAPABILITIES.LONG_FLAG |
  CAPABILITIES.CONNECT_WITH_DB |
  CAPABILITIES.PROTOCOL_41 |
  CAPABILITIES.TRANSACTIONS |
  CAPABILITIES.SECURE_CONNECTION |
  CAPABILITIES.PLUGIN_AUTH;

/** The server's first packet (HandshakeV10). `scramble` has 20 bytes, none of them NUL. */
export function encodeGreeting(connectionId: number, scramble: Buffer, tls: boolean): Buffer {
  const flags = FLAGS | (tls ? CAPABILITIES.SSL : 0);
  const body = Buffer.alloc(4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10);
  body.writeUInt32LE(connectionId, 0);
  scramble.copy(body, 4, 0, 8);
  body.writeUInt16LE(flags & 0xffff, 13);
  body[15] = 45; // utf8mb4
  AUTOCOMMIT.copy(body, 16);
  body.writeUInt16LE(flags >>> 16, 18);
  body[20] = 21; // length of the scramble with its NUL
  const rest = [scramble.subarray(8), Buffer.of(0), Buffer.from('mysql_native_password\0')];
  return Buffer.concat([Buffer.of(10), Buffer.from(`${SERVER_VERSION}\0`), body, ...rest]);
}

/** Asks a client that came with another authentication plug-in to use mysql_native_password. */
export function encodeAuthSwitch(scramble: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0xfe), Buffer.from('mysql_native_password\0'), scramble, Buffer.of(0)]);
}

/** The packets of a reply, to be sent with rising sequence ids. */
export function encodeReply(reply: FinalReply): Buffer[] {
  switch (reply.type) {
    case 'ok':
      return [Buffer.concat([Buffer.of(0), lengthEncoded(reply.affectedRows), Buffer.of(0), AUTOCOMMIT, NO_WARNINGS])];
    case 'error': {
      const head = Buffer.of(0xff, reply.errno & 0xff, reply.errno >> 8);
      return [Buffer.concat([head, Buffer.from(`#${reply.sqlState}${reply.message}`)])];
    }
    case 'rows':
      return [
        lengthEncoded(reply.columns.length),
        ...reply.columns.map(encodeColumn),
        EOF,
        ...reply.rows.map(encodeRow),
        EOF,
      ];
  }
}

/** Type byte, character set, length and decimals of each kind of column. */
const WIRE: Readonly<Record<ColumnType, readonly [type: number, charset: number, length: number, decimals: number]>> = {
  text: [0xfd, 45, 0xffffff, 0],
  integer: [0x08, 63, 20, 0],
  decimal: [0xf6, 63, 28, 6],
  datetime: [0x0c, 63, 26, 6],
};

function encodeColumn({ name, type }: Column): Buffer {
  const [code, charset, length, decimals] = WIRE[type];
  const fixed = Buffer.alloc(13);
  fixed[0] = 0x0c;
  fixed.writeUInt16LE(charset, 1);
  fixed.writeUInt32LE(length, 3);
  fixed[7] = code;
  fixed[10] = decimals;
  const none = Buffer.of(0);
  const title = lengthEncodedText(name);
  return Buffer.concat([lengthEncodedText('def'), none, none, none, title, title, fixed]);
}

function encodeRow(row: readonly Value[]): Buffer {
  return Buffer.concat(
    row.map((value) => {
      if (value === null) return Buffer.of(0xfb);
      return lengthEncodedText(typeof value === 'boolean' ? String(Number(value)) : String(value));
    }),
  );
}
