/** A histogram: how many values are at most as large as each of some bounds. */

export class Buckets {
  readonly bounds: readonly number[];
  readonly #counts: number[];
  sum = 0;
  count = 0;

  /** The bounds ascend. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  add(value: number, count: number): void {
    this.sum += value * count;
    this.count += count;
    const at = this.bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  /** For each bound, the values up to it, those of smaller bounds included. */
  cumulated(): number[] {
    let sum = 0;
    return this.#counts.map((count) => {
      sum += count;
      return sum;
    });
  }
}
