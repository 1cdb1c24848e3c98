/** Knows the tasks of each AbortSignal: one listener per signal, for any number of tasks. */

import type { Task } from '../model/task.js';

interface Watched {
  readonly tasks: Set<Task>;
  readonly listener: () => void;
}

export class AbortWatch {
  readonly #watched = new Map<AbortSignal, Watched>();
  readonly #onAbort: (tasks: Iterable<Task>, reason: unknown) => void;

  constructor(onAbort: (tasks: Iterable<Task>, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** A task without a fate, whose signal is not aborted. */
  watch(task: Task, signal: AbortSignal): void {
    let watched = this.#watched.get(signal);
    if (watched === undefined) {
      const tasks = new Set<Task>();
      watched = { tasks, listener: () => this.#onAbort([...tasks], signal.reason) };
      this.#watched.set(signal, watched);
      signal.addEventListener('abort', watched.listener, { once: true });
    }
    watched.tasks.add(task);
  }

  /** The task has its fate. A signal without tasks is released, since it may outlive many masters. */
  forget(task: Task, signal: AbortSignal): void {
    const watched = this.#watched.get(signal);
    if (!watched?.tasks.delete(task) || watched.tasks.size > 0) return;
    signal.removeEventListener('abort', watched.listener);
    this.#watched.delete(signal);
  }

  close(): void {
    for (const [signal, { listener }] of this.#watched) signal.removeEventListener('abort', listener);
    this.#watched.clear();
  }
}
