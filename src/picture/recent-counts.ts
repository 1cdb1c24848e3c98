/** Counts of the last half minute, second by second, for a rate. */

const WINDOW_SECONDS = 30;
/** Below this there is no rate: numbers come about every second. */
const LEAST_SECONDS = 2;

export class RecentCounts {
  readonly #counts: number[] = new Array<number>(WINDOW_SECONDS).fill(0);
  #firstMs: number | undefined;
  #second = 0;

  add(timeMs: number, count: number): void {
    this.#firstMs ??= timeMs;
    this.#moveTo(timeMs);
    // What comes from before, after a clock was set back, counts as of now
    this.#counts[this.#second % WINDOW_SECONDS] = (this.#counts[this.#second % WINDOW_SECONDS] ?? 0) + count;
  }

  /** For each second; undefined before there was enough time. `sinceMs` is when the counted thing could begin. */
  perSecond(nowMs: number, sinceMs: number): number | undefined {
    if (this.#firstMs === undefined) return undefined;
    this.#moveTo(nowMs);
    const seconds = Math.min(WINDOW_SECONDS - 1 + (nowMs % 1_000) / 1_000, (nowMs - sinceMs) / 1_000);
    if (seconds < LEAST_SECONDS) return undefined;
    return this.#counts.reduce((sum, count) => sum + count, 0) / seconds;
  }

  #moveTo(timeMs: number): void {
    const second = Math.floor(timeMs / 1_000);
    const steps = Math.min(WINDOW_SECONDS, second - this.#second);
    for (let step = 0; step < steps; step++) this.#counts[(second - step) % WINDOW_SECONDS] = 0;
    if (second > this.#second) this.#second = second;
  }
}
