/** The memory shared by main and its sentinel; made by main, opened by the sentinel's thread. */

import { Claims } from './claims.js';
import { PEER_CAPACITY, PeerCounters } from './peer-counters.js';
import { RunLimit } from './run-limit.js';

export interface SharedBuffers {
  readonly counters: SharedArrayBuffer;
  /** A slave's only. */
  readonly claims?: SharedArrayBuffer | undefined;
  readonly limit?: SharedArrayBuffer | undefined;
}

/** One process's view; a master's `claims` and `limit` stay empty. */
export class SharedState {
  readonly counters: PeerCounters;
  readonly claims: Claims;
  readonly limit: RunLimit;

  private constructor(counters: PeerCounters, claims: Claims, limit: RunLimit) {
    this.counters = counters;
    this.claims = claims;
    this.limit = limit;
  }

  static create({ peers = PEER_CAPACITY }: { readonly peers?: number } = {}): SharedState {
    return new SharedState(new PeerCounters(peers), new Claims(), new RunLimit());
  }

  static open({ counters, claims, limit }: SharedBuffers): SharedState {
    return new SharedState(new PeerCounters(counters), new Claims(claims), new RunLimit(limit));
  }

  /** The form that can be sent to a thread. */
  get buffers(): SharedBuffers {
    return { counters: this.counters.buffer, claims: this.claims.buffer, limit: this.limit.buffer };
  }
}
