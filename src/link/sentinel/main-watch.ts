/**
 * For a slave: checks whether its main ends by itself once its master is gone, as it does unless a task
 * blocks it.
 */

/** The time in which main must say so. */
const END_WITHIN_MS = 2_000;

export class MainWatch {
  #gone: { readonly evidence: string; readonly at: number } | undefined;
  #isAnswered = false;
  #isJudged = false;

  /** The master is gone; the first evidence counts. `loopClock` stands still while this thread does. */
  masterGone(evidence: string, loopClock: number): void {
    this.#gone ??= { evidence, at: loopClock };
  }

  /** Main has said that it ends. */
  ending(): void {
    this.#isAnswered = true;
  }

  /** Whether a sentence may be due soon. */
  get isWaiting(): boolean {
    return this.#gone !== undefined && !this.#isAnswered && !this.#isJudged;
  }

  get isEnding(): boolean {
    return this.#isAnswered;
  }

  /** The reason why the process must be ended from here, returned once. */
  sentence(loopClock: number): string | undefined {
    const gone = this.#gone;
    if (gone === undefined || this.#isAnswered || this.#isJudged) return undefined;
    if (loopClock - gone.at < END_WITHIN_MS) return undefined;
    this.#isJudged = true;
    return `the master is gone (${gone.evidence}) and main did not answer for ${END_WITHIN_MS / 1000} s`;
  }
}
