/** The slaves that have a session, found by their address and by their number. */

import type { SessionAddress } from '../wire/subjects.js';
import type { SlaveRecord } from './slave-record.js';

/** How many nonces of ended sessions are remembered, so that their frames are answered `stale`. */
const MOST_ENDED = 10_000;

export class Roster {
  readonly #byNonce = new Map<string, SlaveRecord>();
  readonly #byNumber = new Map<number, SlaveRecord>();
  readonly #ended = new Map<string, { readonly number: number; told: boolean }>();
  #nextNumber = 0;
  #slots = 0;

  get size(): number {
    return this.#byNonce.size;
  }

  /** How many tasks they all run at once. */
  get slots(): number {
    return this.#slots;
  }

  nextNumber(): number {
    return this.#nextNumber++;
  }

  add(slave: SlaveRecord): void {
    this.#byNonce.set(slave.nonce, slave);
    this.#byNumber.set(slave.number, slave);
    this.#slots += slave.concurrency;
  }

  findByNumber(number: number): SlaveRecord | undefined {
    return this.#byNumber.get(number);
  }

  /** The slave of a session; undefined also when the user that speaks is not the one that joined. */
  find(address: SessionAddress): SlaveRecord | undefined {
    const slave = this.#byNonce.get(address.nonce);
    return slave?.address === address || slave?.address.user === address.user ? slave : undefined;
  }

  findByNonce(nonce: string): SlaveRecord | undefined {
    return this.#byNonce.get(nonce);
  }

  remove(slave: SlaveRecord): void {
    if (this.#byNonce.delete(slave.nonce)) this.#slots -= slave.concurrency;
    this.#byNumber.delete(slave.number);
    this.#ended.set(slave.nonce, { number: slave.number, told: false });
    if (this.#ended.size > MOST_ENDED) {
      const [oldest] = this.#ended.keys();
      this.#ended.delete(oldest as string);
    }
  }

  hasEnded(nonce: string): boolean {
    return this.#ended.has(nonce);
  }

  /** The number of the slave whose session has ended, the first time that it must be told so. */
  noteStale(nonce: string): number | undefined {
    const ended = this.#ended.get(nonce);
    if (ended === undefined || ended.told) return undefined;
    ended.told = true;
    return ended.number;
  }

  [Symbol.iterator](): IterableIterator<SlaveRecord> {
    return this.#byNonce.values();
  }
}
