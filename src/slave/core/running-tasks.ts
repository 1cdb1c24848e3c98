/**
 * The tasks that a slave runs, nearly always at most one: a Set of one, which changes with every task, would be built
 * again at every second change.
 */

import type { GivenTask } from './given-task.js';

export class RunningTasks implements Iterable<GivenTask> {
  #first: GivenTask | undefined;
  readonly #others = new Set<GivenTask>();

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + this.#others.size;
  }

  has(task: GivenTask): boolean {
    return this.#first === task || this.#others.has(task);
  }

  add(task: GivenTask): void {
    if (this.#first === undefined && this.#others.size === 0) this.#first = task;
    else this.#others.add(task);
  }

  delete(task: GivenTask): void {
    if (this.#first === task) this.#first = undefined;
    else this.#others.delete(task);
  }

  /** In the order in which they began. */
  *[Symbol.iterator](): IterableIterator<GivenTask> {
    if (this.#first !== undefined) yield this.#first;
    yield* this.#others;
  }
}
