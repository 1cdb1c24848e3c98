/**
 * How busy a slave was in each half second of the last ten minutes, with which algorithm most, and how many runs failed;
 * its whole session is kept in wider cells.
 */

import { LaneHistory } from './lane-history.js';

export const CELL_MS = 500;
export const CELLS = 1_200;

/** No algorithm is known for that time: it was not looked at. */
const UNKNOWN_ALGORITHM = 0;
/** Seen with the same algorithm twice within this number of cells, it likely ran that between them too. */
const MOST_UNSEEN = 10;
/** For this number of cells it likely goes on with it, until it is seen again. */
const MOST_NEW = 4;
const MOST_COUNTED = 65_535;

export class Lane {
  readonly whole = new LaneHistory();
  /** Busy milliseconds, over all places. */
  readonly #busyMs = new Float32Array(CELLS);
  readonly #algorithms = new Uint16Array(CELLS);
  readonly #failed = new Uint16Array(CELLS);
  /** The newest cell, counted from 1970. */
  #newest = 0;
  /** The newest cell whose algorithm is known. */
  #noted = 0;

  /** Spreads busy time evenly over a stretch. Time before the lane is left out. */
  addBusy(fromMs: number, toMs: number, busyMs: number): void {
    if (busyMs <= 0) return;
    this.whole.addBusy(fromMs, toMs, busyMs);
    const lengthMs = Math.max(1, toMs - fromMs);
    this.#moveTo(Math.floor(toMs / CELL_MS));
    for (let cell = this.#firstOf(fromMs); cell <= Math.floor(toMs / CELL_MS); cell++) {
      const overlap = Math.min(toMs, (cell + 1) * CELL_MS) - Math.max(fromMs, cell * CELL_MS);
      const at = cell % CELLS;
      this.#busyMs[at] = (this.#busyMs[at] ?? 0) + (busyMs * Math.max(0, overlap)) / lengthMs;
    }
  }

  /** Runs of it have failed, as was told at that time. */
  addFailed(atMs: number, count: number): void {
    this.whole.addFailed(atMs, count);
    const cell = Math.floor(atMs / CELL_MS);
    this.#moveTo(cell);
    if (!this.#keeps(cell)) return;
    const at = cell % CELLS;
    this.#failed[at] = Math.min(MOST_COUNTED, (this.#failed[at] ?? 0) + count);
  }

  /** It ran this algorithm in that time, as was seen at its end. */
  noteAlgorithm(fromMs: number, toMs: number, algorithm: number): void {
    this.whole.noteAlgorithm(fromMs, toMs, algorithm);
    const last = Math.floor(toMs / CELL_MS);
    this.#moveTo(last);
    let first = this.#firstOf(fromMs);
    const isNear = first - this.#noted <= MOST_UNSEEN && this.#keeps(this.#noted);
    if (isNear && this.#algorithms[this.#noted % CELLS] === algorithm) first = Math.min(first, this.#noted);
    for (let cell = first; cell <= last; cell++) this.#algorithms[cell % CELLS] = algorithm;
    this.#noted = Math.max(this.#noted, last);
  }

  /** The busy share, 0 to 100, and the algorithm of each cell up to a time; `since` is that of a stretch that goes on. */
  read(toMs: number, cells: number, since: number | undefined): number[][] {
    const first = Math.floor(toMs / CELL_MS) - cells + 1;
    const runs: number[][] = [];
    for (let cell = first; cell < first + cells; cell++) {
      const share = this.#shareOf(cell, toMs, since);
      const algorithm = this.#algorithmOf(cell);
      const before = runs.at(-1);
      if (before !== undefined && before[1] === share && before[2] === algorithm)
        before[0] = (before[0] ?? 0) + 1;
      else runs.push([1, share, algorithm]);
    }
    return runs;
  }

  /** Adds the same shares to a sum for each of the last cells, without a list of its own: a machine has many lanes. */
  addShares(sums: Float64Array, toMs: number, since: number | undefined): void {
    const first = Math.floor(toMs / CELL_MS) - sums.length + 1;
    for (let index = 0; index < sums.length; index++)
      sums[index] = (sums[index] ?? 0) + this.#shareOf(first + index, toMs, since);
  }

  /** Adds the failed runs to a sum for each of the last cells. */
  addFailures(sums: Float64Array, toMs: number): void {
    const first = Math.floor(toMs / CELL_MS) - sums.length + 1;
    for (let index = 0; index < sums.length; index++) {
      const cell = first + index;
      if (this.#keeps(cell)) sums[index] = (sums[index] ?? 0) + (this.#failed[cell % CELLS] ?? 0);
    }
  }

  /** The newest cells have that of the last look: the next one is on its way. */
  #algorithmOf(cell: number): number {
    if (!this.#keeps(cell) && cell <= this.#newest) return UNKNOWN_ALGORITHM;
    const isNew = cell > this.#noted && cell - this.#noted <= MOST_NEW;
    const seen = isNew ? this.#noted : cell;
    return this.#keeps(seen) ? (this.#algorithms[seen % CELLS] ?? UNKNOWN_ALGORITHM) : UNKNOWN_ALGORITHM;
  }

  #shareOf(cell: number, toMs: number, since: number | undefined): number {
    const fromMs = cell * CELL_MS;
    let busyMs = this.#keeps(cell) ? (this.#busyMs[cell % CELLS] ?? 0) : 0;
    const untilMs = Math.min(toMs, fromMs + CELL_MS);
    if (since !== undefined) busyMs += Math.max(0, untilMs - Math.max(since, fromMs));
    // The last one has just begun
    const lengthMs = Math.max(1, untilMs - fromMs);
    return Math.min(100, Math.round((busyMs / lengthMs) * 20) * 5);
  }

  #firstOf(fromMs: number): number {
    return Math.max(Math.floor(fromMs / CELL_MS), this.#newest - CELLS + 1);
  }

  #keeps(cell: number): boolean {
    return cell <= this.#newest && cell > this.#newest - CELLS;
  }

  #moveTo(cell: number): void {
    if (cell <= this.#newest) return;
    const steps = Math.min(CELLS, cell - this.#newest);
    for (let step = 0; step < steps; step++) {
      const at = (cell - step) % CELLS;
      this.#busyMs[at] = 0;
      this.#failed[at] = 0;
      this.#algorithms[at] = UNKNOWN_ALGORITHM;
    }
    this.#newest = cell;
  }
}
