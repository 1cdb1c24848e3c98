/** Calls of a program that wait for one thing. The wait of each ends when its scope of control flow is cancelled. */

import { submissionScope } from '../../algorithms/submission-scope.js';

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  readonly scope: AbortSignal | undefined;
  readonly onAbort: () => void;
}

export class Waiters<T> {
  /** In the order of their calls. */
  readonly #waiting = new Set<Waiter<T>>();

  /** Rejects with the reason of its scope if that is cancelled before. */
  async wait(): Promise<T> {
    const scope = submissionScope()?.signal;
    scope?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#reject(waiter, scope?.reason);
      const waiter: Waiter<T> = { resolve, reject, scope, onAbort };
      this.#waiting.add(waiter);
      scope?.addEventListener('abort', onAbort);
    });
  }

  /** Gives the value to the one that waits longest; false if nobody waits. */
  resolveFirst(value: T): boolean {
    for (const waiter of this.#waiting) if (this.#resolve(waiter, value)) return true;
    return false;
  }

  resolveAll(valueFor: () => T): void {
    for (const waiter of this.#waiting) this.#resolve(waiter, valueFor());
  }

  rejectAll(reason: unknown): void {
    for (const waiter of this.#waiting) this.#reject(waiter, reason);
  }

  /** False if its scope is cancelled, of which it may hear a moment later. */
  #resolve(waiter: Waiter<T>, value: T): boolean {
    if (waiter.scope?.aborted) {
      this.#reject(waiter, waiter.scope.reason);
      return false;
    }
    this.#leave(waiter);
    waiter.resolve(value);
    return true;
  }

  #reject(waiter: Waiter<T>, reason: unknown): void {
    this.#leave(waiter);
    waiter.reject(reason);
  }

  #leave(waiter: Waiter<T>): void {
    this.#waiting.delete(waiter);
    waiter.scope?.removeEventListener('abort', waiter.onAbort);
  }
}
