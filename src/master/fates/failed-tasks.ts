/**
 * The tasks that failed, so that people can have them submitted again, each with the words by which the trail counts it:
 * the last 10,000, with at most 16 MB of arguments. A task whose fate went to a future is kept without its arguments: the
 * program was told of its failure, and cannot be told anything else. Only a master that people may change has one.
 */

import type { Task } from '../model/task.js';

/** How a task failed. */
export interface Failure {
  readonly kind: 'threw' | 'unrunnable';
  readonly algorithm: string;
  /** The first message of its kind, or the reason. */
  readonly text: string;
  /** The first line of the program's own code; undefined if there is none. */
  readonly frame: string | undefined;
}

export interface FailedTask {
  readonly number: number;
  readonly failure: Failure;
  /** Undefined if its fate went to a future. */
  readonly task: Task | undefined;
}

const MOST_TASKS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;

export class FailedTasks {
  readonly #failed = new Map<number, FailedTask>();
  #bytes = 0;
  #numForgotten = 0;

  /** Those that were forgotten for newer ones, ever. */
  get numForgotten(): number {
    return this.#numForgotten;
  }

  note(task: Task, failure: Failure): void {
    if (task.policy.isBroadcast) return;
    const { number } = task;
    this.#failed.set(number, { number, failure, task: task.future === undefined ? task : undefined });
    this.#bytes += bytesOf(this.#failed.get(number));
    while (this.#failed.size > MOST_TASKS || this.#bytes > MOST_BYTES) this.#forgetOldest();
  }

  /** Those that failed in one way, the oldest first. */
  select(wanted: (failure: Failure) => boolean): FailedTask[] {
    return [...this.#failed.values()].filter(({ failure }) => wanted(failure));
  }

  /** It was submitted again. */
  forget(number: number): void {
    this.#bytes -= bytesOf(this.#failed.get(number));
    this.#failed.delete(number);
  }

  #forgetOldest(): void {
    for (const number of this.#failed.keys()) {
      this.forget(number);
      this.#numForgotten++;
      return;
    }
  }
}

function bytesOf(failed: FailedTask | undefined): number {
  return failed?.task?.bytes ?? 0;
}
