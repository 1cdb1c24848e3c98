/**
 * Knows the tasks of each AbortSignal: one listener per signal, for any number of tasks. Those of a scope are in a list and
 * know their places there: with thousands under way, a set takes as long as all else that a scope adds to a task.
 */

import type { Task } from '../model/task.js';

interface Watched {
  /** Those whose own signal it is. */
  readonly own: Set<Task>;
  /** Those whose scope's signal it is, in no order. */
  readonly ofScope: Task[];
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
      const own = new Set<Task>();
      const ofScope: Task[] = [];
      const all = (): Task[] => [...own, ...ofScope].sort((a, b) => a.number - b.number);
      watched = { own, ofScope, listener: () => this.#onAbort(all(), signal.reason) };
      this.#watched.set(signal, watched);
      signal.addEventListener('abort', watched.listener, { once: true });
    }
    if (signal !== task.policy.scopeSignal) watched.own.add(task);
    else if (task.scopePlace < 0) task.scopePlace = watched.ofScope.push(task) - 1;
  }

  /** The task has its fate. A signal without tasks is released, since it may outlive many masters. */
  forget(task: Task, signal: AbortSignal): void {
    const watched = this.#watched.get(signal);
    if (watched === undefined) return;
    if (signal !== task.policy.scopeSignal) watched.own.delete(task);
    else leave(watched.ofScope, task);
    if (watched.own.size > 0 || watched.ofScope.length > 0) return;
    signal.removeEventListener('abort', watched.listener);
    this.#watched.delete(signal);
  }

  close(): void {
    for (const [signal, { listener }] of this.#watched) signal.removeEventListener('abort', listener);
    this.#watched.clear();
  }
}

/** The last one takes its place. */
function leave(tasks: Task[], task: Task): void {
  const place = task.scopePlace;
  if (place < 0) return;
  const last = tasks.pop() as Task;
  if (last !== task) {
    tasks[place] = last;
    last.scopePlace = place;
  }
  task.scopePlace = -1;
}
