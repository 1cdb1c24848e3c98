/**
 * The tasks of a master that have no fate yet, and the order in which they run: higher priorities
 * first, first in, first out within one; what comes back goes to the front of its priority; suspects wait
 * apart, since each runs alone. Tasks of an algorithm whose results nobody takes are set aside until
 * somebody does.
 *
 * Constant cost a task, whatever is queued. A cancelled task stays in its queue, settled, until it
 * reaches the head.
 */

import { Deque } from '../wire/deque.js';
import type { SlaveRecord } from './slave-record.js';
import type { AlgorithmEntry, Task } from './task.js';
import { TaskLine } from './task-line.js';
import { TaskTable } from './task-table.js';

export class TaskJar {
  readonly #live = new TaskTable();
  readonly #queue = new TaskLine();
  readonly #suspects = new Deque<Task>();
  readonly #aside = new Map<AlgorithmEntry, Deque<Task>>();
  readonly #onNew: (task: Task) => void;
  #queued = 0;
  #nextNumber = 0;

  /** `onNew` hears of each task once, before it can be given out. */
  constructor(onNew: (task: Task) => void = () => {}) {
    this.#onNew = onNew;
  }

  /** Queued tasks, those set aside and suspects included. */
  get queued(): number {
    return this.#queued;
  }

  /** Whether a task may be had from `take`: cancelled ones and those to be held are found out there. */
  get hasReady(): boolean {
    return this.#queue.length > 0;
  }

  /** Whether a task waits that must run alone. */
  get hasSuspects(): boolean {
    return this.#suspects.length > 0;
  }

  /** Tasks without a fate. */
  get pending(): number {
    return this.#live.size;
  }

  nextNumber(): number {
    return this.#nextNumber++;
  }

  add(task: Task): void {
    this.#onNew(task);
    this.#live.add(task);
    task.algorithm.pending++;
    if (task.addressee === undefined) this.#queue.push(task);
    else task.addressee.mailbox.push(task);
    this.#queued++;
  }

  find(number: number): Task | undefined {
    return this.#live.find(number);
  }

  allLive(): Iterable<Task> {
    return this.#live;
  }

  /** The next ordered task of a slave. */
  takeOrdered(slave: SlaveRecord): Task | undefined {
    for (let task = slave.mailbox.shift(); task !== undefined; task = slave.mailbox.shift()) {
      if (task.state !== 'queued') continue;
      this.#queued--;
      return task;
    }
    return undefined;
  }

  /** The next task that may run beside others; `isHeld` names the algorithms that must wait. */
  take(isHeld: (task: Task) => boolean): Task | undefined {
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      if (task.state !== 'queued') continue;
      if (isHeld(task)) {
        this.#setAside(task);
        continue;
      }
      this.#queued--;
      return task;
    }
    return undefined;
  }

  takeSuspect(): Task | undefined {
    for (let task = this.#suspects.shift(); task !== undefined; task = this.#suspects.shift()) {
      if (task.state !== 'queued') continue;
      this.#queued--;
      return task;
    }
    return undefined;
  }

  /**
   * Back into the jar, before all others of its priority (or to the front of its mailbox); the caller puts
   * back the last one first.
   */
  putBack(task: Task): void {
    task.state = 'queued';
    task.group = undefined;
    task.index = -1;
    if (task.addressee !== undefined) task.addressee.mailbox.unshift(task);
    else if (task.suspect) this.#suspects.push(task);
    else this.#queue.unshift(task);
    this.#queued++;
  }

  /** To the end of its priority: an ordered task whose slave is not to be had any more. */
  requeue(task: Task): void {
    this.#queue.push(task);
    this.#queued++;
  }

  /** The task has its fate. */
  settle(task: Task): void {
    if (task.state === 'queued') this.#queued--;
    task.state = 'settled';
    task.group = undefined;
    this.#live.remove(task);
    task.algorithm.pending--;
  }

  /** Lets tasks go that were set aside and need not wait any more: they are the oldest. */
  release(isHeld: (algorithm: AlgorithmEntry) => boolean): void {
    if (this.#aside.size === 0) return;
    for (const [algorithm, tasks] of this.#aside) {
      if (isHeld(algorithm)) continue;
      this.#aside.delete(algorithm);
      for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) this.#queue.unshift(task);
    }
  }

  #setAside(task: Task): void {
    let tasks = this.#aside.get(task.algorithm);
    if (tasks === undefined) {
      tasks = new Deque();
      this.#aside.set(task.algorithm, tasks);
    }
    tasks.push(task);
  }
}
