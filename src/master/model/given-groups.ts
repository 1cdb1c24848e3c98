/** The groups of tasks given to a slave, in their order, until none of their tasks is open. */

import type { Task } from './task.js';
import type { TaskGroup } from './task-group.js';

/** Groups without an open task that may lie among others before they are removed. */
const MOST_CLOSED = 64;

export class GivenGroups {
  #oldest: TaskGroup | undefined = undefined;
  #newest: TaskGroup | undefined = undefined;
  #kept = 0;
  #open = 0;

  /** The oldest group that is kept; some after it may have no open task any more. */
  get oldest(): TaskGroup | undefined {
    return this.#oldest;
  }

  /** The number of groups with open tasks. */
  get open(): number {
    return this.#open;
  }

  add(group: TaskGroup): void {
    if (this.#newest === undefined) this.#oldest = group;
    else this.#newest.next = group;
    this.#newest = group;
    this.#kept++;
    this.#open++;
  }

  /** Adds a group that was begun before all others. */
  addFirst(group: TaskGroup): void {
    group.next = this.#oldest;
    this.#oldest = group;
    this.#newest ??= group;
    this.#kept++;
    this.#open++;
  }

  /** A group has no open task any more; such groups must not pile up after one that runs for long. */
  close(): void {
    this.#open--;
    while (this.#oldest?.open === 0) {
      this.#oldest = this.#oldest.next;
      this.#kept--;
    }
    if (this.#oldest === undefined) this.#newest = undefined;
    if (this.#kept <= 2 * this.#open + MOST_CLOSED) return;
    const open = [...this].filter((group) => group.open > 0);
    this.clear();
    for (const group of open) {
      group.next = undefined;
      this.add(group);
    }
  }

  clear(): void {
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#kept = 0;
    this.#open = 0;
  }

  /** Tasks without a result, in the order in which the slave runs them. */
  openTasks(): Task[] {
    return [...this.eachOpenTask()];
  }

  /** The same, one at a time. */
  *eachOpenTask(): Generator<Task> {
    for (const group of this) {
      for (const task of group.tasks) if (task.group === group) yield task;
    }
  }

  /** In the order in which they were given. */
  *[Symbol.iterator](): Iterator<TaskGroup> {
    for (let group = this.#oldest; group !== undefined; group = group.next) yield group;
  }
}
