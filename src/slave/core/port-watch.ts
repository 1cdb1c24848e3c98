/**
 * Notices a data port that stands and does not carry frames both ways: a firewall may let a connection pass, and no
 * data. The master is asked for its position now and then, and answers through the port.
 */

/** From an answer to the next question. */
const ASK_EVERY_MS = 5_000;
/** A port is left when a question is open for so long. A main thread that computes does not answer either. */
const LEAVE_AFTER_MS = 10_000;
/** A tick counts as at most this long: a slave that was busy has not read its sockets yet. */
const MOST_PER_TICK_MS = 200;

export class PortWatch {
  #isOpen = false;
  /** Since the question, or since the last answer. */
  #sinceMs = 0;
  #tickedAt: number | undefined;

  /** The port is another one. */
  restart(): void {
    this.#isOpen = false;
    this.#sinceMs = 0;
  }

  /** The port has brought something, and the last question is answered. */
  answered(): void {
    if (this.#isOpen) this.restart();
  }

  /** Call it about every 100 ms while frames go through the port. */
  tick(now: number): 'ask' | 'leave' | undefined {
    this.#sinceMs += Math.min(MOST_PER_TICK_MS, now - (this.#tickedAt ?? now));
    this.#tickedAt = now;
    if (this.#isOpen) return this.#sinceMs >= LEAVE_AFTER_MS ? 'leave' : undefined;
    if (this.#sinceMs < ASK_EVERY_MS) return undefined;
    this.#isOpen = true;
    this.#sinceMs = 0;
    return 'ask';
  }
}
