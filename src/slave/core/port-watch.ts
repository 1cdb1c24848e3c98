/**
 * Notices a data port that stands and does not carry frames both ways: a firewall may let a connection pass, and no
 * data. The master is asked for its position now and then, and answers through the port.
 */

import { TICK_MS } from './ticker.js';

/** From an answer to the next question. */
const ASK_EVERY_MS = 5_000;
/** A port is left when a question is open for so long. A main thread that computes does not answer either. */
const LEAVE_AFTER_MS = 10_000;
/**
 * While a question is open, a tick counts as at most this long: a slave that was busy has not read its sockets
 * yet. Otherwise a slave that was busy only asks a little sooner.
 */
const MOST_PER_TICK_MS = 200;

export class PortWatch {
  #isOpen = false;
  /** Since the question, or since the last answer. */
  #sinceMs = 0;
  #tickedAt: number | undefined;

  /** The port is another one. */
  restart(now: number): void {
    this.#isOpen = false;
    this.#sinceMs = 0;
    this.#tickedAt = now;
  }

  /** The port has brought something, and the last question is answered. */
  answered(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#sinceMs = 0;
  }

  /** From the last tick to the next one that is of use. */
  get restMs(): number {
    return this.#isOpen ? TICK_MS : ASK_EVERY_MS - this.#sinceMs;
  }

  /** Call it after `restMs`, or sooner, while frames go through the port. */
  tick(now: number): 'ask' | 'leave' | undefined {
    const elapsed = now - (this.#tickedAt ?? now);
    this.#sinceMs += this.#isOpen ? Math.min(MOST_PER_TICK_MS, elapsed) : elapsed;
    this.#tickedAt = now;
    if (this.#isOpen) return this.#sinceMs >= LEAVE_AFTER_MS ? 'leave' : undefined;
    if (this.#sinceMs < ASK_EVERY_MS) return undefined;
    this.#isOpen = true;
    this.#sinceMs = 0;
    return 'ask';
  }
}
