/**
 * The receiving half of a session: takes frames in order, drops repeated ones, assembles chunked messages,
 * and notices missing frames.
 */

import { FormatError } from '../../errors.js';
import { type FrameHeader, HEADER_BYTES } from './frame.js';

/** The time before a gap is reported to the other side, and between two reports. */
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
  #grantedSize = 0;
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

  /** Takes one data frame; returns the body that it completes, a view of `payload` if it travelled whole. */
  take(header: FrameHeader, payload: Buffer): Uint8Array | undefined {
    const body = this.#assemble(header, payload.subarray(HEADER_BYTES));
    this.#received = header.number;
    this.#bytes += payload.length;
    return body;
  }

  /** Notes the sent position of a beat. */
  noteSent(sent: number, now: number): void {
    if (sent <= this.#received) this.#gap = undefined;
    else if (this.#gap === undefined || this.#gap.through <= this.#received) {
      this.#gap = { through: sent, since: now };
    }
  }

  /** Whether a frame that a beat named is missing. */
  get hasGap(): boolean {
    return this.#gap !== undefined && this.#gap.through > this.#received;
  }

  /** Whether a frame that a beat named has been missing for so long that it must be requested. */
  isOverdue(now: number): boolean {
    const gap = this.#gap;
    return gap !== undefined && gap.through > this.#received && now - gap.since >= REPEAT_MS;
  }

  /** Whether a resend is due now; notes that it was requested. */
  mayAskAgain(now: number): boolean {
    const pending = this.#askedFrom > this.#received && now - this.#askedAt < REPEAT_MS;
    if (pending) return false;
    this.#askedFrom = this.#received + 1;
    this.#askedAt = now;
    return true;
  }

  /** The request may be lost with the connection; it will be repeated. */
  reconnected(): void {
    this.#gap = undefined;
    this.#askedFrom = 0;
  }

  /**
   * The other side asks for room for a message; true if it was already granted and must be announced again.
   */
  takeAsk(header: FrameHeader): boolean {
    if (header.number <= this.#received) return false;
    if (header.size > this.#maxMessageBytes) {
      throw new FormatError(
        `a message of ${header.size} bytes is announced; ${this.#maxMessageBytes} are allowed`,
      );
    }
    if (header.number === this.#granted) return true;
    // Only one at a time: this request overtook the granted message, and will be repeated.
    if (!this.assembling) this.#asked = { number: header.number, size: header.size };
    return false;
  }

  /** Grants the requested room. */
  grant(): boolean {
    if (this.#asked === undefined) return false;
    this.#granted = this.#asked.number;
    this.#grantedSize = this.#asked.size;
    this.#asked = undefined;
    return true;
  }

  /** Changes nothing before everything is checked, so that a refused frame leaves no trace. */
  #assemble(header: FrameHeader, chunk: Uint8Array): Uint8Array | undefined {
    const { first, last, size } = header;
    const begun = this.#assembly;
    if (first !== (begun === undefined)) {
      throw new FormatError(first ? 'a message begins inside another' : 'a chunk belongs to no message');
    }
    if (first && last) {
      if (size !== chunk.length || size > this.#maxMessageBytes) {
        throw new FormatError(
          `a message of ${chunk.length} bytes is said to have ${size}; ${this.#maxMessageBytes} are allowed`,
        );
      }
      return chunk;
    }
    if (first && (header.number !== this.#granted || size !== this.#grantedSize)) {
      throw new FormatError(`a message of ${size} bytes begins that was not granted`);
    }
    const filled = (begun?.filled ?? 0) + chunk.length;
    if ((begun !== undefined && begun.bytes.length !== size) || (last ? filled !== size : filled >= size)) {
      throw new FormatError(`a chunk of ${chunk.length} bytes does not fit its message of ${size}`);
    }
    const assembly = begun ?? { bytes: Buffer.allocUnsafe(size), filled: 0 };
    assembly.bytes.set(chunk, assembly.filled);
    assembly.filled = filled;
    this.#assembly = last ? undefined : assembly;
    return last ? assembly.bytes : undefined;
  }
}
