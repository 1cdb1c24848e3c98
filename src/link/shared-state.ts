/** The memory that main and its sentinel share; made by main, opened by the sentinel's thread. */

import { Claims } from './claims.js';
import { PEER_CAPACITY, PeerCounters } from './peer-counters.js';

export interface SharedBuffers {
  readonly counters: SharedArrayBuffer;
  /** A slave's only. */
  readonly claims?: SharedArrayBuffer | undefined;
}

/** One process's view; `claims` of a master stay empty. */
export class SharedState {
  readonly counters: PeerCounters;
  readonly claims: Claims;

  private constructor(counters: PeerCounters, claims: Claims) {
    this.counters = counters;
    this.claims = claims;
  }

  static create({ peers = PEER_CAPACITY }: { readonly peers?: number } = {}): SharedState {
    return new SharedState(new PeerCounters(peers), new Claims());
  }

  static open({ counters, claims }: SharedBuffers): SharedState {
    return new SharedState(new PeerCounters(counters), new Claims(claims));
  }

  /** What a thread can be sent. */
  get buffers(): SharedBuffers {
    return { counters: this.counters.buffer, claims: this.claims.buffer };
  }
}
