/** The tasks that a slave was given and has not begun, in order; those taken back are skipped. */

import { Deque } from '../../structures/deque.js';
import type { GivenTask } from './given-task.js';

export class TaskQueue {
  readonly #claim: (index: number) => boolean;
  readonly #tasks = new Deque<GivenTask>();
  #nextIndex = 0;
  #begun = 0;
  #closed = false;

  /** `claim` decides, finally, whether a task may begin. */
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

  /** The tasks of the session begin in their order: none from this index on has begun. */
  get begun(): number {
    return this.#begun;
  }

  push(task: GivenTask): void {
    if (!this.#closed) this.#tasks.push(task);
  }

  /** The next task, if it was not taken back. */
  get head(): GivenTask | undefined {
    return this.#tasks.at(0);
  }

  /** While an ordered task runs, the next one must wait, and so must all tasks after it. */
  take(orderedRuns: boolean): GivenTask | undefined {
    while (!(orderedRuns && this.head?.ordered)) {
      const task = this.#tasks.shift();
      if (task === undefined) return undefined;
      if (!this.#claim(task.index)) continue;
      this.#begun = task.index + 1;
      return task;
    }
    return undefined;
  }

  /** No task begins any more. */
  close(): void {
    this.#closed = true;
    this.#tasks.clear();
  }

  /** A new session, which begins with this number of running tasks; or none. */
  reset(running = 0): void {
    this.#tasks.clear();
    this.#nextIndex = running;
    this.#begun = running;
  }
}
