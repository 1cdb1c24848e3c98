/** The memory shared by main and its sentinel; made by main, opened by the sentinel's thread. */

import { CellSlots } from './cell-slots.js';
import { Claims } from './claims.js';
import { PEER_CAPACITY, PeerCounters } from './peer-counters.js';
import { RunLimit } from './run-limit.js';

export interface SharedBuffers {
  readonly counters: SharedArrayBuffer;
  /** A slave's only. */
  readonly claims?: SharedArrayBuffer | undefined;
  readonly limit?: SharedArrayBuffer | undefined;
  /** Of a program that has cells. */
  readonly cells?: CellBuffers | undefined;
}

interface CellBuffers {
  readonly names: readonly string[];
  readonly values: SharedArrayBuffer;
  readonly offers: SharedArrayBuffer;
}

/** The cells of a program, one slot each in the order of the names. */
export interface SharedCells {
  readonly names: readonly string[];
  /** Written by a master's main, and on slaves by the sentinel. */
  readonly values: CellSlots;
  /** Written by a slave's main; a master's stay empty. */
  readonly offers: CellSlots;
}

/** One process's view; a master's `claims` and `limit` stay empty. */
export class SharedState {
  readonly counters: PeerCounters;
  readonly claims: Claims;
  readonly limit: RunLimit;
  /** Undefined if the program has none. */
  readonly cells: SharedCells | undefined;

  private constructor(
    counters: PeerCounters,
    claims: Claims,
    limit: RunLimit,
    cells: SharedCells | undefined,
  ) {
    this.counters = counters;
    this.claims = claims;
    this.limit = limit;
    this.cells = cells;
  }

  static create({
    peers = PEER_CAPACITY,
    cells = [],
  }: {
    readonly peers?: number;
    /** Their names. */
    readonly cells?: readonly string[] | undefined;
  } = {}): SharedState {
    return new SharedState(new PeerCounters(peers), new Claims(), new RunLimit(), createCells(cells));
  }

  static open({ counters, claims, limit, cells }: SharedBuffers): SharedState {
    const opened = cells && {
      names: cells.names,
      values: new CellSlots(cells.values),
      offers: new CellSlots(cells.offers),
    };
    return new SharedState(new PeerCounters(counters), new Claims(claims), new RunLimit(limit), opened);
  }

  /** The form that can be sent to a thread. */
  get buffers(): SharedBuffers {
    const { cells } = this;
    return {
      counters: this.counters.buffer,
      claims: this.claims.buffer,
      limit: this.limit.buffer,
      cells: cells && { names: cells.names, values: cells.values.buffer, offers: cells.offers.buffer },
    };
  }
}

/** Undefined without names: a program without cells has no memory for them. */
export function createCells(names: readonly string[]): SharedCells | undefined {
  if (names.length === 0) return undefined;
  return { names, values: new CellSlots(names.length), offers: new CellSlots(names.length) };
}
