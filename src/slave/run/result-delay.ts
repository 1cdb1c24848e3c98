/**
 * Decides how long results wait to leave the process together.
 *
 * Each payload wakes the broker, which costs more than a small task. So results of short tasks wait in the
 * session for up to HELD_MS and HELD_RESULTS, while the next tasks are short too. Before any other task they
 * are written, since it might take long, or kill the process and lose them.
 */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import { HELD_RESULTS, HELD_SECONDS } from '../../wire/messages/messages.js';

const HELD_MS = HELD_SECONDS * 1000;
/**
 * The factor by which the longest run fades after each later one: an exception is forgotten after some
 * hundred runs.
 */
const DECAY = 0.98;

export class ResultDelay {
  /** The longest run of each algorithm in milliseconds, fading. */
  readonly #longest = new Map<AlgorithmDefinition, number>();
  #results = 0;
  #since = 0;
  #ranLong = false;
  #waits = false;

  /** A task ended; `posted` says whether a message of results now waits to leave. */
  note(definition: AlgorithmDefinition | undefined, began: number, ended: number, posted: boolean): void {
    if (posted) this.#waits = true;
    if (this.#results++ === 0) this.#since = ended;
    if (ended - began >= HELD_MS) this.#ranLong = true;
    if (definition === undefined) return;
    const faded = (this.#longest.get(definition) ?? 0) * DECAY;
    this.#longest.set(definition, Math.max(ended - began, faded));
  }

  /** Whether a task of this algorithm may run before the waiting results are written. */
  allows(next: AlgorithmDefinition | undefined, now: number): boolean {
    if (!this.#waits) return true;
    if (next === undefined || this.#ranLong) return false;
    if (this.#results >= HELD_RESULTS || now - this.#since >= HELD_MS) return false;
    return (this.#longest.get(next) ?? HELD_MS) < HELD_MS;
  }

  /** All results so far are written. */
  written(): void {
    this.#results = 0;
    this.#ranLong = false;
    this.#waits = false;
  }
}
