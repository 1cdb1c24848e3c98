/**
 * Decides which refused clients are reported, so that no flood of them fills the audit trail: the first
 * failure of each peer at once, then one line per second with the count. Peers beyond a limit share one line.
 */
import type { BrokerEvent } from '../broker-event.js';

/** The number of peers with lines of their own per second. */
const MOST_PEERS = 32;
/** Stands in place of an address in the line with the count of all others. */
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

  /** The event to report at once. */
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

  /** Once per second: the counts so far. A peer that was quiet starts again. */
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
