/** The slaves that have a session, found by their address and by their number. */

import type { SessionAddress } from '../../wire/messages/subjects.js';
import type { EarlierSession, SlaveRecord } from '../model/slave-record.js';

/** The number of remembered nonces of ended sessions, whose frames are answered `stale`. */
const MOST_ENDED = 10_000;

/** How a session ended, and how that was seen. */
export interface SessionEnding {
  readonly how: 'lost' | 'left';
  readonly evidence: string;
}

interface Ended {
  readonly number: number;
  readonly ending: SessionEnding;
  readonly user: string;
  readonly history: readonly EarlierSession[];
  told: boolean;
}

export class Roster {
  readonly #byNonce = new Map<string, SlaveRecord>();
  readonly #byNumber = new Map<number, SlaveRecord>();
  readonly #ended = new Map<string, Ended>();
  #nextNumber = 0;
  #slots = 0;
  #endedSentBytes = 0;
  #endedReceivedBytes = 0;

  get size(): number {
    return this.#byNonce.size;
  }

  /** The number of tasks that they all run at once. */
  get slots(): number {
    return this.#slots;
  }

  /** Bytes that went to all slaves and came from them, those of ended sessions too. */
  countBytes(): { readonly sentBytes: number; readonly receivedBytes: number } {
    let sentBytes = this.#endedSentBytes;
    let receivedBytes = this.#endedReceivedBytes;
    for (const { session } of this) {
      sentBytes += session.sentBytes;
      receivedBytes += session.receivedBytes;
    }
    return { sentBytes, receivedBytes };
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

  /** The slave of a session; undefined also if the sender's user is not the one that joined. */
  find(address: SessionAddress): SlaveRecord | undefined {
    const slave = this.#byNonce.get(address.nonce);
    return slave?.address === address || slave?.address.user === address.user ? slave : undefined;
  }

  /** All slaves that claim to be this process: one of them is, and the others must not hide it. */
  findProcess(pid: number, host: string): SlaveRecord[] {
    return [...this].filter((slave) => slave.pid === pid && slave.host === host);
  }

  findByNonce(nonce: string): SlaveRecord | undefined {
    return this.#byNonce.get(nonce);
  }

  remove(slave: SlaveRecord, ending: SessionEnding): void {
    if (this.#byNonce.delete(slave.nonce)) {
      this.#slots -= slave.concurrency;
      this.#endedSentBytes += slave.session.sentBytes;
      this.#endedReceivedBytes += slave.session.receivedBytes;
    }
    this.#byNumber.delete(slave.number);
    const { number, address, history } = slave;
    this.#ended.set(slave.nonce, { number, ending, user: address.user, history, told: false });
    if (this.#ended.size > MOST_ENDED) {
      const [oldest] = this.#ended.keys();
      this.#ended.delete(oldest as string);
    }
  }

  /** The earlier session of a slave; undefined if it was another user's, or is forgotten. */
  historyOf(nonce: string, user: string): readonly EarlierSession[] | undefined {
    const living = this.#byNonce.get(nonce);
    if (living !== undefined) return living.address.user === user ? living.history : undefined;
    const ended = this.#ended.get(nonce);
    return ended?.user === user ? ended.history : undefined;
  }

  /** The number of slaves that have ever joined; they are numbered from 0. */
  get numbersGiven(): number {
    return this.#nextNumber;
  }

  /** How the session of that number ended; undefined if it goes on, or is forgotten: the last 10,000 are kept. */
  endingOf(number: number): SessionEnding | undefined {
    for (const ended of this.#ended.values()) if (ended.number === number) return ended.ending;
    return undefined;
  }

  hasEnded(nonce: string): boolean {
    return this.#ended.has(nonce);
  }

  /** The number of the slave whose session has ended, the first time that it must be told. */
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
