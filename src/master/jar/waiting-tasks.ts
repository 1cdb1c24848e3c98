/** Tasks whose next run is not due yet, by the time when it is. */

import { Heap } from '../../structures/heap.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

interface Wait {
  readonly task: Task;
  readonly until: number;
  /** The task was taken out before. */
  isOver: boolean;
}

const NONE: readonly Task[] = [];

export class WaitingTasks {
  /** Settled ones stay until their time. */
  readonly #waits = new Heap<Wait>((a, b) => a.until < b.until);
  #count = 0;

  /** Those that still wait. */
  get count(): number {
    return this.#count;
  }

  /** No task is due before this time; undefined if there are none. */
  get dueAt(): number | undefined {
    return this.#waits.first?.until;
  }

  add(until: number, task: Task): void {
    task.toWaiting();
    this.#waits.push({ task, until, isOver: false });
    this.#count++;
  }

  /** Takes out those that are due by now, in the order of their times. */
  takeDue(now: number): readonly Task[] {
    if (this.#waits.size === 0) return NONE;
    const due: Task[] = [];
    for (let wait = this.#waits.first; wait !== undefined && wait.until <= now; wait = this.#waits.first) {
      this.#waits.shift();
      if (!wait.isOver && wait.task.state === 'waiting') due.push(wait.task);
    }
    this.#count -= due.length;
    return due;
  }

  /** Ordered tasks of a slave. */
  of(slave: SlaveRecord): Task[] {
    if (this.#count === 0) return [];
    const waiting = [...this.#waits].filter(
      ({ task, isOver }) => !isOver && task.state === 'waiting' && task.addressee === slave,
    );
    return waiting.map(({ task }) => task);
  }

  /** When a task that waits is due. */
  dueAtOf(task: Task): number | undefined {
    for (const wait of this.#waits) if (wait.task === task && !wait.isOver) return wait.until;
    return undefined;
  }

  /** Takes a task out before its time. */
  remove(task: Task): void {
    this.#count--;
    for (const wait of this.#waits) wait.isOver ||= wait.task === task;
  }

  /** One that waits has its fate. */
  forget(): void {
    this.#count--;
  }
}
