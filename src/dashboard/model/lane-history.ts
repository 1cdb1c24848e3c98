/**
 * A slave's whole session in at most 240 cells, which double in width when there would be more: how busy it was, how many
 * runs failed, and with what it was seen most. Cells begin at a multiple of their width, so that lanes of any length fit
 * together.
 */

const LEAST_CELL_MS = 1_000;
const MOST_CELLS = 240;

export class LaneHistory {
  #cellMs = LEAST_CELL_MS;
  /** The first cell and the one behind the last, counted from 1970. */
  #first = 0;
  #end = 0;
  readonly #busyMs = new Float32Array(MOST_CELLS);
  readonly #failed = new Float32Array(MOST_CELLS);
  readonly #algorithms = new Uint16Array(MOST_CELLS);
  /** By how many milliseconds that algorithm is ahead of the others: a vote of the majority. */
  readonly #leadMs = new Float32Array(MOST_CELLS);

  /** When it begins; undefined if nothing is known. */
  get fromMs(): number | undefined {
    return this.#end === 0 ? undefined : this.#first * this.#cellMs;
  }

  addBusy(fromMs: number, toMs: number, busyMs: number): void {
    const lengthMs = Math.max(1, toMs - fromMs);
    this.#cover(fromMs, toMs);
    this.#eachCell(fromMs, toMs, (at, overlapMs) => {
      this.#busyMs[at] = (this.#busyMs[at] ?? 0) + (busyMs * overlapMs) / lengthMs;
    });
  }

  addFailed(atMs: number, count: number): void {
    this.#cover(atMs, atMs);
    const at = this.#cellOf(atMs) - this.#first;
    if (at >= 0) this.#failed[at] = (this.#failed[at] ?? 0) + count;
  }

  noteAlgorithm(fromMs: number, toMs: number, algorithm: number): void {
    this.#cover(fromMs, toMs);
    this.#eachCell(fromMs, toMs, (at, overlapMs) => this.#vote(at, algorithm, Math.max(1, overlapMs)));
  }

  /** The algorithm with which it was seen most at that time; 0 is unknown. */
  algorithmAt(atMs: number): number {
    const cell = this.#cellOf(atMs);
    return cell >= this.#first && cell < this.#end ? (this.#algorithms[cell - this.#first] ?? 0) : 0;
  }

  /** Adds up busy milliseconds and failed runs in cells that begin at `fromMs`. */
  addTo(busyMs: Float64Array, failed: Float64Array, fromMs: number, cellMs: number): void {
    for (let cell = this.#first; cell < this.#end; cell++) {
      const at = Math.floor(((cell + 0.5) * this.#cellMs - fromMs) / cellMs);
      if (at < 0 || at >= busyMs.length) continue;
      busyMs[at] = (busyMs[at] ?? 0) + (this.#busyMs[cell - this.#first] ?? 0);
      failed[at] = (failed[at] ?? 0) + (this.#failed[cell - this.#first] ?? 0);
    }
  }

  #cellOf(atMs: number): number {
    return Math.floor(atMs / this.#cellMs);
  }

  #eachCell(fromMs: number, toMs: number, act: (at: number, overlapMs: number) => void): void {
    const first = Math.max(this.#first, this.#cellOf(fromMs));
    for (let cell = first; cell <= this.#cellOf(toMs); cell++) {
      const overlapMs = Math.min(toMs, (cell + 1) * this.#cellMs) - Math.max(fromMs, cell * this.#cellMs);
      act(cell - this.#first, Math.max(0, overlapMs));
    }
  }

  #vote(at: number, algorithm: number, ms: number): void {
    const lead = this.#leadMs[at] ?? 0;
    if (this.#algorithms[at] === algorithm) this.#leadMs[at] = lead + ms;
    else if (lead >= ms) this.#leadMs[at] = lead - ms;
    else {
      this.#algorithms[at] = algorithm;
      this.#leadMs[at] = ms - lead;
    }
  }

  /** Time before the first cell is left out: it is that of the session's begin. */
  #cover(fromMs: number, toMs: number): void {
    if (this.#end === 0) this.#first = this.#cellOf(fromMs);
    while (this.#cellOf(toMs) - this.#first >= MOST_CELLS) this.#double();
    this.#end = Math.max(this.#end, this.#cellOf(toMs) + 1);
  }

  #double(): void {
    const [first, end] = [this.#first, this.#end];
    const old = { busyMs: this.#busyMs.slice(), failed: this.#failed.slice() };
    const votes = { algorithms: this.#algorithms.slice(), leadMs: this.#leadMs.slice() };
    for (const list of [this.#busyMs, this.#failed, this.#algorithms, this.#leadMs]) list.fill(0);
    this.#cellMs *= 2;
    this.#first = Math.floor(first / 2);
    this.#end = Math.floor((end - 1) / 2) + 1;
    for (let cell = first; cell < end; cell++) {
      const at = Math.floor(cell / 2) - this.#first;
      this.#busyMs[at] = (this.#busyMs[at] ?? 0) + (old.busyMs[cell - first] ?? 0);
      this.#failed[at] = (this.#failed[at] ?? 0) + (old.failed[cell - first] ?? 0);
      this.#vote(at, votes.algorithms[cell - first] ?? 0, votes.leadMs[cell - first] ?? 0);
    }
  }
}
