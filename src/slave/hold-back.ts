/**
 * Decides how long results wait for company on their way out of the process.
 *
 * Each write wakes the broker, which costs more than a small task. So results of tasks that run short are
 * left to the client's buffer for up to HELD_MS and HELD_RESULTS, while the tasks to come run short too;
 * before any other task they are written, since it might last, or kill the process and them with it.
 */

import type { AlgorithmDefinition } from '../algorithms/types.js';
import { HELD_RESULTS, HELD_SECONDS } from '../wire/messages.js';

const HELD_MS = HELD_SECONDS * 1000;
/** What is left of the longest run after each later one: an exception is forgotten in some hundred runs. */
const DECAY = 0.98;

export class HoldBack {
  /** The longest run of each algorithm in milliseconds, fading. */
  readonly #longest = new Map<AlgorithmDefinition, number>();
  #results = 0;
  #since = 0;

  /** A task ended, and its result is on its way. */
  note(definition: AlgorithmDefinition | undefined, began: number, ended: number): void {
    if (this.#results++ === 0) this.#since = ended;
    if (definition === undefined) return;
    const faded = (this.#longest.get(definition) ?? 0) * DECAY;
    this.#longest.set(definition, Math.max(ended - began, faded));
  }

  /** Whether a task of this algorithm may run before the results so far are written. */
  allows(next: AlgorithmDefinition | undefined, now: number): boolean {
    if (next === undefined || this.#results >= HELD_RESULTS || now - this.#since >= HELD_MS) return false;
    return (this.#longest.get(next) ?? HELD_MS) < HELD_MS;
  }

  /** All results so far are written. */
  written(): void {
    this.#results = 0;
  }
}
