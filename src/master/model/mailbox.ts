/**
 * The tasks that wait for one slave alone: its ordered tasks, and before them the runs of broadcasts that it owes. A run stays here
 * until it has its fate, since until then the slave gets nothing else.
 */

import { Deque } from '../../structures/deque.js';
import type { Task } from './task.js';

export class Mailbox {
  readonly #ordered = new Deque<Task>();
  /** In the order of the broadcasts; only the first may be at the slave. */
  readonly #broadcasts = new Deque<Task>();

  get length(): number {
    return this.#broadcasts.length + this.#ordered.length;
  }

  /** Those of them that wait on the master and could go out. */
  get queued(): number {
    let count = 0;
    for (const { state } of this) if (state === 'queued') count++;
    return count;
  }

  /** The run that comes before everything else. */
  get broadcast(): Task | undefined {
    return this.#broadcasts.at(0);
  }

  /** Runs of broadcasts without a fate. */
  get broadcasts(): Iterable<Task> {
    return this.#broadcasts;
  }

  push(task: Task): void {
    (task.policy.isBroadcast ? this.#broadcasts : this.#ordered).push(task);
  }

  /** Puts a task back, before the other ordered ones; a run of a broadcast has kept its place. */
  unshift(task: Task): void {
    if (!task.policy.isBroadcast) this.#ordered.unshift(task);
  }

  /** Takes out the next ordered task. */
  shift(): Task | undefined {
    return this.#ordered.shift();
  }

  remove(task: Task): void {
    (task.policy.isBroadcast ? this.#broadcasts : this.#ordered).remove(task);
  }

  /** The number of tasks before one of this mailbox; undefined if they are more than `most`. */
  countBefore(task: Task, most: number): number | undefined {
    if (task.policy.isBroadcast) return this.#broadcasts.indexOf(task, most);
    const before = this.#ordered.indexOf(task, most);
    return before === undefined ? undefined : before + this.#broadcasts.length;
  }

  *[Symbol.iterator](): IterableIterator<Task> {
    yield* this.#broadcasts;
    yield* this.#ordered;
  }
}
