/**
 * Tasks that were taken for a slave which has not their shared values yet: one group for each slave, at most. They are
 * queued, and the slave runs others meanwhile.
 */

import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

interface StagedGroup {
  tasks: readonly Task[];
  /** The slave has the values, or has no room for them before it has the tasks. */
  isReady: boolean;
}

const NO_TASKS: readonly Task[] = [];

export class StagedTasks {
  readonly #groups = new Map<SlaveRecord, StagedGroup>();

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  has(slave: SlaveRecord): boolean {
    return this.#groups.has(slave);
  }

  /** Whether the slave should get its group now. */
  isReady(slave: SlaveRecord): boolean {
    return this.#groups.get(slave)?.isReady === true;
  }

  markReady(slave: SlaveRecord): void {
    const group = this.#groups.get(slave);
    if (group !== undefined) group.isReady = true;
  }

  /** Slaves, and the tasks of each. */
  *[Symbol.iterator](): IterableIterator<readonly [SlaveRecord, readonly Task[]]> {
    for (const [slave, { tasks }] of this.#groups) yield [slave, tasks];
  }

  tasksOf(slave: SlaveRecord): readonly Task[] {
    return this.#groups.get(slave)?.tasks ?? NO_TASKS;
  }

  add(slave: SlaveRecord, tasks: readonly Task[]): void {
    this.#groups.set(slave, { tasks, isReady: false });
  }

  /** Takes the group of the slave out: its tasks that were not cancelled meanwhile. */
  take(slave: SlaveRecord): readonly Task[] {
    const tasks = this.tasksOf(slave).filter(({ state }) => state === 'queued');
    this.#groups.delete(slave);
    return tasks;
  }

  /** Takes one task out; false if it is not here. */
  remove(task: Task): boolean {
    for (const [slave, group] of this.#groups) {
      const rest = group.tasks.filter((other) => other !== task);
      if (rest.length === group.tasks.length) continue;
      if (rest.length === 0) this.#groups.delete(slave);
      else group.tasks = rest;
      return true;
    }
    return false;
  }
}
