/**
 * The tasks that have no fate yet, by their numbers.
 *
 * Numbers are given out in order, so tasks that live at the same time have close numbers. They are kept in
 * pages; a page goes with its last task. A Map of a million tasks costs some microseconds to change, most of
 * it waiting for memory.
 */

import type { Task } from '../model/task.js';

const PAGE_SIZE = 1_024;

interface Page {
  readonly key: number;
  readonly tasks: (Task | undefined)[];
  count: number;
}

export class TaskTable {
  readonly #pages = new Map<number, Page>();
  /**
   * The newest page stays when it is empty: otherwise tasks that come one at a time would each make and drop
   * a page.
   */
  #newest: Page | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The task with the smallest number; undefined if there is none. Pages are in the order of their numbers. */
  get oldest(): Task | undefined {
    for (const task of this) return task;
    return undefined;
  }

  /** A task with a number that is not in the table. */
  add(task: Task): void {
    const key = Math.floor(task.number / PAGE_SIZE);
    let page = this.#pages.get(key);
    if (page === undefined) {
      if (this.#newest?.count === 0) this.#pages.delete(this.#newest.key);
      page = { key, tasks: new Array(PAGE_SIZE), count: 0 };
      this.#pages.set(key, page);
      this.#newest = page;
    }
    page.tasks[task.number % PAGE_SIZE] = task;
    page.count++;
    this.#size++;
  }

  /** Also undefined for a value that is not a task's number. */
  find(number: number): Task | undefined {
    return this.#pages.get(Math.floor(number / PAGE_SIZE))?.tasks[number % PAGE_SIZE];
  }

  remove({ number }: Task): void {
    const key = Math.floor(number / PAGE_SIZE);
    const page = this.#pages.get(key);
    if (page?.tasks[number % PAGE_SIZE] === undefined) return;
    page.tasks[number % PAGE_SIZE] = undefined;
    page.count--;
    this.#size--;
    if (page.count === 0 && page !== this.#newest) this.#pages.delete(key);
  }

  *[Symbol.iterator](): IterableIterator<Task> {
    for (const { tasks } of this.#pages.values()) {
      for (const task of tasks) if (task !== undefined) yield task;
    }
  }
}
