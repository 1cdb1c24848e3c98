/** Counts of the last half minute, second by second, for a rate. */

const WINDOW_SECONDS = 30;
/** Below this there is no rate: numbers come about every second. */
const LEAST_SECONDS = 2;
/** Within this the next numbers are only on their way. */
const GATHER_MS = 1_500;

export class RecentCounts {
  readonly #counts: number[] = new Array<number>(WINDOW_SECONDS).fill(0);
  #firstMs: number | undefined;
  #lastMs = 0;
  #second = 0;

  /** The first count begins the time; what it counts was before that. */
  add(timeMs: number, count: number): void {
    this.#moveTo(timeMs);
    this.#lastMs = timeMs;
    if (this.#firstMs === undefined) {
      this.#firstMs = timeMs;
      return;
    }
    // An event from before, after a clock was set back, counts as of now
    this.#counts[this.#second % WINDOW_SECONDS] = (this.#counts[this.#second % WINDOW_SECONDS] ?? 0) + count;
  }

  /** For each second; undefined before there was enough time. */
  perSecond(nowMs: number): number | undefined {
    if (this.#firstMs === undefined) return undefined;
    const untilMs = nowMs - this.#lastMs < GATHER_MS ? this.#lastMs : nowMs;
    this.#moveTo(untilMs);
    const windowSeconds = WINDOW_SECONDS - 1 + (untilMs % 1_000) / 1_000;
    const seconds = Math.min(windowSeconds, (untilMs - this.#firstMs) / 1_000);
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
