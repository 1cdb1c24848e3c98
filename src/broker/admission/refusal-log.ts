/**
 * What is told of refused clients, so that no flood of them fills the audit trail: of each peer its first failure
 * at once, then a line a second with the count, and of peers beyond a bound one line for all of them.
 */
import type { BrokerEvent } from '../broker-event.js';

/** Peers that have lines of their own within a second. */
const MOST_PEERS = 32;
/** Where the count of all others stands in the place of an address. */
export const OTHER_PEERS = 'others';

interface Tally {
  count: number;
  reason: string;
}

export class RefusalLog {
  readonly #peers = new Map<string, Tally>();
  #others: Tally = { count: 0, reason: '' };

  /** Whether `endSecond` has something to do, now or later. */
  get isEmpty(): boolean {
    return this.#peers.size === 0 && this.#others.count === 0;
  }

  /** What is to be told at once. */
  refused(peer: string, address: string, reason: string): BrokerEvent | undefined {
    const known = this.#peers.get(peer);
    if (known === undefined && this.#peers.size < MOST_PEERS) {
      this.#peers.set(peer, { count: 0, reason });
      return { type: 'auth-failed', address, reason };
    }
    const tally = known ?? this.#others;
    tally.count++;
    tally.reason = reason;
    return undefined;
  }

  /** Once a second: what came together. A peer that was quiet for it begins anew. */
  endSecond(): BrokerEvent[] {
    const events: BrokerEvent[] = [];
    const tell = (address: string, tally: Tally): void => {
      events.push({ type: 'auth-failures', address, ...tally });
      tally.count = 0;
    };
    for (const [peer, tally] of this.#peers) {
      if (tally.count === 0) this.#peers.delete(peer);
      else tell(peer, tally);
    }
    if (this.#others.count > 0) tell(OTHER_PEERS, this.#others);
    return events;
  }
}
