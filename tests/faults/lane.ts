/** One direction of one connection through a faulty way: bytes arrive in order, late, slowly or in pieces. */

import type { Socket } from 'node:net';

/** `up` is towards the broker. */
export type Direction = 'up' | 'down';

/** The troubles that a lane may have; several at once add up. */
export interface Trouble {
  /** No byte passes. */
  readonly stalled?: boolean | undefined;
  /** Each piece of data arrives so much later. */
  readonly delayMs?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  /** Every piece of data arrives as two. */
  readonly halved?: boolean | undefined;
}

export interface LaneParams {
  readonly direction: Direction;
  readonly from: Socket;
  readonly to: Socket;
  readonly onPassed: (bytes: number) => void;
}

/** More waits in the source's own buffers. */
const MOST_HELD_BYTES = 256 * 1024;
/** Apart enough for the second half to be read as a chunk of its own. */
const BETWEEN_HALVES_MS = 1;
/** No frame with data is smaller. */
const WORTH_CUTTING_BYTES = 80;

export class Lane {
  readonly direction: Direction;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #onPassed: (bytes: number) => void;
  readonly #held: { readonly piece: Buffer; dueAt: number }[] = [];
  #heldBytes = 0;
  #lastDueAt = 0;
  #troubles: readonly Trouble[] = [];
  #cut: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;

  constructor({ direction, from, to, onPassed }: LaneParams) {
    this.direction = direction;
    this.#from = from;
    this.#to = to;
    this.#onPassed = onPassed;
  }

  start(): void {
    this.#from.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#to.on('drain', () => {
      this.#isFull = false;
      this.#pump();
    });
  }

  /** Data under way is slow no longer, unless it is stalled. */
  suffer(troubles: readonly Trouble[]): void {
    this.#troubles = troubles;
    if (troubles.every(({ delayMs, bytesPerSecond }) => !delayMs && !bytesPerSecond)) {
      for (const held of this.#held) held.dueAt = 0;
      this.#lastDueAt = 0;
    }
    this.#pump();
  }

  /** Half of the next piece of some size passes, then `cut` is called. */
  cutInside(cut: () => void): void {
    this.#cut = cut;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#held.length = 0;
    this.#cut = undefined;
  }

  #take(chunk: Buffer): void {
    const cut = this.#cut;
    if (cut !== undefined && chunk.length >= WORTH_CUTTING_BYTES && this.#held.length === 0) {
      this.#cut = undefined;
      this.#to.write(chunk.subarray(0, chunk.length >> 1), cut);
      return;
    }
    const isHalved = this.#troubles.some(({ halved }) => halved) && chunk.length > 1;
    const middle = chunk.length >> 1;
    if (!isHalved) this.#hold(chunk, 0);
    else {
      this.#hold(chunk.subarray(0, middle), 0);
      this.#hold(chunk.subarray(middle), BETWEEN_HALVES_MS);
    }
    this.#pump();
  }

  #hold(piece: Buffer, apartMs: number): void {
    let dueAt = performance.now();
    let takesMs = apartMs;
    for (const { delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } of this.#troubles) {
      dueAt += delayMs;
      takesMs += (piece.length * 1000) / bytesPerSecond;
    }
    this.#lastDueAt = Math.max(dueAt, this.#lastDueAt) + takesMs;
    this.#held.push({ piece, dueAt: this.#lastDueAt });
    this.#heldBytes += piece.length;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const isStalled = this.#troubles.some(({ stalled }) => stalled);
    const now = performance.now();
    while (!isStalled && !this.#isFull && !this.#to.destroyed) {
      const next = this.#held[0];
      if (next === undefined) break;
      if (next.dueAt > now) {
        this.#timer = setTimeout(() => this.#pump(), next.dueAt - now);
        break;
      }
      this.#held.shift();
      this.#heldBytes -= next.piece.length;
      this.#onPassed(next.piece.length);
      this.#isFull = !this.#to.write(next.piece);
    }
    if (this.#heldBytes > MOST_HELD_BYTES) this.#from.pause();
    else if (this.#from.isPaused()) this.#from.resume();
  }
}
