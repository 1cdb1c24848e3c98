/** The tasks that a slave was given and has not begun, in order; those taken back are passed over. */

import { Deque } from '../wire/deque.js';
import type { GivenTask } from './given-task.js';

export class TaskQueue {
  readonly #claim: (index: number) => boolean;
  readonly #tasks = new Deque<GivenTask>();
  #nextIndex = 0;
  #closed = false;

  /** `claim` says, once and for all, whether a task may begin. */
  constructor(claim: (index: number) => boolean) {
    this.#claim = claim;
  }

  get length(): number {
    return this.#tasks.length;
  }

  /** Both sides count the tasks of a session, so that a number on the control plane means the same. */
  nextIndex(): number {
    return this.#nextIndex++;
  }

  push(task: GivenTask): void {
    if (!this.#closed) this.#tasks.push(task);
  }

  /** The next task, if it was not taken back. */
  get head(): GivenTask | undefined {
    return this.#tasks.at(0);
  }

  /** While an ordered task runs the next one must wait, and so must all that stands behind it. */
  take(orderedRuns: boolean): GivenTask | undefined {
    while (!(orderedRuns && this.head?.ordered)) {
      const task = this.#tasks.shift();
      if (task === undefined || this.#claim(task.index)) return task;
    }
    return undefined;
  }

  /** For good: no task begins any more. */
  close(): void {
    this.#closed = true;
    this.#tasks.clear();
  }

  /** A new session, or none. */
  reset(): void {
    this.#tasks.clear();
    this.#nextIndex = 0;
  }
}
