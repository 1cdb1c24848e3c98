/**
 * The turns of the broker's thread. A turn lasts until all ready sockets have been read: then its data goes out
 * together, and sockets that have brought their share are read again.
 */
import type { Socket } from 'node:net';

export interface TurnParams {
  /** Bytes that are parsed from one socket in a turn. */
  readonly maxBytes: number;
  /** Whether something else keeps the socket paused. */
  readonly isHeld: (socket: Socket) => boolean;
  /** Calls back when all ready sockets have been read. */
  readonly later?: (end: () => void) => void;
}

/** A part that has something to send at the end of a turn. */
interface Flushed {
  flush(): void;
}

export class Turns {
  readonly #maxBytes: number;
  readonly #isHeld: TurnParams['isHeld'];
  readonly #later: (end: () => void) => void;
  #number = 0;
  #ends = false;
  #toFlush: Flushed[] = [];
  #paused: Socket[] = [];

  constructor({ maxBytes, isHeld, later = setImmediate }: TurnParams) {
    this.#maxBytes = maxBytes;
    this.#isHeld = isHeld;
    this.#later = later;
  }

  /** Flushes it once at the end of this turn. */
  flushAtEnd(flushed: Flushed): void {
    this.#toFlush.push(flushed);
    this.#endLater();
  }

  /** Returns what counts the bytes that a socket brings, and pauses it when they are its share of the turn. */
  shareOf(socket: Socket): (bytes: number) => void {
    let turn = -1;
    let read = 0;
    return (bytes) => {
      if (turn !== this.#number) {
        turn = this.#number;
        read = 0;
      }
      read += bytes;
      if (read >= this.#maxBytes) {
        socket.pause();
        this.#paused.push(socket);
      }
      this.#endLater();
    };
  }

  end(): void {
    this.#ends = false;
    this.#number++;
    const flushed = this.#toFlush;
    this.#toFlush = [];
    for (const one of flushed) one.flush();
    const paused = this.#paused;
    this.#paused = [];
    for (const socket of paused) if (!this.#isHeld(socket)) socket.resume();
  }

  #endLater(): void {
    if (this.#ends) return;
    this.#ends = true;
    this.#later(() => this.end());
  }
}
