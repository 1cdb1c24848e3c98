/**
 * Measures the elements of a call, and says how many make a good part, and how many parts to submit ahead. Pure.
 *
 * A part should take about 50 ms. The first parts are single elements; the next ones have at most 64 times as many as the
 * largest one computed, since small ones are measured badly. Of both, each slave gets one at a time. Near the end parts
 * get smaller, so that the slaves end together.
 */

const PART_MS = 50;
/** An element costs at least this, for its way over the wire. */
const LEAST_MS = 0.0005;
/** Smaller parts cost more than their spreading brings. */
const SMALL_MS = 4;
const MOST_GROWTH = 64;
const PARTS_PER_WORKER = 2;
/** Parts submitted ahead, for each worker and beside. */
const AHEAD_PER_WORKER = 2;
const AHEAD = 2;
/** Parts of one long element that are submitted ahead: more of them cost nothing, and slaves may come. */
const SINGLES_AHEAD = 1_000;
/** The wait for a first time, after which elements count as long. */
const LONG_MS = 100;

export class PartSizer {
  readonly #since: number;
  #mostSize: number;
  #largest = 0;
  #msPerElement: number | undefined;

  /** `now` in milliseconds. */
  constructor(mostSize: number, now: number) {
    this.#mostSize = mostSize;
    this.#since = now;
  }

  /** A message of more elements is too large. */
  limit(size: number): void {
    this.#mostSize = Math.min(this.#mostSize, size);
  }

  /** `size` elements took `ms`. Large parts are measured better. */
  measure(size: number, ms: number): void {
    const each = Math.max(LEAST_MS, ms / size);
    const weight = size >= this.#largest ? 0.5 : 0.1;
    this.#msPerElement =
      this.#msPerElement === undefined ? each : this.#msPerElement + weight * (each - this.#msPerElement);
    this.#largest = Math.max(this.#largest, size);
  }

  /** The size of the next part, of `left` elements; `workers` run one part each. */
  size(left: number, workers: number): number {
    if (this.#msPerElement === undefined) return Math.min(left, 1);
    const timed = Math.floor(PART_MS / this.#msPerElement);
    const share = Math.ceil(left / (Math.max(1, workers) * PARTS_PER_WORKER));
    const small = Math.ceil(SMALL_MS / this.#msPerElement);
    const size = Math.min(timed, Math.max(share, small), this.#largest * MOST_GROWTH, this.#mostSize);
    return Math.min(left, Math.max(1, size));
  }

  /** The number of parts of this size that should be open at once. */
  mostOpen(size: number, workers: number, now: number): number {
    const isLong =
      this.#msPerElement === undefined
        ? now - this.#since > LONG_MS
        : size === 1 && this.#msPerElement >= SMALL_MS;
    if (isLong) return SINGLES_AHEAD;
    return this.#isGrowing(size) ? Math.max(1, workers) : workers * AHEAD_PER_WORKER + AHEAD;
  }

  /** Larger parts follow as soon as one of these was computed: to submit some ahead would cost more than it brings. */
  #isGrowing(size: number): boolean {
    return this.#msPerElement === undefined || size === this.#largest * MOST_GROWTH;
  }
}
