/**
 * The receiving half of a session: takes frames in order, drops what it has, puts chunked messages
 * together, and notices what is missing.
 */

import { FormatError } from '../errors.js';
import { type FrameHeader, HEADER_BYTES } from './frame.js';

/** How long a gap may stand before the other side is asked for it, and between two requests. */
const REPEAT_MS = 1_000;

interface Assembly {
  readonly bytes: Buffer;
  filled: number;
}

export class ReceiveWindow {
  readonly #maxMessageBytes: number;
  #received = 0;
  #bytes = 0;
  #assembly: Assembly | undefined;
  #asked: { readonly number: number; readonly size: number } | undefined;
  #granted = 0;
  #gap: { readonly through: number; readonly since: number } | undefined;
  #askedFrom = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Number of the last frame taken in order. */
  get received(): number {
    return this.#received;
  }

  /** Bytes of all frames taken in order. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Size of the message that the other side asked room for; 0 once granted. */
  get askedSize(): number {
    return this.#asked?.size ?? 0;
  }

  /** Number of the frame with which the last granted message begins. */
  get granted(): number {
    return this.#granted;
  }

  /** Whether granted room is still in use. */
  get assembling(): boolean {
    return this.#assembly !== undefined || this.#granted > this.#received;
  }

  /** Takes one data frame; returns the body that it completes, a view of `payload` where it travelled whole. */
  take(header: FrameHeader, payload: Buffer): Uint8Array | undefined {
    const body = this.#assemble(header, payload.subarray(HEADER_BYTES));
    this.#received = header.number;
    this.#bytes += payload.length;
    return body;
  }

  /** Notes what a beat says was sent; true when it has been missing for so long that it must be asked for. */
  missesBeat(sent: number, now: number): boolean {
    if (sent <= this.#received) {
      this.#gap = undefined;
      return false;
    }
    if (this.#gap !== undefined && this.#gap.through > this.#received) {
      return now - this.#gap.since >= REPEAT_MS;
    }
    this.#gap = { through: sent, since: now };
    return false;
  }

  /** Whether a resend is due now; remembers that it was asked. */
  mayAskAgain(now: number): boolean {
    const pending = this.#askedFrom > this.#received && now - this.#askedAt < REPEAT_MS;
    if (pending) return false;
    this.#askedFrom = this.#received + 1;
    this.#askedAt = now;
    return true;
  }

  /** The other side asks room for a message; true when it was granted before and must be told again. */
  takeAsk(header: FrameHeader): boolean {
    if (header.number <= this.#received) return false;
    if (header.number === this.#granted) return true;
    if (header.size > this.#maxMessageBytes) {
      throw new FormatError(
        `a message of ${header.size} bytes is announced; ${this.#maxMessageBytes} are allowed`,
      );
    }
    this.#asked = { number: header.number, size: header.size };
    return false;
  }

  /** Says yes to what was asked. */
  grant(): boolean {
    if (this.#asked === undefined) return false;
    this.#granted = this.#asked.number;
    this.#asked = undefined;
    return true;
  }

  #assemble(header: FrameHeader, chunk: Uint8Array): Uint8Array | undefined {
    if (header.first && header.last && this.#assembly === undefined) return chunk;
    if (header.first) {
      if (this.#assembly || header.number !== this.#granted || header.size > this.#maxMessageBytes) {
        throw new FormatError(`a message of ${header.size} bytes begins that was not granted`);
      }
      this.#assembly = { bytes: Buffer.allocUnsafe(header.size), filled: 0 };
    }
    const assembly = this.#assembly;
    if (assembly === undefined || assembly.filled + chunk.length > assembly.bytes.length) {
      throw new FormatError('a chunk belongs to no message');
    }
    assembly.bytes.set(chunk, assembly.filled);
    assembly.filled += chunk.length;
    if (!header.last) return undefined;
    if (assembly.filled !== assembly.bytes.length) throw new FormatError('a message ends before its size');
    this.#assembly = undefined;
    return assembly.bytes;
  }
}
