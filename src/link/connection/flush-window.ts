/** Limits the data handed to the NATS client, which buffers without limit. */

/** The limit of data in the client since its last completed flush. */
export const UNFLUSHED_LIMIT_BYTES = 1024 * 1024;

/** After this amount a flush is started, so that small traffic costs no pings. */
const FLUSH_EVERY_BYTES = 256 * 1024;

/** Byte positions within one connection; `reset` begins the next one. */
export class FlushWindow {
  /** Bytes handed to the client, bytes with a flush under way, flushed bytes. */
  #handed = 0;
  #asked = 0;
  #flushed = 0;
  #epoch = 0;
  /** Whether a sender was refused and waits for room. */
  #full = false;

  /**
   * Asks for room for this number of bytes. Without room it returns false, and `flushed` says when there is
   * room again.
   */
  askRoom(bytes: number): boolean {
    if (this.#handed + bytes - this.#flushed <= UNFLUSHED_LIMIT_BYTES) return true;
    this.#full = true;
    return false;
  }

  hand(bytes: number): void {
    this.#handed += bytes;
  }

  /** Whether a flush is due: enough was handed over, or a sender waits and no flush is under way. */
  get due(): boolean {
    const since = this.#handed - this.#asked;
    return since >= FLUSH_EVERY_BYTES || (this.#full && since > 0 && this.#asked === this.#flushed);
  }

  /** A flush is started; pass its mark back when it has resolved. */
  ask(): FlushMark {
    this.#asked = this.#handed;
    return { epoch: this.#epoch, position: this.#handed };
  }

  /** True if refused senders may try again. */
  flushed({ epoch, position }: FlushMark): boolean {
    if (epoch !== this.#epoch) return false;
    this.#flushed = position;
    if (!this.#full || this.#handed - position > UNFLUSHED_LIMIT_BYTES / 2) return false;
    this.#full = false;
    return true;
  }

  reset(): void {
    this.#epoch += 1;
    this.#handed = 0;
    this.#asked = 0;
    this.#flushed = 0;
    this.#full = false;
  }
}

export interface FlushMark {
  readonly epoch: number;
  readonly position: number;
}
