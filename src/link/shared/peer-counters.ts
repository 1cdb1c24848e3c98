/** Main's news for its sentinel about each peer, without a message: three counters in a shared slot. */

import { MwError } from '../../errors.js';

/** The limit of peers at a time. */
export const PEER_CAPACITY = 16_384;

export interface Positions {
  readonly sent: number;
  readonly received: number;
  readonly limit: number;
}

const WORDS = 4;
const SENT = 0;
const RECEIVED = 1;
const LIMIT = 2;
const OWNER = 3;

/**
 * Main writes and the sentinel reads, both by plain stores and loads of aligned doubles. Each counter only
 * grows, so any mixture of older and newer ones is a state that was true. A slot number is never used again,
 * although its place is: a sentinel that does not know yet of a change of owner reads nothing.
 */
export class PeerCounters {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Float64Array;
  readonly #capacity: number;
  readonly #free: number[] = [];
  #fresh = 0;

  constructor(source: SharedArrayBuffer | number = PEER_CAPACITY) {
    this.buffer =
      typeof source === 'number'
        ? new SharedArrayBuffer(source * WORDS * Float64Array.BYTES_PER_ELEMENT)
        : source;
    this.#words = new Float64Array(this.buffer);
    this.#capacity = this.#words.length / WORDS;
  }

  /** Main's. Throws when all slots are taken. */
  allocate(): number {
    if (this.#free.length === 0 && this.#fresh === this.#capacity) {
      throw new MwError('ERR_MW_CAPACITY', `more than ${this.#capacity} peers at a time`);
    }
    const slot = this.#free.pop() ?? this.#fresh++;
    const place = this.#placeOf(slot);
    this.#words.fill(0, place, place + OWNER);
    this.#words[place + OWNER] = slot + 1;
    return slot;
  }

  /** Main's. */
  release(slot: number): void {
    const place = this.#placeOf(slot);
    if (this.#words[place + OWNER] !== slot + 1) return;
    this.#words[place + OWNER] = 0;
    this.#free.push(slot + this.#capacity);
  }

  /** Main's. */
  set(slot: number, sent: number, received: number, limit: number): void {
    const place = this.#placeOf(slot);
    this.#words[place + SENT] = sent;
    this.#words[place + RECEIVED] = received;
    this.#words[place + LIMIT] = limit;
  }

  /** The sentinel's; undefined once the slot has been released. */
  read(slot: number): Positions | undefined {
    const place = this.#placeOf(slot);
    const sent = this.#words[place + SENT] ?? 0;
    const received = this.#words[place + RECEIVED] ?? 0;
    const limit = this.#words[place + LIMIT] ?? 0;
    return this.#words[place + OWNER] === slot + 1 ? { sent, received, limit } : undefined;
  }

  #placeOf(slot: number): number {
    return (slot % this.#capacity) * WORDS;
  }
}
