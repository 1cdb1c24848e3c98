/** How busy a slave, or a machine, was in each half second of the last ten minutes, and with which algorithm most. */

export const CELL_MS = 500;
export const CELLS = 1_200;

/** No algorithm is known for that time: it was not looked at. */
const UNKNOWN_ALGORITHM = 0;

export class Lane {
  /** Busy milliseconds, over all places. */
  readonly #busyMs = new Float32Array(CELLS);
  readonly #algorithms = new Uint16Array(CELLS);
  /** The newest cell, counted from 1970. */
  #newest = 0;

  /** Spreads busy time evenly over a stretch. Time before the lane is left out. */
  addBusy(fromMs: number, toMs: number, busyMs: number): void {
    if (busyMs <= 0) return;
    const lengthMs = Math.max(1, toMs - fromMs);
    this.#moveTo(Math.floor(toMs / CELL_MS));
    const first = Math.max(Math.floor(fromMs / CELL_MS), this.#newest - CELLS + 1);
    for (let cell = first; cell <= Math.floor(toMs / CELL_MS); cell++) {
      const overlap = Math.min(toMs, (cell + 1) * CELL_MS) - Math.max(fromMs, cell * CELL_MS);
      const at = cell % CELLS;
      this.#busyMs[at] = (this.#busyMs[at] ?? 0) + (busyMs * Math.max(0, overlap)) / lengthMs;
    }
  }

  /** It ran this algorithm at that time, as was seen. */
  noteAlgorithm(atMs: number, algorithm: number): void {
    const cell = Math.floor(atMs / CELL_MS);
    this.#moveTo(cell);
    if (cell > this.#newest - CELLS) this.#algorithms[cell % CELLS] = algorithm;
  }

  /** The busy share, 0 to 100, and the algorithm of each cell up to a time; `since` is that of a stretch that goes on. */
  read(toMs: number, cells: number, since: number | undefined): number[][] {
    const first = Math.floor(toMs / CELL_MS) - cells + 1;
    const runs: number[][] = [];
    for (let cell = first; cell < first + cells; cell++) {
      const share = this.#shareOf(cell, toMs, since);
      const algorithm = this.#keeps(cell) ? (this.#algorithms[cell % CELLS] ?? 0) : 0;
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

  #shareOf(cell: number, toMs: number, since: number | undefined): number {
    const fromMs = cell * CELL_MS;
    let busyMs = this.#keeps(cell) ? (this.#busyMs[cell % CELLS] ?? 0) : 0;
    const untilMs = Math.min(toMs, fromMs + CELL_MS);
    if (since !== undefined) busyMs += Math.max(0, untilMs - Math.max(since, fromMs));
    // The last one has just begun
    const lengthMs = Math.max(1, untilMs - fromMs);
    return Math.min(100, Math.round((busyMs / lengthMs) * 20) * 5);
  }

  #keeps(cell: number): boolean {
    return cell <= this.#newest && cell > this.#newest - CELLS;
  }

  #moveTo(cell: number): void {
    if (cell <= this.#newest) return;
    const steps = Math.min(CELLS, cell - this.#newest);
    for (let step = 0; step < steps; step++) {
      this.#busyMs[(cell - step) % CELLS] = 0;
      this.#algorithms[(cell - step) % CELLS] = UNKNOWN_ALGORITHM;
    }
    this.#newest = cell;
  }
}
