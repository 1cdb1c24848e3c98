/**
 * Tasks in the order in which they run: higher priorities first, first in, first out within one.
 *
 * Priority 0, the default, has a plain queue. Each other priority in use has its own.
 */

import { Deque } from '../../structures/deque.js';
import { Heap } from '../../structures/heap.js';
import type { Task } from '../model/task.js';

interface Level {
  readonly priority: number;
  readonly tasks: Deque<Task>;
}

export class TaskLine {
  readonly #plain = new Deque<Task>();
  /** Made for the first task with another priority: there may be a line for each of many queues. */
  #levels: Heap<Level> | undefined;
  #levelOf: Map<number, Level> | undefined;
  /** Tasks in levels. */
  #prioritized = 0;

  get length(): number {
    return this.#plain.length + this.#prioritized;
  }

  /** Adds a task after all others of its priority. */
  push(task: Task): void {
    const { priority } = task.policy;
    if (priority === 0) this.#plain.push(task);
    else this.#level(priority).push(task);
  }

  /** Adds a task before all others of its priority. */
  unshift(task: Task): void {
    const { priority } = task.policy;
    if (priority === 0) this.#plain.unshift(task);
    else this.#level(priority).unshift(task);
  }

  shift(): Task | undefined {
    const level = this.#levels?.first;
    if (level === undefined || (level.priority < 0 && this.#plain.length > 0)) return this.#plain.shift();
    const task = level.tasks.shift();
    this.#prioritized--;
    this.#dropEmpty();
    return task;
  }

  /** Takes it out of its place, at the cost of those before it there; false if it is not here. */
  remove(task: Task): boolean {
    const { priority } = task.policy;
    if (priority === 0) return this.#plain.remove(task);
    if (!this.#levelOf?.get(priority)?.tasks.remove(task)) return false;
    this.#prioritized--;
    this.#dropEmpty();
    return true;
  }

  /** The number of tasks before one of this line, cancelled ones too; undefined if they are more than `most`. */
  countBefore(task: Task, most: number): number | undefined {
    const { priority } = task.policy;
    let before = priority < 0 ? this.#plain.length : 0;
    for (const level of this.#levels ?? []) if (level.priority > priority) before += level.tasks.length;
    const own = priority === 0 ? this.#plain : this.#levelOf?.get(priority)?.tasks;
    const place = own?.indexOf(task, most);
    return place === undefined || before + place > most ? undefined : before + place;
  }

  /** Otherwise levels without tasks would stay forever if each task has its own priority. */
  #dropEmpty(): void {
    for (let level = this.#levels?.first; level?.tasks.length === 0; level = this.#levels?.first) {
      this.#levels?.shift();
      this.#levelOf?.delete(level.priority);
    }
  }

  /** The level's queue, for one more task. */
  #level(priority: number): Deque<Task> {
    this.#levels ??= new Heap((a, b) => a.priority > b.priority);
    this.#levelOf ??= new Map();
    let level = this.#levelOf.get(priority);
    if (level === undefined) {
      level = { priority, tasks: new Deque() };
      this.#levelOf.set(priority, level);
      this.#levels.push(level);
    }
    this.#prioritized++;
    return level.tasks;
  }
}
