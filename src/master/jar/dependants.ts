/**
 * Tasks whose arguments are values of futures (lparallel's ptrees): knows which of them may go on. They are looked at one
 * after the other, so that a chain of any length is no recursion.
 */

import { Deque } from '../../structures/deque.js';
import type { Task } from '../model/task.js';
import type { TaskFuture } from '../model/task-future.js';

/** A task whose futures have ended, or one of which has failed. */
export interface Unblocked {
  readonly task: Task;
  readonly futures: readonly TaskFuture[];
  /** The one that failed. */
  readonly failed: TaskFuture | undefined;
}

export class Dependants {
  /** Tasks one of whose futures has ended. */
  readonly #touched = new Deque<Task>();
  readonly #onTouched: () => void;

  /** `onTouched` is called when `takeNext` may return a task. */
  constructor(onTouched: () => void) {
    this.#onTouched = onTouched;
  }

  /** A blocked task. */
  add(task: Task): void {
    const touch = (): void => {
      this.#touched.push(task);
      this.#onTouched();
    };
    let isOpen = false;
    for (const future of task.dependencies ?? []) {
      // The task reports its failure, so that a program need not await it too
      future.promise.catch(() => {});
      if (future.outcome !== undefined) continue;
      isOpen = true;
      future.onSettled(touch);
    }
    if (!isOpen || hasFailed(task)) touch();
  }

  takeNext(): Unblocked | undefined {
    for (let task = this.#touched.shift(); task !== undefined; task = this.#touched.shift()) {
      const futures = task.dependencies;
      if (task.state !== 'blocked' || futures === undefined) continue;
      const failed = futures.find(isFailed);
      if (failed !== undefined || futures.every(({ outcome }) => outcome !== undefined)) {
        return { task, futures, failed };
      }
    }
    return undefined;
  }
}

function hasFailed({ dependencies }: Task): boolean {
  return dependencies?.some(isFailed) ?? false;
}

function isFailed({ outcome }: TaskFuture): boolean {
  return outcome !== undefined && 'error' in outcome;
}
