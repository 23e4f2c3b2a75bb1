/** A packet's payload above this is sent in several frames; a frame of exactly this size is followed by another. */
export const LARGEST_FRAME = 0xffffff;

export class PacketFault extends Error {}
export class PacketTooLarge extends PacketFault {}

/** Frames a payload: 3 bytes of length, 1 byte of sequence id, for each 16 MiB of it. */
export function frame(payload: Buffer, sequence: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; ; at += LARGEST_FRAME) {
    const part = payload.subarray(at, at + LARGEST_FRAME);
    const header = Buffer.allocUnsafe(4);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = (sequence + frames.length / 2) & 0xff;
    frames.push(header, part);
    if (part.length < LARGEST_FRAME) return frames;
  }
}

export interface Packet {
  readonly payload: Buffer;
  /** The sequence ids of its first and last frame: the first continues what was said before, the reply the last. */
  readonly first: number;
  readonly last: number;
}

/** Puts packets together from whatever pieces the socket delivers. */
export class PacketReader {
  #pieces: Buffer[] = [];
  #length = 0;
  #frames: Buffer[] = [];
  #frameBytes = 0;

  /** @param limit the largest payload accepted, in bytes; a longer one throws PacketTooLarge */
  constructor(private readonly limit: number) {}

  push(chunk: Buffer): Packet[] {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    const packets: Packet[] = [];
    while (this.#length >= 4) {
      const header = this.#peek(4);
      const length = header.readUIntLE(0, 3);
      if (this.#frameBytes + length > this.limit) throw new PacketTooLarge('packet larger than max_allowed_packet');
      if (this.#length < 4 + length) break;
      this.#frames.push(this.#take(4 + length).subarray(4));
      this.#frameBytes += length;
      if (length === LARGEST_FRAME) continue;
      const last = header[3]!;
      const first = (last - this.#frames.length + 1) & 0xff;
      packets.push({ payload: join(this.#frames), first, last });
      this.#frames = [];
      this.#frameBytes = 0;
    }
    return packets;
  }

  /** What has arrived beyond the last whole packet; it belongs to the TLS handshake when one follows. */
  rest(): Buffer {
    return this.#take(this.#length);
  }

  #peek(length: number): Buffer {
    if (this.#pieces[0]!.length < length) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }

  #take(length: number): Buffer {
    const all = join(this.#pieces);
    this.#length -= length;
    this.#pieces = this.#length > 0 ? [all.subarray(length)] : [];
    return all.subarray(0, length);
  }
}

function join(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** Reads fields of a payload from left to right; past its end it throws PacketFault. */
export class Fields {
  #at = 0;

  constructor(private readonly payload: Buffer) {}

  get left(): number {
    return this.payload.length - this.#at;
  }

  bytes(length: number): Buffer {
    if (length > this.left) throw new PacketFault('packet shorter than its fields');
    this.#at += length;
    return this.payload.subarray(this.#at - length, this.#at);
  }

  integer(length: 1 | 2 | 3 | 4): number {
    return this.bytes(length).readUIntLE(0, length);
  }

  lengthEncoded(): number {
    const first = this.integer(1);
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.integer(2);
    if (first === 0xfd) return this.integer(3);
    if (first === 0xfe) return Number(this.bytes(8).readBigUInt64LE());
    throw new PacketFault('not a length');
  }

  untilNul(): string {
    const end = this.payload.indexOf(0, this.#at);
    if (end < 0) throw new PacketFault('text without its end');
    const text = this.bytes(end - this.#at).toString('utf8');
    this.#at++;
    return text;
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }
}

export function lengthEncoded(value: number | bigint): Buffer {
  if (value < 0xfb) return Buffer.of(Number(value));
  const buffer = Buffer.alloc(value <= 0xffff ? 3 : value <= 0xffffff ? 4 : 9);
  if (value <= 0xffffff) buffer.writeUIntLE(Number(value), 1, buffer.length - 1);
  else buffer.writeBigUInt64LE(BigInt(value), 1);
  buffer[0] = buffer.length === 3 ? 0xfc : buffer.length === 4 ? 0xfd : 0xfe;
  return buffer;
}

export function lengthEncodedText(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([lengthEncoded(bytes.length), bytes]);
}
