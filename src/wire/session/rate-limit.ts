/** Limits how often per second the other side can make this one do something; pure. */

const SECOND_MS = 1_000;

export class RateLimit {
  readonly #perSecond: number;
  #since = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether it may be done now; counts it if so. */
  take(now: number): boolean {
    if (now - this.#since >= SECOND_MS) {
      this.#since = now;
      this.#used = 0;
    }
    if (this.#used === this.#perSecond) return false;
    this.#used++;
    return true;
  }
}
