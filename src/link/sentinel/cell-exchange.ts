/**
 * The common part of the two roles of cells: the peers, the pace of messages, and their form. Pure.
 *
 * A master brings values to its slaves (`cell-teller.ts`), a slave brings offers to its master (`cell-offerer.ts`). Each
 * message confirms the last one of the other direction too.
 */

import type { CellsMessage, OffersMessage } from '../../wire/messages/messages.js';
import type { SentinelEvent } from '../ports.js';
import type { CellDelivery } from './cell-delivery.js';
import type { SentinelPeer } from './sentinel-peer.js';

/** With more than 333 peers, what it takes to send to all of them. */
const PACE_MS_A_PEER = 0.03;

export const NO_EVENTS: readonly SentinelEvent[] = Object.freeze([]);

/** The news that a peer is owed, and the news whose arrival it is owed. */
export interface CellPeer {
  readonly peer: SentinelPeer;
  /** Undefined if the program has no cells: then it only answers. */
  readonly delivery: CellDelivery | undefined;
}

/** How the core reaches it. */
export interface CellExchange {
  /** A session has begun. */
  join(peer: SentinelPeer, now: number): void;
  forget(nonce: string): void;
  /** Main has written. */
  changed(now: number): void;
  /** For a master: main has folded this message of offers. */
  taken(nonce: string, id: number, now: number): void;
  /** A message of this peer. */
  hear(peer: SentinelPeer, message: CellsMessage | OffersMessage, now: number): void;
  /** When `send` or `handOver` has something to do; Infinity if nothing. */
  readonly dueAt: number;
  /** The offers that main has to hear, if they are due; without a time, all that wait. */
  handOver(now?: number): readonly SentinelEvent[];
  /** Sends what is due; `anyhow` without waiting for the pace. */
  send(now: number, anyhow?: boolean): void;
}

/** When messages are due. */
export class CellPace {
  readonly #paceMs: number;
  #sentAt = Number.NEGATIVE_INFINITY;
  dueAt = Number.POSITIVE_INFINITY;

  /** The time between two messages to a peer. */
  constructor(paceMs: number) {
    this.#paceMs = paceMs;
  }

  /** There is something new for at least one of the peers, whose number is given. */
  hasNews(peers: number, now: number): void {
    const paceMs = Math.max(this.#paceMs, peers * PACE_MS_A_PEER);
    this.dueAt = Math.min(this.dueAt, Math.max(now, this.#sentAt + paceMs));
  }

  /** All peers were looked at. */
  sent(peers: Iterable<CellPeer>, now: number): void {
    this.#sentAt = now;
    this.dueAt = Number.POSITIVE_INFINITY;
    for (const { delivery } of peers) this.repeatAt(delivery?.repeatAt);
  }

  repeatAt(time = Number.POSITIVE_INFINITY): void {
    this.dueAt = Math.min(this.dueAt, time);
  }
}
