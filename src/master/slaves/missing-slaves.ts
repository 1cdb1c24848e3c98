/**
 * Notices that tasks wait and no slave is there to run them: the most common mistake with a first program.
 */

const TELL_AFTER_MS = 10_000;

export class MissingSlaves {
  #since: number | undefined;
  #told = false;

  /**
   * The seconds that tasks have waited without a slave, the first time that this is long; otherwise
   * undefined.
   */
  tick(now: number, queued: number, slaves: number): number | undefined {
    if (queued === 0 || slaves > 0) {
      this.#since = undefined;
      this.#told = false;
      return undefined;
    }
    this.#since ??= now;
    const waitedMs = now - this.#since;
    if (this.#told || waitedMs < TELL_AFTER_MS) return undefined;
    this.#told = true;
    return waitedMs / 1000;
  }
}
