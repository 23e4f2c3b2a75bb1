import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { assumed } from './assumed';
import { frame, PacketReader } from './packet';
import type { Packet } from './packet';

/** A packet whose sequence id is not the next one. */
export class OutOfOrder extends Error {}

/** A socket as a stream of packets, in both directions. */
export class Channel {
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
