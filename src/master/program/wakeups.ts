/** Lets readers wait for a master's news: results, slaves, its end. */

import { LONGEST_TIMER_MS } from '../../algorithms/loop-timeout.js';

export class Wakeups {
  readonly #waiters = new Set<() => void>();

  /** The number of readers that wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Resolves on the next news, after `withinMs` at the latest. */
  wait(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      this.#waiters.add(wake);
      if (withinMs < Number.POSITIVE_INFINITY) timer = setTimeout(wake, Math.min(withinMs, LONGEST_TIMER_MS));
    });
  }

  tell(): void {
    // A reader that waits again at once is woken the next time
    for (const wake of [...this.#waiters]) wake();
  }
}
