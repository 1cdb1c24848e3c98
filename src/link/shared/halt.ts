/** Stops main at the end of a run that its sentinel has condemned, until the sentinel ends the process. */

/** The longest life of a condemned process; a sentinel that failed must not stop main forever. */
const MOST_HALT_MS = 10_000;

/** Does not return while the word has this value. */
export function haltAt(words: Int32Array, at: number, value: number): void {
  Atomics.wait(words, at, value, MOST_HALT_MS);
}
